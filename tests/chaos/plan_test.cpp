#include "chaos/plan.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace fusebox::chaos {
namespace {

using namespace std::chrono_literals;

// 200 tasks a second, faults for 15 of 35 minutes, a tenth of the sessions in each arm.
Scenario brownout() {
  Scenario scenario;
  scenario.workload = {.profile = "research-agent",
                       .process = ArrivalProcess::Poisson,
                       .rate = 200,
                       .per = 1s,
                       .in_flight_max = 1'000,
                       .agents = 5'000};
  scenario.population.percent = Ratio{1, 10};
  scenario.population.control_percent = Ratio{1, 10};
  const auto stage = [](std::string name, StageKind kind, Duration duration) {
    Stage out;
    out.name = std::move(name);
    out.kind = kind;
    out.duration = duration;
    return out;
  };
  scenario.stages = {stage("base", StageKind::Baseline, 10min),
                     stage("brownout", StageKind::Inject, 15min),
                     stage("heal", StageKind::Recover, 10min)};
  scenario.hypothesis.steady_state = {
      {.slo = "task-success", .window = 5min, .op = Compare::Gte, .value = 0.99}};
  return scenario;
}

const ArmPlan& arm(const std::array<ArmPlan, kArmCount>& plan, Arm which) {
  return plan[static_cast<std::size_t>(which)];
}

TEST(Plan, CountsTheTasksThatBeginUnderFaults) {
  const auto plan = plan_of(brownout());
  EXPECT_EQ(arm(plan, Arm::Experiment).tasks, 18'000) << "200/s for 900 s, a tenth of it";
  EXPECT_EQ(arm(plan, Arm::Control).tasks, 18'000);
  EXPECT_EQ(arm(plan, Arm::Outside).tasks, 144'000);
  EXPECT_NEAR(arm(plan, Arm::Outside).share, 0.8, 1e-12);
}

TEST(Plan, CountsUnits) {
  Scenario scenario = brownout();
  EXPECT_EQ(arm(plan_of(scenario), Arm::Experiment).units, 3'600) << "sessions of five tasks";
  scenario.population.unit = Unit::Agent;
  EXPECT_EQ(arm(plan_of(scenario), Arm::Experiment).units, 500);
  scenario.population.unit = Unit::Tenant;
  EXPECT_EQ(arm(plan_of(scenario), Arm::Experiment).units, std::nullopt);
}

TEST(Plan, ARampHasItsMean) {
  Scenario scenario = brownout();
  Ramp ramp{.from = {1, 100}, .to = {1, 10}, .shape = RampShape::Linear};
  scenario.stages[1].ramp = ramp;
  EXPECT_EQ(arm(plan_of(scenario), Arm::Experiment).tasks, 9'900) << "5.5 % of 180,000";
  scenario.stages[1].ramp->shape = RampShape::Exponential;
  EXPECT_EQ(arm(plan_of(scenario), Arm::Experiment).tasks, 7'036) << "9 % over ln 10";
}

TEST(Plan, WithoutAWorkloadNothingIsKnown) {
  Scenario scenario = brownout();
  scenario.workload.profile.clear();
  EXPECT_EQ(arm(plan_of(scenario), Arm::Experiment).tasks, 0);
}

TEST(SamplesNeeded, TakeTheBaselineFromTheSteadyStateOrTheTarget) {
  const Scenario scenario = brownout();
  const auto needed = [&](std::string sli, ComparisonKind kind) {
    return samples_needed(scenario, {.sli = std::move(sli), .kind = kind, .margin = {1, 100}}, {});
  };
  EXPECT_EQ(needed("task-success", ComparisonKind::Proportion), 1'826);
  EXPECT_EQ(needed("tool-success", ComparisonKind::Proportion), std::nullopt) << "no baseline";
  EXPECT_EQ(needed("task-success", ComparisonKind::Latency), std::nullopt);
  EXPECT_EQ(needed("cost", ComparisonKind::Cost), std::nullopt);
}

}  // namespace
}  // namespace fusebox::chaos
