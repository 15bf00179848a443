// Every expectation that is judged by what callers lived through, held and broken.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/chaos/expect_rows.hpp"

namespace fusebox::chaos {
namespace {

// All fail in the experiment arm from the begin of injecting until `until`.
std::function<Fate(Arm, Duration, std::int64_t)> down_until(Duration until) {
  return [until](Arm arm, Duration at, std::int64_t) {
    return Fate{.ok = arm != Arm::Experiment || at < minutes{1} || at >= until};
  };
}

const ExpectRecovery kRecovers{.slo = "task-success", .within = seconds{65}, .hold = seconds{30}};
const auto kCostly = [](Arm arm, Duration, std::int64_t) {
  return Fate{.ok = true,
              .llm_ms = 500,
              .cost_micros = arm == Arm::Experiment ? 20'000 : 90'000,
              .tokens = arm == Arm::Experiment ? 2'000 : 90'000,
              .tries = 1};
};
const auto kRetried = [](Arm arm, Duration, std::int64_t number) {
  return Fate{.ok = true,
              .llm_ms = 500,
              .cost_micros = 0,
              .tokens = 0,
              .tries = arm == Arm::Experiment && number % 2 == 0 ? 2 : 1};
};

// Of the budget: 60 bad seconds of 240 are five times what 5 % allow.
const ExpectRow kSumRows[] = {
    {"budget kept",
     ExpectBudget{.slo = "task-success", .max_spend = 5},
     {},
     down_until(minutes{2}),
     kPass,
     "500.0 % of the run's error budget spent"},
    {"budget overspent",
     ExpectBudget{.slo = "task-success", .max_spend = 4.9},
     {},
     down_until(minutes{2}),
     kFail,
     "at most 490.0 %"},
    {"cost a task kept",
     ExpectCost{.per_task = true, .max = MicroUsd{20'000}},
     {},
     kCostly,
     kPass,
     "$0.0200 a task"},
    {"cost a task overspent",
     ExpectCost{.per_task = true, .max = MicroUsd{19'999}},
     {},
     kCostly,
     kFail,
     "$0.0200 a task"},
    {"cost in all kept",
     ExpectCost{.per_task = false, .max = MicroUsd{24'000'000}},
     {},
     kCostly,
     kPass,
     "$24.00 in all"},
    {"cost in all overspent",
     ExpectCost{.per_task = false, .max = MicroUsd{23'999'999}},
     {},
     kCostly,
     kFail,
     "$24.00 in all"},
    {"tokens a task kept",
     ExpectTokens{.per_task = true, .max = 2'000},
     {},
     kCostly,
     kPass,
     "2,000 tokens a task"},
    {"tokens a task overspent",
     ExpectTokens{.per_task = true, .max = 1'999},
     {},
     kCostly,
     kFail,
     "2,000 tokens a task"},
    {"tokens in all overspent",
     ExpectTokens{.per_task = false, .max = 2'399'999},
     {},
     kCostly,
     kFail,
     "2,400,000 tokens in all"},
    {"retries kept",
     ExpectAmplification{.target = 0, .max = 1.5},
     {},
     kRetried,
     kPass,
     "1.50 tries a call (1,800 for 1,200)"},
    {"retries too many",
     ExpectAmplification{.target = 0, .max = 1.49},
     {},
     kRetried,
     kFail,
     "1.50 tries a call"},
    {"no call of the target",
     ExpectAmplification{.target = 3, .max = 9},
     {},
     {},
     FindingState::Inconclusive,
     "no calls of the target"},
    // The last minute is clean again 60 s after the last failure.
    {"recovers",
     kRecovers,
     {},
     down_until(seconds{125}),
     kPass,
     "back at >= 99.00 % 1m 5s after the faults ended"},
    {"recovers too late", kRecovers, {}, down_until(seconds{127}), kFail, "not back at"},
    {"never recovers",
     kRecovers,
     {},
     down_until(minutes{9}),
     kFail,
     "the last minute of the run was 0.00 %"},
    {"was never down", kRecovers, {}, {}, kPass, "at >= 99.00 % already when"},
};

TEST(ExperimentExpect, WhatTheCallersLivedThrough) { check(kSumRows); }

TEST(ExperimentExpect, RecoveryThatDoesNotHoldIsNone) {
  Story story;
  story.scenario.expect = {
      {.text = "recovery",
       .what = ExpectRecovery{.slo = "task-success", .within = seconds{5}, .hold = seconds{60}}}};
  story.fate = [](Arm arm, Duration at, std::int64_t) {
    const bool again = at >= seconds{150} && at < seconds{155};
    return Fate{.ok = arm != Arm::Experiment || !again};
  };
  const RunResult result = play(story).result;
  EXPECT_EQ(the_expectation(result).state, FindingState::Fail);
}

TEST(ExperimentExpect, WithoutASteadyStateTheTargetIsTheBound) {
  Story story;
  story.scenario.hypothesis.steady_state.clear();
  story.scenario.expect = {
      {.text = "recovery",
       .what = ExpectRecovery{.slo = "task-success", .within = seconds{5}, .hold = seconds{60}}}};
  const RunResult result = play(story).result;
  EXPECT_NE(the_expectation(result).text.find(">= 95.00 %"), std::string::npos);
}

}  // namespace
}  // namespace fusebox::chaos
