#include "slo/counts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/slo/draw.hpp"

namespace fusebox::slo {
namespace {

constexpr Ratio kTwoNines{99, 100};
constexpr Ratio kThreeNines{999, 1000};

struct Story {
  std::string name;
  Counts counts;
  Ratio target;
  double burn;
  double remaining;
  bool exhausted;
};

class Budget : public testing::TestWithParam<Story> {};

TEST_P(Budget, HasTheseNumbersToTheLastBit) {
  const Story& story = GetParam();
  EXPECT_EQ(burn_rate(story.counts, story.target), story.burn);
  EXPECT_EQ(budget_remaining(story.counts, story.target), story.remaining);
  EXPECT_EQ(budget_exhausted(story.counts, story.target), story.exhausted);
}

INSTANTIATE_TEST_SUITE_P(
    Worked, Budget,
    testing::Values(Story{"TwoOfFive", {3, 2}, kTwoNines, 40, -39, true},
                    Story{"T1_TenDays", {999'600, 400}, kThreeNines, 0.4, 0.6, false},
                    Story{"T2_OneInAHundred", {5'940, 60}, kThreeNines, 10, -9, true},
                    Story{"T4_ABornSeriesCounts", {995, 5}, kThreeNines, 5, -4, true},
                    Story{"T6_SumsNotMeansOfRatios",
                          {99'905, 105},
                          kThreeNines,
                          1.0498950104989502,
                          -0.04989501049895011,
                          true},
                    Story{"T8_AnHour",
                          {59'000, 1'000},
                          kThreeNines,
                          16.666666666666668,
                          -15.666666666666666,
                          true},
                    Story{"T11_OneOfTen", {9, 1}, kThreeNines, 100, -99, true},
                    Story{"T12_NoTraffic", {0, 0}, kThreeNines, 0, 1, false},
                    Story{"AllGood", {7, 0}, kThreeNines, 0, 1, false},
                    Story{"ExactlySpent", {999, 1}, kThreeNines, 1, 0, true},
                    Story{"OneBadOfTenThousand", {9'999, 1}, kThreeNines, 0.1, 0.9, false},
                    Story{"NothingPromised", {0, 5}, Ratio{0, 1}, 1, 0, true}),
    [](const auto& row) { return row.param.name; });

TEST(Sli, IsAbsentWithoutEvents) {  // T12
  EXPECT_EQ(sli({0, 0}), std::nullopt);
  EXPECT_EQ(sli({3, 2}), 0.6);
  EXPECT_EQ(sli({0, 2}), 0.0);
}

TEST(BurnRate, IsTheSameForTheSameRatioOfLargerCounts) {
  // The small counts are one division of doubles; the large ones take the long way, and one
  // rounding more would show in some last bit.
  Draw draw{7};
  for (int i = 0; i < 20'000; ++i) {
    const Counts small{draw.below(100'000), draw.below(100'000) + 1};
    const std::int64_t factor = draw.below(std::int64_t{1} << (20 + draw.below(25))) + 1;
    const Counts large{small.good * factor, small.bad * factor};
    ASSERT_EQ(burn_rate(large, kThreeNines), burn_rate(small, kThreeNines)) << factor;
    ASSERT_EQ(budget_remaining(large, kThreeNines), budget_remaining(small, kThreeNines));
    ASSERT_EQ(sli(large), sli(small));
  }
}

TEST(BurnRate, HoldsAtTheEndsOfItsRange) {
  constexpr std::int64_t kMost = (std::int64_t{1} << 62) - 1;
  constexpr Ratio kFine{999'999'999'999'999, 1'000'000'000'000'000};
  EXPECT_EQ(burn_rate({0, kMost}, kFine), 1e15);
  EXPECT_EQ(burn_rate({kMost, kMost}, kFine), 5e14);
  EXPECT_EQ(burn_rate({kMost, 0}, kFine), 0);
  EXPECT_DOUBLE_EQ(burn_rate({kMost, 1}, kFine), 1e15 / std::ldexp(1.0, 62));
  EXPECT_EQ(budget_remaining({kMost, kMost}, kFine), 1 - 5e14);
  EXPECT_TRUE(budget_exhausted({kMost, kMost}, kFine));
  EXPECT_EQ(burn_rate({0, kMost}, {1, kMost}), 1.0);  // 1 + 2^-62
}

TEST(BurnRate, RoundsToNearestWhereTheQuotientIsATie) {
  // 3/4 + 2^-60 of a total of 2^60: above 0.75 by less than half a step.
  const std::int64_t total = std::int64_t{1} << 60;
  EXPECT_EQ(sli({total / 4 * 3 + 1, total / 4 - 1}), 0.75);
  // 1/2 + 2^-54 (half a step above 0.5) is a tie and goes down; a little more goes up.
  const std::int64_t half = total / 2;
  const std::int64_t tie = half + (std::int64_t{1} << 6);
  EXPECT_EQ(sli({tie, total - tie}), 0.5);
  EXPECT_EQ(sli({tie + 1, total - tie - 1}), std::nextafter(0.5, 1.0));
}

TEST(BurnsFaster, IsStrict) {
  // 14.4 exactly: 144 bad of 10,000 at 99.9 %.
  EXPECT_FALSE(burns_faster({9'856, 144}, kThreeNines, {72, 5}));
  EXPECT_TRUE(burns_faster({9'855, 145}, kThreeNines, {72, 5}));
  EXPECT_FALSE(burns_faster({0, 0}, kThreeNines, {0, 1}));
  EXPECT_FALSE(burns_faster({1, 0}, kThreeNines, {0, 1}));
  EXPECT_TRUE(burns_faster({1'000'000'000, 1}, kThreeNines, {0, 1}));
}

TEST(BurnsFaster, TellsOneEventInTwoToTheSixtieth) {
  // Equality at full scale, where three factors need 180 bits and doubles see no difference.
  const std::int64_t k = std::int64_t{1} << 48;
  const Counts even{9'856 * k / 16, 144 * k / 16};
  EXPECT_FALSE(burns_faster(even, kThreeNines, {72, 5}));
  EXPECT_TRUE(burns_faster({even.good - 1, even.bad + 1}, kThreeNines, {72, 5}));
  EXPECT_FALSE(burns_faster({even.good + 1, even.bad - 1}, kThreeNines, {72, 5}));
  const Ratio same{72'000'000'000'000'000, 5'000'000'000'000'000};
  EXPECT_FALSE(burns_faster(even, kThreeNines, same));
  EXPECT_TRUE(burns_faster({even.good - 1, even.bad + 1}, kThreeNines, same));
}

// Schoolbook products in limbs of 32 bits, lowest first.
using Limbs = std::vector<std::uint32_t>;

Limbs times(const Limbs& number, std::int64_t factor) {
  Limbs product(number.size() + 3);
  const auto bits = static_cast<std::uint64_t>(factor);
  const std::array<std::uint64_t, 2> halves{bits & 0xffffffff, bits >> 32};
  for (std::size_t i = 0; i < number.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      carry += product[i + j] + number[i] * (j < 2 ? halves[j] : 0);
      product[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    product[i + 3] += static_cast<std::uint32_t>(carry);
  }
  return product;
}

bool larger(const Limbs& a, const Limbs& b) {
  return std::lexicographical_compare(b.rbegin(), b.rend(), a.rbegin(), a.rend());
}

TEST(BurnsFaster, AgreesWithSchoolbookArithmetic) {
  Draw draw{13};
  int faster = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::int64_t total = (draw.any_size() >> 1) + 1;
    const std::int64_t bad = draw.below(total) + 1;
    const std::int64_t den = (draw.any_size() >> 1) + 2;
    const Ratio target{draw.below(den), den};
    // A factor near the burn itself: bad x den / (total x (den - num)), give or take one.
    const auto scaled = static_cast<long double>(bad) / static_cast<long double>(total) *
                        static_cast<long double>(den) / static_cast<long double>(den - target.num);
    const std::int64_t below = draw.below(1'000) + 1;
    if (scaled * static_cast<long double>(below) > 0x1p61L) continue;
    const auto near = static_cast<std::int64_t>(scaled * static_cast<long double>(below));
    const Ratio factor{std::max<std::int64_t>(0, near + draw.below(3) - 1), below};
    const bool expected = larger(times(times(times({1}, bad), den), factor.den),
                                 times(times(times({1}, total), den - target.num), factor.num));
    ASSERT_EQ(burns_faster({total - bad, bad}, target, factor), expected);
    faster += expected ? 1 : 0;
  }
  EXPECT_GT(faster, 10'000);
  EXPECT_LT(faster, 90'000);
}

TEST(BudgetExhausted, TurnsAtTheLastEvent) {
  const std::int64_t k = std::int64_t{1} << 50;
  EXPECT_TRUE(budget_exhausted({999 * k, k}, kThreeNines));
  EXPECT_FALSE(budget_exhausted({999 * k + 1, k - 1}, kThreeNines));
}

}  // namespace
}  // namespace fusebox::slo
