// One story for each verdict, and for what outranks what.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/chaos/story.hpp"

namespace fusebox::chaos {
namespace {

Guardrail guardrail(GuardrailAction action = GuardrailAction::Abort) {
  return {.name = "outside",
          .slo = "task-success",
          .window = seconds{20},
          .arm = Arm::Outside,
          .op = Compare::Gt,
          .value = 2,
          .lasting = seconds{5},
          .action = action};
}

Story unsteady() {
  Story story;
  story.fate = [](Arm arm, Duration, std::int64_t number) {
    return Fate{.ok = arm != Arm::Experiment || number != 0};
  };
  return story;
}

Story blind_guardrail() {
  Story story;
  story.scenario.guardrails = {guardrail()};
  story.delivered = [](Arm arm, Duration at) { return arm != Arm::Outside || at < seconds{70}; };
  return story;
}

Story stopped(const std::string& scope) {
  Story story;
  story.each_second = says({{seconds{80}, kill_line(scope)}});
  return story;
}

Story stop_expected() {
  Story story = stopped("global");
  story.scenario.expect = {
      {.text = "kill switch", .what = ExpectKillSwitch{.scope = "global", .within = seconds{30}}}};
  return story;
}

Story stop_requested() {
  Story story;
  story.each_second = [](Experiment& experiment, Duration at) {
    if (at == seconds{90}) experiment.stop("a person said so", kRunStart + at);
  };
  return story;
}

Story held_for(Duration span) {
  Story story;
  story.held = [span](Duration since) { return since < span ? 3 : 0; };
  return story;
}

Story with(void (*change)(Story&)) {
  Story story;
  change(story);
  return story;
}

struct Row {
  std::string name;
  Story story;
  Verdict verdict;
  std::string reason;  // a part of it
};

std::vector<Row> rows() {
  return {
      {"all holds", {}, Verdict::Pass, "All 6 claims held"},
      {"one of fifty fails, within the margin", with([](Story& s) {
         s.tasks_a_second = 50;
         s.fate = one_fails_of(50);
       }),
       Verdict::Pass, "task-success: 98.00 % against 100.00 % in control"},
      {"one of two fails", with([](Story& s) { s.fate = one_fails_of(2); }), Verdict::Fail,
       "50.00 % against 100.00 %"},
      {"too few tasks", with([](Story& s) { s.scenario.hypothesis.min_samples = 5'000; }),
       Verdict::Inconclusive, "1,200 tasks in the experiment arm, 5,000 needed"},
      {"too few tasks outranks a bad comparison", with([](Story& s) {
         s.scenario.hypothesis.min_samples = 5'000;
         s.fate = one_fails_of(2);
         s.scenario.hypothesis.steady_state.clear();
       }),
       Verdict::Inconclusive, "5,000 needed"},
      {"a difference about the margin", with([](Story& s) { s.fate = one_fails_of(20); }),
       Verdict::Inconclusive, "95.00 % against 100.00 %"},
      {"no fault fired", with([](Story& s) { s.calls_meet_faults = false; }), Verdict::NotTriggered,
       "limit (rate_limit on primary-llm) was never injected"},
      {"no fault fired outranks a failure", with([](Story& s) {
         s.calls_meet_faults = false;
         s.fate = one_fails_of(2);
       }),
       Verdict::NotTriggered, "never injected"},
      {"unwell before any fault", unsteady(), Verdict::Unsteady, "95.00 % of 600 events in 30s"},
      {"control unwell before any fault", with([](Story& s) {
         s.fate = [](Arm arm, Duration, std::int64_t) { return Fate{.ok = arm != Arm::Control}; };
       }),
       Verdict::Unsteady, "control arm"},
      {"guardrail without data", blind_guardrail(), Verdict::Aborted, "no data of task-success"},
      {"stop order on everything", stopped("global"), Verdict::Aborted, "stop order on global"},
      {"stop order on experiments", stopped("capability:chaos"), Verdict::Aborted, "stop order"},
      {"stop order on an agent", stopped("agent:bot"), Verdict::Pass, "held"},
      {"stop order that was expected", stop_expected(), Verdict::Pass, "held"},
      {"stopped by a person", stop_requested(), Verdict::Aborted, "a person said so"},
      {"calls held for a while", held_for(seconds{20}), Verdict::Pass, "held"},
      {"calls held for too long", held_for(seconds{31}), Verdict::RollbackUnverified,
       "3 calls still held 30s after the faults were withdrawn"},
      {"nobody says what is held",
       with([](Story& s) { s.held = [](Duration) { return std::nullopt; }; }),
       Verdict::RollbackUnverified, "nobody said"},
      {"nothing to verify", with([](Story& s) {
         s.held = [](Duration) { return 9; };
         s.scenario.rollback.verify = false;
       }),
       Verdict::Pass, "held"},
      {"aborted, and calls held for too long", with([](Story& s) {
         s.each_second = stop_requested().each_second;
         s.held = [](Duration) { return 1; };
       }),
       Verdict::RollbackUnverified, "1 call still held"},
      {"the driver gave up", with([](Story& s) { s.length = seconds{100}; }), Verdict::HarnessError,
       "before its last stage did"},
  };
}

TEST(ExperimentVerdict, IsTheSeverestThatApplies) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    const RunResult result = play(row.story).result;
    EXPECT_EQ(name_of(result.verdict), name_of(row.verdict));
    EXPECT_NE(result.reason.find(row.reason), std::string::npos) << result.reason;
    EXPECT_EQ(result.score.has_value(),
              row.verdict == Verdict::Pass || row.verdict == Verdict::Fail);
  }
}

TEST(ExperimentVerdict, AnInjectionAfterTheWithdrawalIsNeverForgiven) {
  Story story;
  story.each_second = [](Experiment& experiment, Duration at) {
    if (at == seconds{200}) experiment.injected(0, kRunStart + at);
  };
  const RunResult result = play(story).result;
  EXPECT_EQ(result.verdict, Verdict::RollbackUnverified);
  EXPECT_NE(result.reason.find("1 injection after"), std::string::npos) << result.reason;
}

TEST(ExperimentCourse, AnUnsteadyRunEndsBeforeAnyFault) {
  const Played played = play(unsteady());
  EXPECT_EQ(played.ended, minutes{1});
  EXPECT_EQ(played.result.faults[0].injected, 0);
}

TEST(ExperimentCourse, AnAbortWithdrawsVerifiesAndEnds) {
  Story story = stop_requested();
  story.held = [](Duration since) { return since < seconds{7} ? 2 : 0; };
  const Played played = play(story);
  EXPECT_EQ(played.ended, seconds{98});  // told at 97
  EXPECT_LT(*played.result.faults[0].last, seconds{90});
}

TEST(ExperimentCourse, WhatAnAbortedRunCouldNotShowIsInconclusive) {
  Story story = stop_requested();
  story.scenario.expect = {
      {.text = "cost", .what = ExpectCost{.per_task = true, .max = MicroUsd{1}}}};
  for (const Finding& finding : play(story).result.findings) {
    if (finding.kind != FindingKind::Comparison && finding.kind != FindingKind::Expectation) {
      continue;
    }
    EXPECT_EQ(finding.state, FindingState::Inconclusive) << finding.name;
    EXPECT_EQ(finding.text, "not judged: the run was aborted at 1:30");
  }
}

// The window reaches back into the baseline, so two bad seconds of twenty burn twice the budget of
// 5 %; `for` asks for five more seconds, and one goes by until the withdrawal is verified.
TEST(ExperimentGuardrail, TripsWhenItsConditionHasLasted) {
  Story story;
  story.scenario.guardrails = {guardrail()};
  story.fate = [](Arm arm, Duration at, std::int64_t) {
    return Fate{.ok = arm != Arm::Outside || at < minutes{1}};
  };
  const Played played = play(story);
  EXPECT_EQ(played.result.verdict, Verdict::Aborted);
  EXPECT_EQ(played.ended, seconds{60 + 3 + 5 + 1});
  EXPECT_TRUE(played.kills.empty());
}

TEST(ExperimentGuardrail, ForgetsWhatDidNotLast) {
  Story story;
  story.scenario.guardrails = {guardrail()};
  story.fate = [](Arm arm, Duration at, std::int64_t number) {
    const bool bad = at / seconds{1} % 40 < 5 && at >= minutes{1} && number < 8;
    return Fate{.ok = arm != Arm::Outside || !bad};
  };
  EXPECT_EQ(play(story).result.verdict, Verdict::Pass);
}

TEST(ExperimentGuardrail, SeesItsOwnArmOnly) {
  Story story;
  story.scenario.guardrails = {guardrail()};
  story.fate = one_fails_of(2);
  EXPECT_EQ(play(story).result.verdict, Verdict::Fail);
  story.scenario.guardrails[0].arm = Arm::Experiment;
  EXPECT_EQ(play(story).result.verdict, Verdict::Aborted);
}

TEST(ExperimentGuardrail, IsNotJudgedBeforeTheFirstFault) {
  Story story;
  story.scenario.guardrails = {guardrail()};
  story.fate = [](Arm arm, Duration at, std::int64_t) {
    return Fate{.ok = arm != Arm::Outside || at >= seconds{30}};
  };
  EXPECT_EQ(play(story).result.verdict, Verdict::Pass);
}

TEST(ExperimentGuardrail, ActionsStopWhatTheySay) {
  struct Case {
    GuardrailAction action;
    std::vector<std::string> kills;
  };
  for (const Case& row : std::vector<Case>{{GuardrailAction::Abort, {}},
                                           {GuardrailAction::HaltAll, {"capability:chaos"}},
                                           {GuardrailAction::KillSwitch, {"global"}}}) {
    Story story = blind_guardrail();
    story.scenario.guardrails = {guardrail(row.action)};
    EXPECT_EQ(play(story).kills, row.kills);
  }
}

}  // namespace
}  // namespace fusebox::chaos
