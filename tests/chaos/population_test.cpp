#include "chaos/population.hpp"

#include <array>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

namespace fusebox::chaos {
namespace {

using namespace std::chrono_literals;

Scenario scenario_with(Ratio percent, Ratio control) {
  Scenario scenario;
  scenario.name = "split";
  scenario.population.percent = percent;
  scenario.population.control_percent = control;
  scenario.stages = {{"base", StageKind::Baseline, 1min, {}, {}},
                     {"inject", StageKind::Inject, 10min, {}, {}},
                     {"heal", StageKind::Recover, 1min, {}, {}}};
  return scenario;
}

std::array<int, kArmCount> counts(const PopulationSplit& split, Duration at, int units) {
  std::array<int, kArmCount> out{};
  for (int i = 0; i < units; ++i) {
    const auto unit = split.unit_hash("agent-" + std::to_string(i) + "/0");
    ++out.at(static_cast<std::size_t>(split.arm(unit, at)));
  }
  return out;
}

// Four standard deviations of a binomial count.
double four_sigma(double share, int units) { return 4 * std::sqrt(share * (1 - share) * units); }

TEST(PopulationSplit, ArmsHaveTheirShares) {
  const PopulationSplit split(scenario_with({1, 10}, {1, 20}));
  constexpr int kUnits = 100'000;
  const auto [outside, experiment, control] = counts(split, 0s, kUnits);
  EXPECT_NEAR(experiment, 10'000, four_sigma(0.1, kUnits));
  EXPECT_NEAR(control, 5'000, four_sigma(0.05, kUnits));
  EXPECT_EQ(outside + experiment + control, kUnits);
}

TEST(PopulationSplit, AUnitStaysWhereItIs) {
  const PopulationSplit split(scenario_with({1, 3}, {1, 3}));
  EXPECT_EQ(counts(split, 0s, 10'000), counts(split, 12min, 10'000));
}

TEST(PopulationSplit, EverybodyCanBeInTheExperiment) {
  const PopulationSplit split(scenario_with({1, 1}, {0, 1}));
  EXPECT_EQ(counts(split, 5min, 10'000), (std::array<int, kArmCount>{0, 10'000, 0}));
}

class PopulationRamp : public testing::TestWithParam<RampShape> {};

TEST_P(PopulationRamp, TakesMoreAndReturnsNone) {
  Scenario scenario = scenario_with({1, 2}, {1, 5});
  scenario.stages[1].ramp = Ramp{{1, 20}, {1, 2}, GetParam()};
  const PopulationSplit split(scenario);
  for (int i = 0; i < 2'000; ++i) {
    const auto unit = split.unit_hash(std::to_string(i));
    bool taken = split.arm(unit, 0s) == Arm::Experiment;
    const bool control = split.arm(unit, 0s) == Arm::Control;
    for (Duration at = 0s; at < 12min; at += 5s) {
      const Arm arm = split.arm(unit, at);
      EXPECT_EQ(arm == Arm::Control, control);
      EXPECT_TRUE(!taken || arm == Arm::Experiment);
      taken = taken || arm == Arm::Experiment;
    }
  }
}

TEST_P(PopulationRamp, GoesFromItsFirstShareToItsLast) {
  Scenario scenario = scenario_with({1, 2}, {1, 5});
  scenario.stages[1].ramp = Ramp{{1, 20}, {1, 2}, GetParam()};
  const PopulationSplit split(scenario);
  constexpr int kUnits = 50'000;
  constexpr auto kExperiment = static_cast<std::size_t>(Arm::Experiment);
  EXPECT_NEAR(counts(split, 0s, kUnits)[kExperiment], 2'500, four_sigma(0.05, kUnits));
  EXPECT_NEAR(counts(split, 11min, kUnits)[kExperiment], 25'000, four_sigma(0.5, kUnits));
}

INSTANTIATE_TEST_SUITE_P(Shapes, PopulationRamp,
                         testing::Values(RampShape::Linear, RampShape::Step,
                                         RampShape::Exponential));

TEST(PopulationRampShape, HalfWayIsWhatItsNameSays) {
  constexpr int kUnits = 50'000;
  const auto half_way = [](RampShape shape) {
    Scenario scenario = scenario_with({1, 1}, {0, 1});
    scenario.stages[1].ramp = Ramp{{1, 100}, {1, 1}, shape};
    return counts(PopulationSplit(scenario), 6min, kUnits)[1];
  };
  EXPECT_NEAR(half_way(RampShape::Linear), 0.505 * kUnits, 0.01 * kUnits);
  EXPECT_NEAR(half_way(RampShape::Exponential), 0.1 * kUnits, 0.01 * kUnits);
  EXPECT_EQ(half_way(RampShape::Step), kUnits);
}

TEST(PopulationSplit, SaltsAreIndependent) {
  Scenario scenario = scenario_with({1, 2}, {0, 1});
  const PopulationSplit one(scenario);
  scenario.population.salt = "another";
  const PopulationSplit two(scenario);
  int both = 0;
  constexpr int kUnits = 40'000;
  for (int i = 0; i < kUnits; ++i) {
    const std::string unit = std::to_string(i);
    both += one.arm(one.unit_hash(unit), 0s) == Arm::Experiment &&
            two.arm(two.unit_hash(unit), 0s) == Arm::Experiment;
  }
  EXPECT_NEAR(both, kUnits / 4, four_sigma(0.25, kUnits));
}

TEST(PopulationSplit, SharesAddUp) {
  Scenario scenario = scenario_with({1, 10}, {1, 5});
  scenario.stages[1].ramp = Ramp{{1, 20}, {1, 4}, RampShape::Linear};
  const PopulationSplit split(scenario);
  EXPECT_EQ(split.share(Arm::Experiment), (Ratio{1, 4}));
  EXPECT_EQ(split.share(Arm::Control), (Ratio{1, 5}));
  EXPECT_EQ(split.share(Arm::Outside), (Ratio{11, 20}));
}

}  // namespace
}  // namespace fusebox::chaos
