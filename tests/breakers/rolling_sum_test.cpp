#include "breakers/rolling_sum.hpp"

#include <array>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/breakers/limit_support.hpp"

namespace fusebox::breakers {
namespace {

using namespace testing;

using Shape = RollingSums::Shape;
constexpr Shape kHour{.window = hours{1}, .columns = 1};

void add(RollingSums& sums, std::int64_t amount, Instant at) {
  const std::array amounts{amount};
  sums.add(kHour, amounts, at, at);
}

TEST(RollingSums, ForgetsNoEarlierThanTheWindowAndNoLaterThanASixtiethMore) {
  // A bucket of an hour's window is a minute. The last nanosecond and the first of one bucket are
  // the two extremes; both are forgotten together.
  for (const Duration offset : {Duration{0}, Duration{minutes{1} - nanoseconds{1}}}) {
    RollingSums sums;
    const Instant charged = after(offset);
    add(sums, 7, charged);
    EXPECT_EQ(sums.sum(kHour, 0, charged + hours{1}), 7) << offset.count();
    EXPECT_EQ(sums.sum(kHour, 0, charged + hours{1} + minutes{1}), 0) << offset.count();
    EXPECT_EQ(sums.next_change(kHour), after(minutes{61}));
    EXPECT_EQ(sums.sum(kHour, 0, after(minutes{61}) - nanoseconds{1}), 7);
    EXPECT_EQ(sums.sum(kHour, 0, after(minutes{61})), 0);
  }
}

TEST(RollingSums, AWindowThatDoesNotDivideBySixtyKeepsTheBounds) {
  const Shape shape{.window = seconds{7} + nanoseconds{13}, .columns = 1};
  const Duration slack = shape.window / 60;
  for (int i = 0; i < 2000; ++i) {
    RollingSums sums;
    const Instant charged = after(nanoseconds{std::int64_t{i} * 1'234'567});
    const std::array amounts{std::int64_t{1}};
    sums.add(shape, amounts, charged, charged);
    ASSERT_EQ(sums.sum(shape, 0, charged + shape.window), 1) << i;
    ASSERT_EQ(sums.sum(shape, 0, charged + shape.window + slack), 0) << i;
  }
}

TEST(RollingSums, ALateAmountIsForgottenWithItsOwnDate) {
  RollingSums sums;
  add(sums, 1, after(minutes{30}));
  const std::array late{std::int64_t{10}};
  EXPECT_TRUE(sums.add(kHour, late, kStart, after(minutes{30})));
  EXPECT_EQ(sums.sum(kHour, 0, after(minutes{60})), 11);
  EXPECT_EQ(sums.sum(kHour, 0, after(minutes{61})), 1);
}

TEST(RollingSums, AnAmountPastItsTimeChangesNothing) {
  RollingSums sums;
  const std::array late{std::int64_t{10}};
  EXPECT_FALSE(sums.add(kHour, late, kStart, after(minutes{61})));
  EXPECT_EQ(sums.next_change(kHour), kNever);
}

TEST(RollingSums, FallsToNamesTheBucketThatMustGoFirst) {
  RollingSums sums;
  add(sums, 5, kStart);
  add(sums, 3, after(minutes{10}));
  add(sums, 2, after(minutes{20}));
  const Instant now = after(minutes{30});
  struct Row {
    std::int64_t most;
    Instant at;
  };
  for (const Row& row : {Row{10, now}, Row{9, after(minutes{61})}, Row{5, after(minutes{61})},
                         Row{4, after(minutes{71})}, Row{2, after(minutes{71})},
                         Row{1, after(minutes{81})}, Row{0, after(minutes{81})}}) {
    EXPECT_EQ(sums.falls_to(kHour, 0, row.most, now), row.at) << row.most;
  }
}

TEST(RollingSums, SaturatesAndRecoversWhenTheExcessIsForgotten) {
  RollingSums sums;
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  add(sums, kMax, kStart);
  add(sums, kMax, kStart);
  add(sums, 1, after(minutes{5}));
  EXPECT_EQ(sums.sum(kHour, 0, after(minutes{5})), kMax);
  EXPECT_EQ(sums.sum(kHour, 0, after(minutes{61})), 1);
}

struct Charge {
  Instant at;
  std::array<std::int64_t, 2> amounts;
};

void expect_same_as_recount(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  const Shape shape{.window = nanoseconds{1'000'000'000 + below(1000)}, .columns = 2};
  const std::int64_t width = shape.window.count() / 60;
  RollingSums sums;
  std::vector<Charge> charges;
  Instant now = kStart;
  for (int step = 0; step < 500; ++step) {
    now += nanoseconds{below(4 * width)};
    const Charge charge{now - nanoseconds{below(2) * below(70 * width)}, {below(5), below(5)}};
    charges.push_back(charge);
    sums.add(shape, charge.amounts, charge.at, now);
    const Instant when = now + nanoseconds{below(2) * below(70 * width)};
    std::array<std::int64_t, 2> expected{};
    for (const Charge& past : charges) {
      const std::int64_t bucket_end = (to_ns(past.at) / width + 1) * width;
      if (from_ns(bucket_end) + shape.window <= when) continue;
      for (std::size_t column = 0; column < 2; ++column) expected[column] += past.amounts[column];
    }
    for (std::size_t column = 0; column < 2; ++column) {
      ASSERT_EQ(sums.sum(shape, column, when), expected[column]) << "step " << step;
      const std::int64_t most = below(expected[column] + 2);
      const Instant falls = sums.falls_to(shape, column, most, when);
      ASSERT_LE(sums.sum(shape, column, falls), most);
      if (falls > when) {
        ASSERT_GT(sums.sum(shape, column, falls - nanoseconds{1}), most);
      }
    }
  }
}

TEST(RollingSumsProperty, EqualAFullRecount) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) expect_same_as_recount(seed);
}

TEST(RollingSumsArchive, RefusesRowsThatAddCannotHaveMade) {
  struct Row {
    const char* name;
    std::vector<std::int64_t> cells;
    bool valid;
  };
  const std::vector<Row> rows{{"empty", {}, true},
                              {"two buckets", {7, 1, 8, 2}, true},
                              {"half a row", {7, 1, 8}, false},
                              {"same bucket", {7, 1, 7, 2}, false},
                              {"descending", {8, 1, 7, 2}, false},
                              {"negative bucket", {-1, 1}, false},
                              {"negative amount", {7, -1}, false},
                              {"beyond the end of time", {9'000'000'000'000'000'000, 1}, false}};
  for (const Row& row : rows) {
    std::string bytes;
    ArchiveWriter writer(bytes);
    writer(row.cells);
    RollingSums sums;
    ArchiveReader reader(bytes);
    sums.visit_as(kHour, reader);
    EXPECT_EQ(!reader.failed(), row.valid) << row.name;
    EXPECT_EQ(sums.next_change(kHour) != kNever, row.valid && !row.cells.empty()) << row.name;
  }
}

}  // namespace
}  // namespace fusebox::breakers
