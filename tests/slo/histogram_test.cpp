#include "slo/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/archive.hpp"
#include "slo/detail/base64.hpp"
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

struct Golden {
  std::string name;
  std::string text;
  void (*fill)(Histogram&);
};
class HistogramGolden : public testing::TestWithParam<Golden> {};

Histogram filled(const Golden& golden) {
  Histogram histogram{kHour};
  golden.fill(histogram);
  return histogram;
}

std::string inflated(const std::string& stream) {
  std::string plain(1 << 16, '\0');
  uLongf size = plain.size();
  uncompress(reinterpret_cast<Bytef*>(plain.data()), &size,
             reinterpret_cast<const Bytef*>(stream.data()), stream.size());
  return plain.substr(0, size);
}

TEST_P(HistogramGolden, IsReadAsTheOthersReadIt) {
  const Result<Histogram> read = Histogram::decode_base64(GetParam().text);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->shape(), kHour);
  EXPECT_EQ(read->encode(), filled(GetParam()).encode());
}

// The vectors come from the implementation in C. Their compressed bytes depend on zlib's level;
// what they inflate to does not.
TEST_P(HistogramGolden, IsWrittenByteForByteAsInC) {
  const std::optional<std::string> bytes = detail::base64_decode(GetParam().text);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(filled(GetParam()).encode(), inflated(bytes->substr(8)));
}

TEST_P(HistogramGolden, ComesBackFromItsOwnEncodings) {
  const Histogram histogram = filled(GetParam());
  const std::string text = histogram.encode_base64();
  EXPECT_THAT(text, testing::StartsWith("HISTFAAAA"));
  for (const auto& read : {Histogram::decode_base64(text), Histogram::decode(histogram.encode())}) {
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(read->encode(), histogram.encode());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Vectors, HistogramGolden,
    testing::Values(
        Golden{"Empty", "HISTFAAAAB94nJNpmSzMwMDAyAABzFAazL82eQmD/QeoAABVhASJ", [](Histogram&) {}},
        Golden{"FiveValues", "HISTFAAAACR4nJNpmSzMwMDAygABzFCaEURcm7yEwf4DVIBtvzELAGr/BYk=",
               [](Histogram& h) { h.record(1, 3), h.record(5'000, 2); }},
        Golden{"OneOutlier", "HISTFAAAACl4nJNpmSzMwMDAyQABzFCaEURcm7yEwf4DROA8/4I5jNM7mJgAjtkHzg==",
               [](Histogram& h) { h.record(1'000, 10'000), h.record(100'000'000); }},
        Golden{"TenThousand",
               "HISTFAAAAEN4nJNpmSzMwCDwmAECmKE0I4i4NnkJg/0HqADTKBgFo2AUjIJRMApGGmAZBaNgFIxYwDEKRs"
               "EoGLFAYNgDJgApnlOb",
               [](Histogram& h) {
                 for (std::int64_t value = 1; value <= 10'000; ++value) h.record(value);
               }}),
    [](const auto& row) { return row.param.name; });

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

TEST(HistogramEncoding, ComesBackForAnyCounts) {
  Draw draw{31};
  for (int round = 0; round < 200; ++round) {
    const HistogramShape shape{1 + draw.below(1'000), 2'000 + (draw.any_size() >> 1),
                               static_cast<int>(1 + draw.below(4))};
    Histogram histogram{shape};
    for (std::int64_t n = draw.below(40); n > 0; --n) {
      const std::int64_t count = 1 + (draw.any_size() >> 8);
      histogram.record(draw.below(shape.highest), count);
    }
    const Result<Histogram> read = Histogram::decode_base64(histogram.encode_base64());
    ASSERT_TRUE(read.has_value()) << read.error().message;
    ASSERT_EQ(read->shape(), shape);
    ASSERT_EQ(read->encode(), histogram.encode());
    ASSERT_EQ(read->total(), histogram.total());
  }
}

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int shift = bytes * 8 - 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

// A plain encoding by hand, to write what no encoder does.
struct Forged {
  std::uint32_t cookie = 0x1c849313;
  std::optional<std::uint32_t> length = std::nullopt;  // the payload's own if absent
  std::uint32_t offset = 0;
  std::uint32_t digits = 3;
  std::int64_t lowest = 1;
  std::int64_t highest = 3'600'000'000;
  std::string payload{"\x02"};  // a single 1

  [[nodiscard]] std::string bytes() const {
    return big_endian(cookie, 4) + big_endian(length.value_or(payload.size()), 4) +
           big_endian(offset, 4) + big_endian(digits, 4) +
           big_endian(static_cast<std::uint64_t>(lowest), 8) +
           big_endian(static_cast<std::uint64_t>(highest), 8) +
           big_endian(std::bit_cast<std::uint64_t>(1.0), 8) + payload;
  }
};

std::string compressed(const std::string& plain) {
  uLongf size = compressBound(plain.size());
  std::string stream(size, '\0');
  compress2(reinterpret_cast<Bytef*>(stream.data()), &size,
            reinterpret_cast<const Bytef*>(plain.data()), plain.size(), 9);
  return big_endian(0x1c849314, 4) + big_endian(size, 4) + stream.substr(0, size);
}

bool refused(std::string_view bytes) {
  const Result<Histogram> read = Histogram::decode(bytes);
  return !read.has_value() && read.error().code == ErrorCode::InvalidHistogram;
}

struct Forgery {
  std::string name;
  Forged forged;
};
class HistogramForgery : public testing::TestWithParam<Forgery> {};

TEST_P(HistogramForgery, IsRefusedPlainAndCompressed) {
  const std::string bytes = GetParam().forged.bytes();
  EXPECT_TRUE(refused(bytes));
  EXPECT_TRUE(refused(compressed(bytes)));
}

// -n as a varint: what stands for n zeros.
std::string zeros(std::uint64_t n) {
  std::uint64_t bits = 2 * n - 1;
  std::string out;
  for (; bits >= 0x80; bits >>= 7) out += static_cast<char>(bits | 0x80);
  return out + static_cast<char>(bits);
}

INSTANTIATE_TEST_SUITE_P(
    Refused, HistogramForgery,
    testing::Values(
        Forgery{"CookieOfVersionZero", {.cookie = 0x1c849308}},
        Forgery{"CookieOfVersionOne", {.cookie = 0x1c849301}},
        Forgery{"CookieOfVersionOneCompressed", {.cookie = 0x1c849302}},
        Forgery{"NoCookie", {.cookie = 0}}, Forgery{"NoDigits", {.digits = 0}},
        Forgery{"SixDigits", {.digits = 6}}, Forgery{"HugeDigits", {.digits = 0xffffffff}},
        Forgery{"LowestZero", {.lowest = 0}}, Forgery{"LowestNegative", {.lowest = -1}},
        Forgery{"HighestBelowTwiceTheLowest", {.lowest = 10, .highest = 19}},
        Forgery{"HighestNegative", {.highest = std::numeric_limits<std::int64_t>::min()}},
        Forgery{"UnitTooLarge", {.lowest = 1LL << 55, .highest = 1LL << 60}},
        Forgery{"LengthInflated", {.length = 2}}, Forgery{"LengthDeflated", {.length = 0}},
        Forgery{"LengthHuge", {.length = 0xffffffff}}, Forgery{"VarintCutOff", {.payload = "\x80"}},
        Forgery{"VarintCutOffLate", {.payload = "\xff\xff\xff\xff\xff\xff\xff\xff"}},
        Forgery{"ZerosPastTheEnd", {.payload = zeros(23'553)}},
        Forgery{"CountPastTheEnd", {.payload = zeros(23'552) + "\x02"}},
        Forgery{"ZerosForEver", {.payload = "\xff\xff\xff\xff\xff\xff\xff\xff\xff"}},
        Forgery{"CountOfTwoToThe62", {.payload = "\x80\x80\x80\x80\x80\x80\x80\x80\x80"}},
        Forgery{"TotalPastTheEnd",
                {.payload = "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"
                            "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"
                            "\x04"}}),
    [](const auto& row) { return row.param.name; });

TEST(HistogramDecode, TakesTheLargestThatIsAllowed) {
  // The counterparts of the refusals above: one step on this side of the edge.
  for (const Forged& forged : {Forged{}, Forged{.payload = ""}, Forged{.payload = zeros(23'552)},
                               Forged{.payload = zeros(23'551) + "\x02"},
                               Forged{.payload = "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"
                                                 "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f"
                                                 "\x02"}}) {
    EXPECT_TRUE(Histogram::decode(forged.bytes()).has_value());
    EXPECT_TRUE(Histogram::decode(compressed(forged.bytes())).has_value());
  }
}

TEST(HistogramDecode, DoesNotLookAtTheOffset) {  // hdr-histogram-js writes 1
  EXPECT_TRUE(Histogram::decode(Forged{.offset = 1}.bytes()).has_value());
}

TEST(HistogramDecode, RefusesEveryTruncation) {
  Histogram histogram{kHour};
  for (std::int64_t value = 1; value <= 1'000; ++value) histogram.record(value * 17, value);
  const std::string plain = histogram.encode();
  const std::string packed = compressed(plain);
  for (std::size_t size = 0; size < plain.size(); ++size) {
    ASSERT_TRUE(refused(std::string_view{plain}.substr(0, size))) << size;
  }
  for (std::size_t size = 0; size < packed.size(); ++size) {
    ASSERT_TRUE(refused(std::string_view{packed}.substr(0, size))) << size;
    if (size < 8) continue;
    // With a length that hides it: the stream itself is cut.
    ASSERT_TRUE(
        refused(big_endian(0x1c849314, 4) + big_endian(size - 8, 4) + packed.substr(8, size - 8)))
        << size;
  }
}

TEST(HistogramDecode, RefusesWhatFollows) {
  const std::string plain = Forged{}.bytes();
  EXPECT_TRUE(refused(plain + '\0'));
  EXPECT_TRUE(refused(compressed(plain) + '\0'));
  EXPECT_TRUE(refused(compressed(plain + '\0')));
}

TEST(HistogramDecode, RefusesADamagedChecksum) {
  std::string packed = compressed(Forged{}.bytes());
  packed.back() = static_cast<char>(packed.back() ^ 1);
  EXPECT_TRUE(refused(packed));
}

TEST(HistogramDecode, InflatesNoMoreThanTheShapeNeeds) {
  // 64 MB of single zeros for a histogram of 224 slots: refused by the header, or by the 225th.
  Forged bomb{.digits = 1, .highest = 100'000, .payload = std::string(64'000'000, '\0')};
  EXPECT_TRUE(refused(compressed(bomb.bytes())));
  bomb.length = 225;
  EXPECT_TRUE(refused(compressed(bomb.bytes())));
  bomb.length = 224;
  EXPECT_TRUE(refused(compressed(bomb.bytes())));  // the rest is not looked at
}

TEST(HistogramDecode, RefusesWhatIsNotBase64) {
  const std::string text = "HISTFAAAACR4nJNpmSzMwMDAygABzFCaEURcm7yEwf4DVIBtvzELAGr/BYk=";
  ASSERT_TRUE(Histogram::decode_base64(text).has_value());
  for (std::string wrong :
       {text.substr(0, text.size() - 1), text + "A", text + "====", "=" + text.substr(1),
        text.substr(0, 8) + "*" + text.substr(9), text.substr(0, 8) + "\n" + text.substr(9),
        std::string{}, text.substr(0, text.size() - 2) + "l="}) {
    EXPECT_FALSE(Histogram::decode_base64(wrong).has_value()) << wrong;
  }
}

TEST(HistogramArchive, ComesBackAndRefusesAnotherShape) {
  Histogram histogram{kHour};
  histogram.record(12'345, 6);
  std::string bytes;
  ArchiveWriter writer{bytes};
  writer(histogram);

  Histogram same{kHour};
  ArchiveReader reader{bytes};
  reader(same);
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(same.encode(), histogram.encode());

  Histogram other{{1, 3'600'000'000, 2}};
  other.record(1);
  ArchiveReader again{bytes};
  again(other);
  EXPECT_TRUE(again.failed());
  EXPECT_EQ(other.total(), 0);
}

}  // namespace
}  // namespace fusebox::slo
