// The experiment arm against control: which tasks count, and every kind of comparison.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/chaos/story.hpp"

namespace fusebox::chaos {
namespace {

constexpr auto kPass = FindingState::Pass;
constexpr auto kFail = FindingState::Fail;

// What a person lived through counts, whether or not it reached the engine.
TEST(ExperimentCompare, LostTelemetryHidesNothing) {
  Story story;
  story.fate = one_fails_of(2);
  story.delivered = [](Arm, Duration) { return false; };
  EXPECT_EQ(play(story).result.verdict, Verdict::Fail);
}

TEST(ExperimentCompare, OnlyTasksThatBeganUnderFaultsCount) {
  Story story;
  story.scenario.hypothesis.steady_state.clear();
  story.fate = [](Arm arm, Duration at, std::int64_t) {
    return Fate{.ok = arm != Arm::Experiment || injecting(at)};
  };
  const RunResult result = play(story).result;
  EXPECT_EQ(result.verdict, Verdict::Pass) << result.reason;
  EXPECT_EQ(result.arms[static_cast<std::size_t>(Arm::Experiment)].tasks, 1'200);
}

struct CompareRow {
  std::string name;
  Comparison comparison;
  Fate experiment;
  FindingState state;
  std::string text;
};

TEST(ExperimentCompare, EveryKindBothWays) {
  const Comparison latency{.sli = "latency", .kind = ComparisonKind::Latency, .margin = {1, 10}};
  const Comparison cost{.sli = "cost", .kind = ComparisonKind::Cost, .margin = {1, 10}};
  const Fate slow{.ok = true, .llm_ms = 1'000, .cost_micros = 10'000, .tokens = 1, .tries = 1};
  const Fate dear{.ok = true, .llm_ms = 500, .cost_micros = 25'000, .tokens = 1, .tries = 1};
  for (const CompareRow& row : std::vector<CompareRow>{
           {"latency kept", latency, dear, kPass,
            "p95 500 against p95 500 in control: ratio 1.000"},
           {"latency lost", latency, slow, kFail, "ratio 2.000 (2.000 to 2.000), margin 1.100"},
           {"cost kept", cost, slow, kPass, "$0.0100 a task against $0.0100 a task"},
           {"cost lost", cost, dear, kFail, "ratio 2.500"}}) {
    SCOPED_TRACE(row.name);
    Story story;
    story.scenario.hypothesis.compare = {row.comparison};
    story.fate = [&row](Arm arm, Duration, std::int64_t) {
      return arm == Arm::Experiment ? row.experiment : Fate{};
    };
    const RunResult result = play(story).result;
    const Finding& finding = result.findings[3];
    EXPECT_EQ(finding.kind, FindingKind::Comparison);
    EXPECT_EQ(finding.state, row.state);
    EXPECT_NE(finding.text.find(row.text), std::string::npos) << finding.text;
  }
}

TEST(ExperimentResult, SumsSeriesAndTimelineAreThere) {
  Story story;
  story.fate = one_fails_of(2);
  story.each_second = says({{seconds{71}, breaker_line("open")}});
  const RunResult result = play(story).result;
  const ArmSummary& sums = result.arms[static_cast<std::size_t>(Arm::Experiment)];
  EXPECT_EQ(sums.tasks_ok, 600);
  EXPECT_EQ(sums.calls, 1'200);
  EXPECT_EQ(sums.units, 400);
  EXPECT_EQ(sums.cost.value, 1'200 * 10'000);
  ASSERT_EQ(result.series.size(), 6);
  EXPECT_EQ(result.series[1].arm, Arm::Experiment);
  EXPECT_EQ(result.series[1].counts.size(), 240);
  EXPECT_EQ(result.series[1].counts[100], (slo::Counts{10, 10}));
  ASSERT_EQ(result.faults.size(), 1);
  EXPECT_EQ(result.faults[0].injected, 1'200);
  EXPECT_EQ(result.faults[0].first, seconds{60});
  EXPECT_EQ(result.faults[0].series[60], 20);
  ASSERT_EQ(result.timeline.size(), 4);
  EXPECT_EQ(result.timeline[2].text, "from closed to open: failure rate 0.6");
}

}  // namespace
}  // namespace fusebox::chaos
