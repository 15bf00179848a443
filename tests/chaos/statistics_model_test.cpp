// The bootstrap against a slow and obvious one: the same weights, everything else written down
// straight from the definitions, with whole sorts instead of selections.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "chaos/detail/resample.hpp"
#include "chaos/statistics.hpp"
#include "tests/base/draw.hpp"

namespace fusebox::chaos {
namespace {

constexpr std::size_t kResamples = 1'999;

TEST(Resample, WeightsHaveMeanAndVarianceOne) {
  std::vector<float> weights(4'096 * 64 + 3);
  Resample(42, Arm::Control, 7).weights(weights);
  double sum = 0;
  double squares = 0;
  for (const float weight : weights) {
    sum += static_cast<double>(weight);
    squares += static_cast<double>(weight) * static_cast<double>(weight);
  }
  const auto n = static_cast<double>(weights.size());
  EXPECT_NEAR(sum / n, 1, 5 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 2, 5 * std::sqrt(20 / n));
}

TEST(Resample, StepsAreTheExponentialDistribution) {
  double mean = 0;
  for (std::size_t i = 0; i < kWeightSteps; ++i) {
    mean += static_cast<double>(kExponentialSteps[i]) / kWeightSteps;
    const double middle = -std::log(1 - (static_cast<double>(i) + 0.5) / kWeightSteps);
    if (i + 16 < kWeightSteps) {
      EXPECT_NEAR(static_cast<double>(kExponentialSteps[i]), middle, 1e-3);
    }
  }
  EXPECT_NEAR(mean, 1, 1e-6);
}

TEST(Resample, ArmsAndResamplesAreIndependentDraws) {
  const auto first = [](Arm arm, std::uint64_t number) {
    std::vector<float> weights(8);
    Resample(1, arm, number).weights(weights);
    return weights;
  };
  EXPECT_NE(first(Arm::Experiment, 0), first(Arm::Control, 0));
  EXPECT_NE(first(Arm::Experiment, 0), first(Arm::Experiment, 1));
  EXPECT_EQ(first(Arm::Experiment, 3), first(Arm::Experiment, 3));
}

ArmSample random_arm(Draw& draw) {
  const auto units = static_cast<std::size_t>(5 + draw.below(60));
  Proportions shares{.bad = std::vector<double>(units), .all = std::vector<double>(units)};
  Means means{.sum = std::vector<double>(units), .count = std::vector<double>(units)};
  Values values;
  for (std::size_t unit = 0; unit < units; ++unit) {
    const std::int64_t tasks = draw.below(6);
    const std::int64_t failed = draw.below(3) == 0 ? draw.below(tasks + 1) : 0;
    shares.bad[unit] = static_cast<double>(failed);
    shares.all[unit] = static_cast<double>(tasks);
    means.count[unit] = static_cast<double>(tasks);
    for (std::int64_t i = 0; i < tasks; ++i) {
      const double value = 1 + static_cast<double>(draw.below(1'000));
      means.sum[unit] += value;
      values.values.push_back({.value = value,
                               .unit = static_cast<std::uint32_t>(unit),
                               .weight = static_cast<std::uint32_t>(1 + draw.below(3))});
    }
  }
  return {.units = units, .measured = {shares, means, values}};
}

struct Model {
  double low;
  double high;
};

Model share_of(const Proportions& data, const std::vector<float>& weights, double more) {
  double bad = 0;
  double all = 0;
  double units = 0;
  double failed = 0;
  double plain_bad = 0;
  double plain_all = 0;
  for (std::size_t i = 0; i < data.all.size(); ++i) {
    bad += static_cast<double>(weights[i]) * data.bad[i];
    all += static_cast<double>(weights[i]) * data.all[i];
    units += data.all[i] > 0 ? 1 : 0;
    failed += data.bad[i] > 0 ? 1 : 0;
    plain_bad += data.bad[i];
    plain_all += data.all[i];
  }
  const double size = plain_all / units;
  const double harm = failed > 0 ? std::min(plain_bad / failed, size) : size;
  return {bad / (all + more * size), (bad + more * harm) / (all + more * size)};
}

double mean_of(const Means& data, const std::vector<float>& weights) {
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < data.sum.size(); ++i) {
    sum += static_cast<double>(weights[i]) * data.sum[i];
    count += static_cast<double>(weights[i]) * data.count[i];
  }
  return sum / count;
}

double percentile_of(const Values& data, const std::vector<float>& weights) {
  std::vector<Values::Value> rising = data.values;
  std::sort(rising.begin(), rising.end(),
            [](const auto& a, const auto& b) { return a.value < b.value; });
  double all = 0;
  for (const auto& value : rising) all += static_cast<double>(weights[value.unit]) * value.weight;
  double seen = 0;
  for (const auto& value : rising) {
    seen += static_cast<double>(weights[value.unit]) * value.weight;
    if (seen >= 0.95 * all * (1 - 1e-12)) return value.value;
  }
  return rising.back().value;
}

struct Stats {
  std::vector<double> worst;
  std::vector<double> best;
};

Stats resampled(const ArmSample& experiment, const ArmSample& control, std::size_t comparison,
                std::uint64_t seed) {
  Stats stats;
  std::vector<float> e_weights(experiment.units);
  std::vector<float> c_weights(control.units);
  for (std::uint64_t b = 0; b < kResamples; ++b) {
    const Resample e(seed, Arm::Experiment, b);
    const Resample c(seed, Arm::Control, b);
    e.weights(e_weights);
    c.weights(c_weights);
    const Measured& mine = experiment.measured[comparison];
    const Measured& theirs = control.measured[comparison];
    if (comparison == 0) {
      const Model x = share_of(std::get<0>(mine), e_weights, e.weight_of_one_more());
      const Model y = share_of(std::get<0>(theirs), c_weights, c.weight_of_one_more());
      stats.worst.push_back(x.high - y.low);
      stats.best.push_back(x.low - y.high);
      continue;
    }
    const double ratio = comparison == 1 ? mean_of(std::get<1>(mine), e_weights) /
                                               mean_of(std::get<1>(theirs), c_weights)
                                         : percentile_of(std::get<2>(mine), e_weights) /
                                               percentile_of(std::get<2>(theirs), c_weights);
    stats.worst.push_back(ratio - 1);
    stats.best.push_back(ratio - 1);
  }
  std::sort(stats.worst.begin(), stats.worst.end());
  std::sort(stats.best.begin(), stats.best.end());
  return stats;
}

TEST(Compare, IsTheSlowBootstrap) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    Draw draw(seed);
    const ArmSample experiment = random_arm(draw);
    const ArmSample control = random_arm(draw);
    for (std::size_t comparison = 0; comparison < 3; ++comparison) {
      const ArmSample one{.units = experiment.units, .measured = {experiment.measured[comparison]}};
      const ArmSample other{.units = control.units, .measured = {control.measured[comparison]}};
      const Compared found =
          compare(one, other, {.margins = {0.05}, .alpha = 0.05, .seed = seed}).comparisons[0];
      const Stats model = resampled(experiment, control, comparison, seed);
      ASSERT_TRUE(found.estimate);
      const double worst = model.worst[kResamples - 100];  // 99 of 1,999 are beyond
      const double best = model.best[99];
      if (comparison == 0) {
        EXPECT_NEAR(found.estimate->lower, -worst, 1e-9);
        EXPECT_NEAR(found.estimate->upper, -best, 1e-9);
      } else {
        EXPECT_NEAR(found.estimate->upper, 1 + worst, 1e-9);
        EXPECT_NEAR(found.estimate->lower, 1 + best, 1e-9);
      }
      EXPECT_EQ(found.state == FindingState::Pass, worst <= 0.05);
      EXPECT_EQ(found.state == FindingState::Fail, best > 0.05);
    }
  }
}

}  // namespace
}  // namespace fusebox::chaos
