#include "chaos/sample_size.hpp"

#include <gtest/gtest.h>

namespace fusebox::chaos {
namespace {

// Samples for a one-sided test at 95 % that finds a fall from p by d with 80 %.
TEST(SamplesPerArm, IsThePublishedTable) {
  struct Row {
    double p;
    std::int64_t by_drop[5];
  };
  constexpr double kDrops[] = {0.005, 0.01, 0.02, 0.05, 0.10};
  for (const Row& row :
       {Row{0.999, {1'725, 737, 336, 125, 59}}, Row{0.99, {6'105, 1'826, 605, 167, 69}},
        Row{0.95, {24'603, 6'426, 1'743, 343, 111}},
        Row{0.90, {45'500, 11'620, 3'026, 540, 157}}}) {
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(
          samples_per_arm({.baseline = row.p, .drop = kDrops[i], .confidence = 0.95, .power = 0.8}),
          row.by_drop[i])
          << row.p << " falls by " << kDrops[i];
    }
  }
}

TEST(SamplesPerArm, MoreCertaintyNeedsMore) {
  const auto samples = [](double confidence, double power) {
    return samples_per_arm(
        {.baseline = 0.99, .drop = 0.01, .confidence = confidence, .power = power});
  };
  EXPECT_LT(samples(0.9, 0.8), samples(0.95, 0.8));
  EXPECT_LT(samples(0.95, 0.8), samples(0.95, 0.9));
}

TEST(SamplesPerArm, ADropOfNothingNeedsMoreThanAnybodyHas) {
  EXPECT_EQ(samples_per_arm({.baseline = 0.99, .drop = 1e-15, .confidence = 0.95, .power = 0.8}),
            1'000'000'000'000'000);
}

}  // namespace
}  // namespace fusebox::chaos
