#include "slo/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/slo/draw.hpp"

namespace fusebox::slo {
namespace {

constexpr HistogramShape kHour{.lowest = 1, .highest = 3'600'000'000, .digits = 3};

// Sums printed with this many digits in their sources.
constexpr double kPrinted = 1e-6;

struct Slot {
  std::int64_t value;
  std::size_t index;
  std::int64_t lowest;
  std::int64_t width;
};
class HistogramIndex : public testing::TestWithParam<Slot> {};

TEST_P(HistogramIndex, IsThatOfTheOtherImplementations) {
  const HistogramLayout layout{kHour};
  const Slot& slot = GetParam();
  EXPECT_EQ(layout.index_of(slot.value), slot.index);
  EXPECT_EQ(layout.lowest_at(slot.index), slot.lowest);
  EXPECT_EQ(layout.width_at(slot.index), slot.width);
}

INSTANTIATE_TEST_SUITE_P(Vectors, HistogramIndex,
                         testing::Values(Slot{0, 0, 0, 1}, Slot{1, 1, 1, 1},
                                         Slot{2'047, 2'047, 2'047, 1}, Slot{2'048, 2'048, 2'048, 2},
                                         Slot{2'049, 2'048, 2'048, 2}, Slot{4'095, 3'071, 4'094, 2},
                                         Slot{4'096, 3'072, 4'096, 4},
                                         Slot{10'000, 4'322, 10'000, 8},
                                         Slot{1'000'000, 11'169, 999'936, 512},
                                         Slot{3'600'000'000, 23'220, 3'598'712'832, 2'097'152}),
                         [](const auto& row) { return std::to_string(row.param.value); });

TEST(HistogramLayout, HasTheSizesOfTheTable) {
  // Slots x 8 bytes, as the other implementations allocate them.
  const std::map<std::int64_t, std::vector<std::size_t>> bytes{
      {100'000, {1'792, 11'264, 65'536, 524'288}},
      {3'600'000, {2'432, 16'384, 106'496, 1'179'648}},
      {3'600'000'000, {3'712, 26'624, 188'416, 2'490'368}},
      {86'400'000'000, {4'352, 31'744, 229'376, 3'145'728}}};
  for (const auto& [highest, sizes] : bytes) {
    for (int digits = 1; digits <= 4; ++digits) {
      const HistogramLayout layout{{1, highest, digits}};
      EXPECT_EQ(layout.slots() * 8, sizes[static_cast<std::size_t>(digits - 1)]);
    }
  }
}

TEST(HistogramLayout, GivesEveryValueOneSlotOfItsPrecision) {
  for (const HistogramShape shape : {HistogramShape{1, 2, 1},
                                     {1, 3'600'000'000, 3},
                                     {1'000, 3'600'000'000, 2},
                                     {7, 1'000'000, 5},
                                     {1, std::numeric_limits<std::int64_t>::max(), 5},
                                     {std::int64_t{1} << 50, std::int64_t{1} << 60, 3}}) {
    const HistogramLayout layout{shape};
    ASSERT_GE(layout.max_value(), shape.highest);
    std::int64_t next = 0;
    for (std::size_t index = 0; index < layout.slots(); ++index) {
      ASSERT_EQ(layout.lowest_at(index), next);
      ASSERT_EQ(layout.index_of(next), index);
      ASSERT_EQ(layout.index_of(layout.highest_at(index)), index);
      next = layout.highest_at(index) == layout.max_value() ? 0 : layout.highest_at(index) + 1;
    }
    ASSERT_EQ(next, 0) << "the last slot ends at max_value()";
  }
}

TEST(HistogramShape, IsCheckedForItsRanges) {
  EXPECT_TRUE(is_valid(kHour));
  EXPECT_TRUE(is_valid({1, 2, 1}));
  EXPECT_FALSE(is_valid({0, 2, 1}));
  EXPECT_FALSE(is_valid({1, 1, 1}));
  EXPECT_FALSE(is_valid({100, 199, 1}));
  EXPECT_FALSE(is_valid({1, 1'000, 0}));
  EXPECT_FALSE(is_valid({1, 1'000, 6}));
  EXPECT_FALSE(is_valid({std::int64_t{1} << 61, std::int64_t{1} << 62, 1}));
}

TEST(HistogramRecord, RefusesWhatHasNoSlotAndCountsNothing) {
  Histogram histogram{kHour};
  EXPECT_FALSE(histogram.record(-1));
  EXPECT_FALSE(histogram.record(std::numeric_limits<std::int64_t>::min()));
  EXPECT_FALSE(histogram.record((std::int64_t{1} << 32)));
  EXPECT_FALSE(histogram.record_corrected(-1, 10));
  EXPECT_EQ(histogram.total(), 0);
  EXPECT_TRUE(histogram.record((std::int64_t{1} << 32) - 1));
  EXPECT_EQ(histogram.max(), (std::int64_t{1} << 32) - 1);
}

TEST(HistogramRecord, AnEmptyOneAnswersZero) {
  const Histogram histogram{kHour};
  EXPECT_EQ(histogram.total(), 0);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.stddev(), 0);
  EXPECT_EQ(histogram.value_at_percentile(99), 0);
}

TEST(HistogramRecord, CarriesPastThirtyOneBits) {
  Histogram histogram{kHour};
  const std::int64_t edge = std::int64_t{1} << 31;
  histogram.record(5, edge - 1);
  EXPECT_EQ(histogram.count_at(5), edge - 1);
  histogram.record(5);
  EXPECT_EQ(histogram.count_at(5), edge);
  histogram.record(5, 3 * edge + 7);
  histogram.record(6);
  EXPECT_EQ(histogram.count_at(5), 4 * edge + 7);
  EXPECT_EQ(histogram.total(), 4 * edge + 8);
  EXPECT_EQ(histogram.value_at_percentile(99.9), 5);
  EXPECT_EQ(histogram.max(), 6);
}

TEST(HistogramRecord, CountsStopShortOfOverflow) {
  Histogram histogram{kHour};
  const std::int64_t most = std::numeric_limits<std::int64_t>::max() - 10;
  for (const std::int64_t value : {1, 1, 1, 2, 2, 3, 3}) histogram.record(value, most / 2);
  EXPECT_LT(histogram.count_at(1), std::int64_t{1} << 62);
  EXPECT_EQ(histogram.total(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(histogram.max(), 3);
}

TEST(HistogramMemory, AppearsRowByRow) {
  Histogram histogram{kHour};
  const std::size_t empty = histogram.memory_bytes();
  EXPECT_LE(empty, 600u);
  histogram.record(10'000);
  histogram.record(16'000);
  EXPECT_EQ(histogram.memory_bytes(), empty + 4'096);
  histogram.record(1);
  EXPECT_EQ(histogram.memory_bytes(), empty + 2 * 4'096);
}

TEST(HistogramPercentile, FollowsTheNearestRankRuleOfJava) {
  Histogram histogram{kHour};
  for (std::int64_t value = 1; value <= 10; ++value) histogram.record(value);
  const std::map<double, std::int64_t> expected{{0, 1},    {5, 1},  {10, 1},  {32, 4},
                                                {35, 4},   {50, 5}, {94, 10}, {95, 10},
                                                {100, 10}, {-3, 1}, {400, 10}};
  for (const auto& [percentile, value] : expected) {
    EXPECT_EQ(histogram.value_at_percentile(percentile), value) << percentile;
  }
  EXPECT_EQ(histogram.value_at_percentile(std::nan("")), 1);
}

TEST(HistogramPercentile, AProductThatRoundsUpDoesNotCountAsTheNextRank) {
  // In doubles, 9.090909090909092 x 11 / 100 is above 1, and 99.9 x 41000 / 100 above 40959.
  Histogram eleven{kHour};
  for (std::int64_t value = 1; value <= 11; ++value) eleven.record(value);
  EXPECT_EQ(eleven.value_at_percentile(100.0 / 11), 1);
  EXPECT_EQ(eleven.value_at_percentile(200.0 / 11), 2);
  Histogram many{kHour};
  many.record(1, 40'959);
  many.record(2, 41);
  EXPECT_EQ(many.value_at_percentile(99.9), 1);
}

TEST(HistogramPercentile, ZeroIsTheLowerEndOfTheFirstSlot) {
  Histogram histogram{kHour};
  histogram.record(10'003);
  EXPECT_EQ(histogram.value_at_percentile(0), 10'000);
  EXPECT_EQ(histogram.min(), 10'000);
  EXPECT_EQ(histogram.value_at_percentile(1e-9), 10'007);
  EXPECT_EQ(histogram.max(), 10'007);
}

TEST(HistogramPercentile, AgreesWithTheSortedList) {
  Draw draw{11};
  for (int round = 0; round < 60; ++round) {
    const HistogramShape shape{1, std::numeric_limits<std::int64_t>::max(),
                               static_cast<int>(1 + draw.below(3))};
    Histogram histogram{shape};
    std::vector<std::int64_t> sorted;
    for (std::int64_t n = 1 + draw.below(3'000); n > 0; --n) {
      sorted.push_back(draw.any_size());
      ASSERT_TRUE(histogram.record(sorted.back()));
    }
    std::sort(sorted.begin(), sorted.end());
    std::vector<double> percentiles;
    for (int i = 0; i < 7; ++i) percentiles.push_back(static_cast<double>(draw.below(1'001)) / 10);
    std::sort(percentiles.begin(), percentiles.end());
    std::vector<std::int64_t> values(percentiles.size());
    histogram.values_at_percentiles(percentiles, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      // Per mille are exact, so the rank is a division of whole numbers.
      const auto permille = static_cast<std::size_t>(std::lround(percentiles[i] * 10));
      const std::size_t rank = std::max<std::size_t>(1, (permille * sorted.size() + 999) / 1'000);
      const HistogramLayout& layout = histogram.layout();
      const std::size_t index = layout.index_of(sorted[rank - 1]);
      const bool lower_end = percentiles[i] == 0;
      ASSERT_EQ(values[i], lower_end ? layout.lowest_at(index) : layout.highest_at(index))
          << percentiles[i] << " of " << sorted.size();
    }
  }
}

TEST(HistogramCorrected, CoordinatedOmissionHasTheKnownNumbers) {
  Histogram corrected{kHour};
  Histogram plain{kHour};
  for (int i = 0; i < 10'000; ++i) {
    corrected.record_corrected(1'000, 10'000);
    plain.record(1'000);
  }
  corrected.record_corrected(100'000'000, 10'000);
  plain.record(100'000'000);
  EXPECT_EQ(corrected.total(), 20'000);
  const std::vector<double> percentiles{50, 90, 95, 99, 99.9, 99.99};
  std::vector<std::int64_t> values(percentiles.size());
  corrected.values_at_percentiles(percentiles, values);
  EXPECT_THAT(values, testing::ElementsAre(1'000, 80'019'455, 90'046'463, 98'041'855, 99'811'327,
                                           100'007'935));
  EXPECT_NEAR(corrected.mean(), 25'003'006.6994, 1e-4);
  EXPECT_NEAR(corrected.stddev(), 32'276'410.48, 1e-2);
  EXPECT_EQ(plain.total(), 10'001);
  EXPECT_EQ(plain.value_at_percentile(99.99), 1'000);
  EXPECT_NEAR(plain.mean(), 10'996.417158, kPrinted);
  EXPECT_NEAR(plain.stddev(), 999'641.715828, kPrinted);
}

TEST(HistogramCorrected, IsTheSameAsOneByOne) {
  Draw draw{5};
  for (int round = 0; round < 200; ++round) {
    const std::int64_t interval = 1 + draw.below(5'000);
    const std::int64_t value = draw.below(1'000'000);
    Histogram fast{kHour};
    Histogram slow{kHour};
    fast.record_corrected(value, interval);
    slow.record(value);
    for (std::int64_t v = value - interval; v >= interval; v -= interval) slow.record(v);
    ASSERT_EQ(fast.encode(), slow.encode()) << value << " each " << interval;
  }
}

TEST(HistogramCorrected, StopsAtTheIntervalWithinASlotToo) {
  Histogram histogram{{1'000, 1'000'000, 2}};  // slots of 512
  histogram.record_corrected(100, 10);
  EXPECT_EQ(histogram.total(), 10);  // 100, 90, … 10
}

TEST(HistogramCorrected, ATinyIntervalTakesNoTime) {
  Histogram histogram{{1, std::numeric_limits<std::int64_t>::max(), 2}};
  EXPECT_TRUE(histogram.record_corrected(std::int64_t{1} << 61, 1));
  EXPECT_EQ(histogram.total(), std::int64_t{1} << 61);
  EXPECT_TRUE(histogram.record_corrected(100, 0));
  EXPECT_EQ(histogram.total(), (std::int64_t{1} << 61) + 1);
}

TEST(HistogramMerge, T15_ThePercentileOfTheWholeIsNoMeanOfPercentiles) {
  Histogram whole{kHour};
  Histogram slow{kHour};
  whole.record(10, 1'000);
  slow.record(1'000, 10);
  whole.merge(slow);
  EXPECT_EQ(whole.total(), 1'010);
  EXPECT_EQ(whole.value_at_percentile(99), 10);
  EXPECT_EQ(whole.max(), 1'000);
}

TEST(HistogramMerge, IsTheSameAsRecordingBoth) {
  Draw draw{23};
  const HistogramShape shape{1, std::int64_t{1} << 40, 2};
  for (int round = 0; round < 100; ++round) {
    Histogram left{shape};
    Histogram right{shape};
    Histogram both{shape};
    for (int i = 0; i < 300; ++i) {
      const std::int64_t value = draw.any_size() & ((std::int64_t{1} << 40) - 1);
      const std::int64_t count = draw.one_in(4) ? draw.below(std::int64_t{1} << 33) : 1;
      (draw.one_in(2) ? left : right).record(value, count);
      both.record(value, count);
    }
    left.merge(right);
    ASSERT_EQ(left.encode(), both.encode());
    left.merge(left);
    ASSERT_EQ(left.total(), 2 * both.total());
  }
}

TEST(HistogramGoldenNumbers, AreThoseOfTheOtherImplementations) {
  Histogram histogram{kHour};
  histogram.record(1, 3);
  histogram.record(5'000, 2);
  EXPECT_EQ(histogram.total(), 5);
  EXPECT_EQ(histogram.value_at_percentile(50), 1);
  EXPECT_EQ(histogram.value_at_percentile(90), 5'003);
  EXPECT_EQ(histogram.max(), 5'003);
  EXPECT_NEAR(histogram.mean(), 2'001.4, kPrinted);

  Histogram steps{kHour};
  for (std::int64_t value = 1; value <= 10'000; ++value) steps.record(value);
  const std::vector<double> percentiles{50, 90, 95, 99, 99.9, 99.99};
  std::vector<std::int64_t> values(percentiles.size());
  steps.values_at_percentiles(percentiles, values);
  EXPECT_THAT(values, testing::ElementsAre(5'003, 9'007, 9'503, 9'903, 9'991, 9'999));
  EXPECT_EQ(steps.max(), 10'007);
  EXPECT_NEAR(steps.mean(), 5'000.898, kPrinted);
  EXPECT_NEAR(steps.stddev(), 2'886.892667, kPrinted);
}

}  // namespace
}  // namespace fusebox::slo
