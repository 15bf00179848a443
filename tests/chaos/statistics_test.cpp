// Known cases: exact intervals where they exist, and which state follows from which bound.
#include "chaos/statistics.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/chaos/sample_support.hpp"

namespace fusebox::chaos {
namespace {

Compared compared(const ArmSample& experiment, const ArmSample& control, double margin,
                  double alpha = 0.05) {
  return compare(experiment, control, {.margins = {margin}, .alpha = alpha, .seed = 7})
      .comparisons.front();
}

TEST(ZeroFailureBound, IsTheExactOne) {
  struct Row {
    std::int64_t trials;
    double percent;
  };
  for (const Row& row :
       std::vector<Row>{{5, 45.07}, {20, 13.91}, {59, 4.951}, {299, 0.9969}, {2'995, 0.09998}}) {
    EXPECT_NEAR(100 * zero_failure_bound(row.trials, 0.95), row.percent, row.percent / 1000);
  }
}

// Against a control of which there is so much that it is known, the bounds are those of Clopper and
// Pearson for one arm, here with the beta distribution's own quantiles. One run finds them to some
// percent, for it has 2,000 resamples; the mean of five to two or three.
TEST(Proportions, BoundsAreExactForSingleTasks) {
  struct Row {
    std::size_t units;
    std::size_t failed;
    double lower;  // of the failure rate, 95 % one-sided
    double upper;
  };
  const ArmSample control = single_tasks(10'000, 0);
  for (const Row& row : std::vector<Row>{
           {59, 0, 0, 0.0495}, {100, 3, 0.00823, 0.07571}, {400, 40, 0.07639, 0.12824}}) {
    SCOPED_TRACE(std::to_string(row.failed) + " of " + std::to_string(row.units));
    Estimate mean;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Comparing comparing{.margins = {0.01}, .alpha = 0.05, .seed = seed};
      const Analysis found = compare(single_tasks(row.units, row.failed), control, comparing);
      mean.lower += found.comparisons[0].estimate->lower / 5;
      mean.upper += found.comparisons[0].estimate->upper / 5;
    }
    EXPECT_NEAR(-mean.lower, row.upper, 0.035 * row.upper);
    EXPECT_NEAR(-mean.upper, row.lower, 0.035 * row.lower + 4e-4);
  }
}

TEST(Proportions, TheEstimateIsTheDifference) {
  const Compared found = compared(single_tasks(1'000, 50), single_tasks(500, 10), 0.01);
  ASSERT_TRUE(found.estimate);
  EXPECT_NEAR(found.estimate->value, -0.03, 1e-12);
  EXPECT_LT(found.estimate->lower, -0.03);
  EXPECT_GT(found.estimate->upper, -0.03);
}

struct StateRow {
  const char* name;
  ArmSample experiment;
  ArmSample control;
  double margin;
  FindingState state;
};

std::vector<StateRow> state_rows() {
  const ArmSample none{.units = 0, .measured = {Proportions{}}};
  return {
      {"alike and many", single_tasks(20'000, 200), single_tasks(20'000, 200), 0.01,
       FindingState::Pass},
      {"alike and few", single_tasks(50, 1), single_tasks(50, 1), 0.01, FindingState::Inconclusive},
      {"clearly worse", single_tasks(5'000, 500), single_tasks(5'000, 50), 0.01,
       FindingState::Fail},
      {"worse within the margin", single_tasks(20'000, 300), single_tasks(20'000, 200), 0.01,
       FindingState::Pass},
      {"worse by the margin", single_tasks(2'000, 40), single_tasks(2'000, 20), 0.01,
       FindingState::Inconclusive},
      {"better", single_tasks(2'000, 0), single_tasks(2'000, 100), 0.01, FindingState::Pass},
      {"no failure, too few", single_tasks(100, 0), single_tasks(100, 0), 0.01,
       FindingState::Inconclusive},
      {"no failure, enough", single_tasks(400, 0), single_tasks(400, 0), 0.01, FindingState::Pass},
      {"all failed", single_tasks(100, 100), single_tasks(100, 0), 0.01, FindingState::Fail},
      {"no experiment", none, single_tasks(100, 0), 0.01, FindingState::Inconclusive},
      {"no control", single_tasks(100, 0), none, 0.01, FindingState::Inconclusive},
      {"cost alike", one_task_for(std::vector<double>(500, 2)),
       one_task_for(std::vector<double>(500, 2)), 0.1, FindingState::Pass},
      {"cost doubled", one_task_for(std::vector<double>(500, 4)),
       one_task_for(std::vector<double>(500, 2)), 0.1, FindingState::Fail},
      {"cost of nothing", one_task_for(std::vector<double>(500, 4)),
       one_task_for(std::vector<double>(500, 0)), 0.1, FindingState::Inconclusive},
      {"latency alike", one_value_of(std::vector<double>(500, 9)),
       one_value_of(std::vector<double>(500, 9)), 0.1, FindingState::Pass},
      {"latency doubled", one_value_of(std::vector<double>(500, 18)),
       one_value_of(std::vector<double>(500, 9)), 0.1, FindingState::Fail},
  };
}

TEST(Compare, TheStateFollowsFromTheBounds) {
  for (const StateRow& row : state_rows()) {
    EXPECT_EQ(compared(row.experiment, row.control, row.margin).state, row.state) << row.name;
  }
}

TEST(Compare, WithoutDataThereIsNoEstimate) {
  const ArmSample none{.units = 0, .measured = {Values{}}};
  EXPECT_FALSE(compared(none, one_value_of({1, 2}), 0.1).estimate);
}

TEST(Values, TheEstimateIsTheRatioOfNearestRanks) {
  std::vector<double> low;
  std::vector<double> high;
  for (int i = 1; i <= 100; ++i) {
    low.push_back(i);
    high.push_back(3 * i);
  }
  const Compared found = compared(one_value_of(high), one_value_of(low), 0.1);
  ASSERT_TRUE(found.estimate);
  EXPECT_DOUBLE_EQ(found.estimate->value, 3);  // 285 over 95
}

// Ten tasks that share one fate are one observation.
TEST(Compare, ClusteredFailuresWidenTheInterval) {
  ArmSample apart = single_tasks(1'000, 50);
  ArmSample together{.units = 100,
                     .measured = {Proportions{.bad = std::vector<double>(100),
                                              .all = std::vector<double>(100, 10)}}};
  for (std::size_t i = 0; i < 5; ++i) std::get<Proportions>(together.measured[0]).bad[i] = 10;
  const ArmSample control = single_tasks(100'000, 5'000);
  const Compared narrow = compared(apart, control, 0.01);
  const Compared wide = compared(together, control, 0.01);
  EXPECT_NEAR(narrow.estimate->value, wide.estimate->value, 1e-12);
  EXPECT_GT(wide.estimate->upper - wide.estimate->lower,
            2.5 * (narrow.estimate->upper - narrow.estimate->lower));
}

TEST(Compare, OneSeedIsOneAnswerAndAnotherSeedNearlyTheSame) {
  const ArmSample experiment = single_tasks(3'000, 60);
  const ArmSample control = single_tasks(3'000, 30);
  const auto bounds = [&](std::uint64_t seed) {
    return *compare(experiment, control, {.margins = {0.01}, .alpha = 0.05, .seed = seed})
                .comparisons.front()
                .estimate;
  };
  EXPECT_EQ(bounds(1).lower, bounds(1).lower);
  EXPECT_NE(bounds(1).lower, bounds(2).lower);
  EXPECT_NEAR(bounds(1).lower, bounds(2).lower, 0.0008);
}

// With one comparison the experiment fails at alpha; among many that find nothing the same data is
// not clear enough any more, but what passes is judged at alpha as before.
TEST(Holm, AFailureMustBeClearerAmongMany) {
  const std::size_t many = 10;
  const ArmSample worse = single_tasks(1'000, 33);
  const ArmSample control = single_tasks(1'000, 19);
  const Proportions alike = std::get<Proportions>(single_tasks(1'000, 19).measured[0]);
  ArmSample experiment_of_many{.units = 1'000, .measured = {worse.measured[0]}};
  ArmSample control_of_many{.units = 1'000, .measured = {control.measured[0]}};
  for (std::size_t i = 1; i < many; ++i) {
    experiment_of_many.measured.emplace_back(alike);
    control_of_many.measured.emplace_back(alike);
  }
  const Compared alone = compared(worse, control, 0);
  const Compared among = compare(experiment_of_many, control_of_many,
                                 {.margins = std::vector<double>(many), .alpha = 0.05, .seed = 7})
                             .comparisons.front();
  EXPECT_EQ(alone.state, FindingState::Fail);
  EXPECT_EQ(among.state, FindingState::Inconclusive);
  EXPECT_EQ(among.estimate->lower, alone.estimate->lower);
  EXPECT_GT(among.estimate->upper, alone.estimate->upper);
}

TEST(Holm, ClearFailuresFreeAlphaForTheRest) {
  const ArmSample worse = single_tasks(1'000, 33);
  const ArmSample terrible = single_tasks(1'000, 500);
  const ArmSample control = single_tasks(1'000, 19);
  const ArmSample both{.units = 1'000, .measured = {worse.measured[0], terrible.measured[0]}};
  const ArmSample twice{.units = 1'000, .measured = {control.measured[0], control.measured[0]}};
  const Analysis found = compare(both, twice, {.margins = {0, 0}, .alpha = 0.05, .seed = 7});
  EXPECT_EQ(found.comparisons[1].state, FindingState::Fail);
  EXPECT_EQ(found.comparisons[0].state, FindingState::Fail);
}

TEST(Score, IsWhatWasKept) {
  const Analysis found = compare(single_tasks(10'000, 5'000), single_tasks(10'000, 0),
                                 {.margins = {0.01}, .alpha = 0.05, .seed = 7});
  ASSERT_TRUE(found.score);
  EXPECT_NEAR(found.score->value, 50, 1e-9);
  EXPECT_LT(found.score->lower, 50);
  EXPECT_NEAR(found.score->lower, 50 - 1.645 * 0.5, 0.15);
}

TEST(Score, AZeroCannotBeAveragedAway) {
  ArmSample experiment = single_tasks(100, 100);
  ArmSample control = single_tasks(100, 0);
  experiment.measured.emplace_back(one_task_for(std::vector<double>(100, 1)).measured[0]);
  control.measured.emplace_back(one_task_for(std::vector<double>(100, 1)).measured[0]);
  const Analysis found =
      compare(experiment, control, {.margins = {0.01, 0.1}, .alpha = 0.05, .seed = 7});
  ASSERT_TRUE(found.score);
  EXPECT_EQ(found.score->value, 0);
}

TEST(Score, IsAbsentWhereAComparisonHasNoData) {
  const ArmSample none{.units = 0, .measured = {Proportions{}}};
  EXPECT_FALSE(compare(none, single_tasks(9, 0), {.margins = {0.1}, .alpha = 0.05}).score);
  EXPECT_FALSE(compare({}, {}, {.margins = {}, .alpha = 0.05}).score);
}

}  // namespace
}  // namespace fusebox::chaos
