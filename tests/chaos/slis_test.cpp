#include "chaos/slis.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/base/draw.hpp"

namespace fusebox::chaos {
namespace {

using slo::Counts;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SecondCounts, AWindowHoldsWhatHappenedWithinItsSeconds) {
  SecondCounts counts;
  counts.add(true, 1, milliseconds{0});
  counts.add(true, 2, milliseconds{1'999});
  counts.add(false, 1, milliseconds{2'000});
  counts.add(true, 1, milliseconds{7'500});
  EXPECT_EQ(counts.between(seconds{0}, seconds{2}), (Counts{3, 0}));
  EXPECT_EQ(counts.between(seconds{2}, seconds{3}), (Counts{0, 1}));
  EXPECT_EQ(counts.between(seconds{3}, seconds{7}), (Counts{0, 0}));
  EXPECT_EQ(counts.between(seconds{0}, seconds{100}), (Counts{4, 1}));
}

TEST(SecondCounts, AWindowBeforeTheStartIsCutThere) {
  SecondCounts counts;
  counts.add(true, 5, milliseconds{300});
  EXPECT_EQ(counts.between(-seconds{60}, seconds{1}), (Counts{5, 0}));
  EXPECT_EQ(counts.between(-seconds{60}, -seconds{30}), (Counts{0, 0}));
}

TEST(SecondCounts, AnEventAtATickIsOfTheSecondItBegins) {
  SecondCounts counts;
  counts.add(false, 1, seconds{10});
  EXPECT_EQ(counts.between(seconds{0}, seconds{10}), (Counts{0, 0}));
  EXPECT_EQ(counts.between(seconds{10}, seconds{11}), (Counts{0, 1}));
}

TEST(Slis, ArmsAndSlosAreApart) {
  Slis slis(2);
  slis.of(0, Arm::Experiment).add(false, 1, seconds{1});
  slis.of(1, Arm::Control).add(true, 1, seconds{1});
  EXPECT_EQ(slis.trailing(0, Arm::Experiment, seconds{5}, seconds{5}), (Counts{0, 1}));
  EXPECT_EQ(slis.trailing(0, Arm::Control, seconds{5}, seconds{5}), (Counts{0, 0}));
  EXPECT_EQ(slis.trailing(1, Arm::Control, seconds{5}, seconds{5}), (Counts{1, 0}));
}

struct Told {
  bool good;
  std::int64_t weight;
  Duration at;
};

Counts recount(const std::vector<Told>& told, Duration from, Duration to) {
  Counts counts;
  for (const Told& event : told) {
    if (event.at < from || event.at >= to) continue;
    (event.good ? counts.good : counts.bad) += event.weight;
  }
  return counts;
}

TEST(SecondCounts, AnyWindowIsTheRecount) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Draw draw(seed);
    SecondCounts counts;
    std::vector<Told> told;
    Duration at{};
    for (int i = 0; i < 500; ++i) {
      at += milliseconds{draw.below(draw.below(20) == 0 ? 30'000 : 400)};
      told.push_back({draw.below(3) > 0, 1 + draw.below(5), at});
      counts.add(told.back().good, told.back().weight, at);
    }
    for (int i = 0; i < 200; ++i) {
      const Duration from = seconds{draw.below(at / seconds{1} + 10) - 5};
      const Duration to = from + seconds{draw.below(200)};
      ASSERT_EQ(counts.between(from, to), recount(told, from, to)) << from / seconds{1};
    }
  }
}

}  // namespace
}  // namespace fusebox::chaos
