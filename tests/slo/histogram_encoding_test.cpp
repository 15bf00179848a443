// The V2 encoding of histograms: golden vectors, round trips and forgeries.
#include <bit>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "base/archive.hpp"
#include "base/base64.hpp"
#include "slo/histogram.hpp"
#include "tests/slo/draw.hpp"

namespace fusebox::slo {
namespace {

constexpr HistogramShape kHour{.lowest = 1, .highest = 3'600'000'000, .digits = 3};

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
  const std::optional<std::string> bytes = base64_decode(GetParam().text);
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
