#include "chaos/sampler.hpp"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "chaos/random.hpp"

namespace fusebox::chaos {
namespace {

using namespace std::chrono_literals;

// The draw that stands for a tail probability.
std::uint64_t tail(double probability) {
  return static_cast<std::uint64_t>(std::ldexp(probability, 64));
}

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

TEST(Sampler, ConstantIsConstant) {
  const Sampler sampler(Constant{1500ms});
  for (const std::uint64_t draw : {std::uint64_t{0}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    EXPECT_EQ(sampler.draw(draw), 1500ms);
  }
}

TEST(Sampler, UniformStaysWithinItsBounds) {
  const Sampler sampler(Uniform{10ms, 30ms});
  EXPECT_NEAR(seconds(sampler.draw(0)), 0.030, 1e-8);
  EXPECT_NEAR(seconds(sampler.draw(~std::uint64_t{0})), 0.010, 1e-8);
  EXPECT_NEAR(seconds(sampler.draw(tail(0.5))), 0.020, 1e-8);
}

struct QuantileCase {
  std::string name;
  Distribution distribution;
  double tail;
  double seconds;
};

class SamplerQuantile : public testing::TestWithParam<QuantileCase> {};

TEST_P(SamplerQuantile, IsTheDistributions) {
  const Sampler sampler(GetParam().distribution);
  EXPECT_NEAR(seconds(sampler.draw(tail(GetParam().tail))) / GetParam().seconds, 1, 1e-3);
}

const LogNormal kBrownout{.p50 = 4s, .p99 = 30s};
const double kSigma = std::log(7.5) / 2.3263478740408408;

INSTANTIATE_TEST_SUITE_P(
    Known, SamplerQuantile,
    testing::Values(
        QuantileCase{"LogNormalMedian", kBrownout, 0.5, 4},
        QuantileCase{"LogNormalP99", kBrownout, 0.01, 30},
        QuantileCase{"LogNormalP90", kBrownout, 0.1, 4 * std::exp(kSigma * 1.2815515655446004)},
        QuantileCase{"LogNormalOneInAMillion", kBrownout, 1e-6,
                     4 * std::exp(kSigma * 4.753424308822899)},
        QuantileCase{"LogNormalP5", kBrownout, 0.95, 4 * std::exp(-kSigma * 1.6448536269514722)},
        QuantileCase{"ExponentialMedian", Exponential{2s}, 0.5, 2 * std::log(2.0)},
        QuantileCase{"ExponentialP999", Exponential{2s}, 1e-3, 2 * std::log(1e3)},
        QuantileCase{"ParetoMedian", Pareto{1s, {2, 1}}, 0.5, std::sqrt(2.0)},
        QuantileCase{"ParetoFarTail", Pareto{1s, {2, 1}}, 1e-9, std::sqrt(1e9)}),
    [](const auto& each) { return each.param.name; });

TEST(Sampler, MeansAreThoseOfTheDistributions) {
  const auto mean = [](const Distribution& distribution) {
    const Sampler sampler(distribution);
    Stream stream(7);
    double sum = 0;
    constexpr int kDraws = 400'000;
    for (int i = 0; i < kDraws; ++i) sum += seconds(sampler.draw(stream.next()));
    return sum / kDraws;
  };
  EXPECT_NEAR(mean(Exponential{2s}), 2, 0.015);
  EXPECT_NEAR(mean(Uniform{1s, 2s}), 1.5, 0.002);
  EXPECT_NEAR(mean(kBrownout) / (4 * std::exp(kSigma * kSigma / 2)), 1, 0.01);
}

TEST(Sampler, SmallerDrawsNeverLastShorter) {
  const Sampler sampler(kBrownout);
  Stream stream(11);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t draw = stream.next() >> stream.below(50);
    const std::uint64_t other = draw - stream.next() % (draw / 2 + 1);
    ASSERT_GE(sampler.draw(other), sampler.draw(draw)) << other << " " << draw;
  }
}

// The same on every machine and compiler: what is drawn enters run hashes.
TEST(Sampler, DrawsArePinned) {
  const Sampler brownout(kBrownout);
  const Sampler gaps(Exponential{5ms});
  const Sampler pareto(Pareto{1ms, {3, 2}});
  std::uint64_t hash = 0;
  Stream stream(2026);
  for (int i = 0; i < 10'000; ++i) {
    for (const Sampler* sampler : {&brownout, &gaps, &pareto}) {
      hash = mix(hash, static_cast<std::uint64_t>(sampler->draw(stream.next()).count()));
    }
  }
  EXPECT_EQ(hash, 3'486'657'932'334'166'697u);
}

}  // namespace
}  // namespace fusebox::chaos
