#include "chaos/random.hpp"

#include <array>

#include <gtest/gtest.h>

namespace fusebox::chaos {
namespace {

// SplitMix64 from seed 1234567, as its authors publish it.
TEST(Stream, IsSplitMix) {
  Stream stream(1'234'567);
  EXPECT_EQ(stream.next(), 6'457'827'717'110'365'317u);
  EXPECT_EQ(stream.next(), 3'203'168'211'198'807'973u);
  EXPECT_EQ(stream.next(), 9'817'491'932'198'370'423u);
}

TEST(Stream, BelowStaysBelowAndReachesEverything) {
  Stream stream(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7'000; ++i) ++seen.at(stream.below(7));
  for (const int count : seen) EXPECT_NEAR(count, 1'000, 150);
}

TEST(Mix, DependsOnOrderAndOnEveryWord) {
  EXPECT_NE(mix(mix(0, 1), 2), mix(mix(0, 2), 1));
  EXPECT_NE(mix(0, 0), mix(mix(0, 0), 0));
}

TEST(Chance, IsExactAtItsThreshold) {
  const Chance quarter(Ratio{1, 4});
  EXPECT_TRUE(quarter.hits((std::uint64_t{1} << 62) - 1));
  EXPECT_FALSE(quarter.hits(std::uint64_t{1} << 62));
}

TEST(Chance, NeverAndAlwaysAreThat) {
  EXPECT_FALSE(Chance(Ratio{0, 1}).hits(0));
  EXPECT_TRUE(Chance(Ratio{1, 1}).hits(~std::uint64_t{0}));
  EXPECT_FALSE(Chance().hits(0));
}

}  // namespace
}  // namespace fusebox::chaos
