#include "base/text.hpp"

#include <array>
#include <cstring>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tests/base/draw.hpp"

namespace fusebox {
namespace {

TEST(Utf8, AcceptsEveryLengthAndItsLimits) {
  for (const std::string text :
       {"", "plain", "é", "€", "😀", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(find_invalid_utf8(text), std::nullopt) << text;
  }
  EXPECT_EQ(find_invalid_utf8(std::string(3, '\0')), std::nullopt);
}

TEST(Utf8, NamesTheFirstWrongByte) {
  const std::vector<std::pair<std::string, std::size_t>> rows{
      {"ab\x80", 2},             // continuation without a lead
      {"\xC0\x80", 0},           // overlong NUL
      {"\xC1\xBF", 0},           // overlong
      {"\xE0\x9F\xBF", 0},       // overlong
      {"\xF0\x8F\xBF\xBF", 0},   // overlong
      {"€\xED\xA0\x80", 3},      // surrogate
      {"\xED\xBF\xBF", 0},       // surrogate
      {"\xF4\x90\x80\x80", 0},   // above U+10FFFF
      {"\xF5\x80\x80\x80", 0},   //
      {"\xFF", 0},               //
      {"a\xC3", 1},              // cut
      {"a\xE2\x82", 1},          // cut
      {"a\xF0\x9F\x98", 1},      // cut
      {"\xE2\x28\xA1", 0},       // a lead and no continuation
      {"\xE2\x82\x28", 0},       //
      {"\xF0\x9F\x98\x28", 0}};  //
  for (const auto& [text, offset] : rows) EXPECT_EQ(find_invalid_utf8(text), offset) << offset;
}

// Every sequence of up to three bytes, against the encoding of every character.
TEST(Utf8, AcceptsExactlyTheEncodingsOfCharacters) {
  std::set<std::string> valid;
  for (unsigned c = 0; c < 0x10000; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    if (c < 0x80) {
      text = {static_cast<char>(c)};
    } else if (c < 0x800) {
      text = {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else {
      text = {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
              static_cast<char>(0x80 | (c & 63))};
    }
    valid.insert(text);
  }
  for (unsigned lead = 0x80; lead < 0xF0; ++lead) {
    for (unsigned second = 0x70; second < 0xD0; ++second) {
      const std::string two{static_cast<char>(lead), static_cast<char>(second)};
      if (lead < 0xE0) {
        ASSERT_EQ(!find_invalid_utf8(two), valid.contains(two)) << lead << " " << second;
        continue;
      }
      for (unsigned third = 0x70; third < 0xD0; ++third) {
        const std::string three = two + static_cast<char>(third);
        ASSERT_EQ(!find_invalid_utf8(three), valid.contains(three)) << lead << " " << second;
      }
    }
  }
}

TEST(Nearest, FindsWhatWasMeant) {
  constexpr std::array<std::string_view, 5> kNames{"agent", "target", "tenant", "tool", "task"};
  EXPECT_EQ(nearest("taget", kNames), "target");
  EXPECT_EQ(nearest("agents", kNames), "agent");
  EXPECT_EQ(nearest("tol", kNames), "tool");
  EXPECT_EQ(nearest("tenat", kNames), "tenant");
  EXPECT_EQ(nearest("agent", kNames), "agent");
}

TEST(Nearest, SaysNothingWhereNothingIsNear) {
  constexpr std::array<std::string_view, 2> kNames{"agent", "tool"};
  EXPECT_EQ(nearest("frequency", kNames), "");
  EXPECT_EQ(nearest("xyz", kNames), "");
  EXPECT_EQ(nearest(std::string(1000, 'a'), kNames), "");
  EXPECT_EQ(nearest("agent", {}), "");
}

TEST(Nearest, TheFirstOfEquallyNearOnesIsTaken) {
  constexpr std::array<std::string_view, 2> kNames{"bat", "cat"};
  EXPECT_EQ(nearest("rat", kNames), "bat");
}

TEST(JoinOr, ReadsAsASentence) {
  constexpr std::array<std::string_view, 3> kWords{"a", "b", "c"};
  const std::span<const std::string_view> words(kWords);
  EXPECT_EQ(join_or(words.first(0)), "");
  EXPECT_EQ(join_or(words.first(1)), "a");
  EXPECT_EQ(join_or(words.first(2)), "a or b");
  EXPECT_EQ(join_or(words), "a, b or c");
}

TEST(StableHash, NeverChanges) {
  EXPECT_EQ(stable_hash(""), 2358710677322311236U);
  EXPECT_EQ(stable_hash("agent"), 4417460780513933394U);
  EXPECT_EQ(stable_hash("a longer text of several words", 7), 2673537454466801439U);
}

// The slow and obvious way: zero-padded words of eight bytes, each multiplied and folded.
std::uint64_t hash_by_words(const std::string& bytes) {
  __extension__ typedef unsigned __int128 Uint128;  // NOLINT: `using` takes no __extension__
  constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15;
  std::string padded = bytes;
  padded.resize((bytes.size() + 7) / 8 * 8);
  padded.append(reinterpret_cast<const char*>(&kMultiplier), sizeof kMultiplier);
  std::uint64_t hash = bytes.size() * kMultiplier;
  for (std::size_t at = 0; at < padded.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, padded.data() + at, sizeof word);
    const Uint128 product = Uint128{hash ^ word} * kMultiplier;
    hash = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^ word;
  }
  return hash;
}

TEST(StableHash, IsThatOfZeroPaddedWordsAtEveryLength) {
  Draw draw(3);
  for (std::size_t length = 0; length < 64; ++length) {
    std::string bytes = draw.bytes(600);
    bytes.resize(length, 'x');
    EXPECT_EQ(stable_hash(bytes), hash_by_words(bytes)) << length;
  }
}

TEST(StableHash, TellsLengthsSeedsAndTailsApart) {
  std::set<std::uint64_t> seen;
  std::string zeros;
  for (int length = 0; length < 40; ++length, zeros += '\0') {
    EXPECT_TRUE(seen.insert(stable_hash(zeros)).second) << length;
    EXPECT_TRUE(seen.insert(stable_hash(zeros, 1)).second) << length;
  }
}

// 100,000 short keys that differ in few bits: a 64-bit hash should see no collision (odds 3e-10),
// and its low 12 bits should fill evenly.
TEST(StableHash, SpreadsSimilarKeys) {
  std::set<std::uint64_t> seen;
  std::vector<int> buckets(4096);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t hash = stable_hash("agent-" + std::to_string(i));
    ASSERT_TRUE(seen.insert(hash).second) << i;
    ++buckets[hash % buckets.size()];
  }
  // Mean 24.4, standard deviation 4.9: eight of them is far outside chance.
  for (const int count : buckets) ASSERT_LT(count, 64);
}

}  // namespace
}  // namespace fusebox
