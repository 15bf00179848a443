#include "base/archive.hpp"

#include <bit>

#include <gtest/gtest.h>

#include "tests/base/count_allocations.hpp"
#include "tests/base/draw.hpp"

namespace fusebox {
namespace {

enum class Color : std::uint8_t { Red, Green, Blue };
constexpr Color last_of(Color) { return Color::Blue; }

// One of everything that an archive can hold, and itself.
struct Everything {
  bool flag = false;
  std::int16_t tiny = 0;
  std::uint8_t byte = 0;
  std::int32_t medium = 0;
  std::int64_t large = 0;
  std::uint64_t unsigned_large = 0;
  double number = 0;
  std::string text;
  Color color = Color::Red;
  Instant at{};
  Duration duration{};
  MicroUsd money;
  std::optional<std::string> maybe;
  std::pair<std::int64_t, std::string> pair;
  std::array<std::int64_t, 3> triple{};
  std::deque<std::int32_t> queue;
  std::map<std::string, std::int64_t> map;
  std::vector<Everything> children;

  template <class Archive>
  void visit(Archive& archive) {
    archive(flag, tiny, byte, medium, large, unsigned_large, number, text, color, at, duration,
            money, maybe, pair, triple, queue, map, children);
  }
  friend bool operator==(const Everything&, const Everything&) = default;
};

Everything random_everything(Draw& draw, int depth) {
  Everything out;
  out.flag = draw.below(2) == 0;
  out.tiny = static_cast<std::int16_t>(draw.bits());
  out.byte = static_cast<std::uint8_t>(draw.bits());
  out.medium = static_cast<std::int32_t>(draw.bits());
  out.large = draw.any();
  out.unsigned_large = draw.bits();
  out.number = static_cast<double>(draw.any()) / 1024;
  out.text = draw.bytes(20);
  out.color = static_cast<Color>(draw.below(3));
  out.at = from_ns(draw.any());
  out.duration = Duration{draw.any()};
  out.money = MicroUsd{draw.any()};
  if (draw.below(2) == 0) out.maybe = draw.bytes(5);
  out.pair = {draw.any(), draw.bytes(5)};
  for (auto& value : out.triple) value = draw.any();
  for (auto left = draw.below(4); left > 0; --left) out.queue.push_back(1 << draw.below(31));
  for (auto left = draw.below(4); left > 0; --left) out.map[draw.bytes(6)] = draw.any();
  for (auto left = depth > 0 ? draw.below(4) : 0; left > 0; --left) {
    out.children.push_back(random_everything(draw, depth - 1));
  }
  return out;
}

template <class T>
std::string written(const T& value) {
  std::string bytes;
  ArchiveWriter writer(bytes);
  writer(value);
  return bytes;
}

template <class T>
struct Restored {
  T value{};
  bool failed = false;
  bool at_end = false;
};

template <class T>
Restored<T> restored(std::string_view bytes) {
  Restored<T> out;
  ArchiveReader reader(bytes);
  reader(out.value);
  out.failed = reader.failed();
  out.at_end = reader.at_end();
  return out;
}

TEST(Archive, WhatIsWrittenIsRead) {
  Draw draw(1);
  for (int round = 0; round < 300; ++round) {
    const Everything value = random_everything(draw, 2);
    const auto back = restored<Everything>(written(value));
    ASSERT_FALSE(back.failed) << round;
    ASSERT_TRUE(back.at_end) << round;
    ASSERT_TRUE(back.value == value) << round;
  }
}

template <class T>
void expect_exact(T value) {
  const auto back = restored<T>(written(value));
  EXPECT_FALSE(back.failed);
  EXPECT_TRUE(back.at_end);
  EXPECT_EQ(back.value, value);
}

TEST(Archive, IntegersKeepTheirExtremes) {
  expect_exact(std::numeric_limits<std::int64_t>::min());
  expect_exact(std::numeric_limits<std::int64_t>::max());
  expect_exact(std::numeric_limits<std::uint64_t>::max());
  expect_exact(std::numeric_limits<std::int16_t>::min());
  expect_exact(std::uint32_t{4'000'000'000});
}

TEST(Archive, DoublesKeepTheirBits) {
  for (const double value :
       {0.0, -0.0, 0.1, -1e308, 5e-324, std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN()}) {
    const auto back = restored<double>(written(value));
    EXPECT_EQ(std::bit_cast<std::uint64_t>(back.value), std::bit_cast<std::uint64_t>(value));
  }
}

TEST(Archive, SmallIntegersAreOneByte) {
  EXPECT_EQ(written(std::int64_t{0}), std::string(1, '\0'));
  EXPECT_EQ(written(std::int64_t{-1}), "\x01");
  EXPECT_EQ(written(std::int64_t{1}), "\x02");
  EXPECT_EQ(written(std::int64_t{-64}), "\x7F");
  EXPECT_EQ(written(std::int64_t{64}), "\x80\x01");
}

TEST(Archive, EveryTruncationFailsAndAllocatesNoMoreThanIsThere) {
  Draw draw(2);
  const std::string bytes = written(random_everything(draw, 2));
  ASSERT_GT(bytes.size(), 500U);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    allocations = {};
    const auto back = restored<Everything>(std::string_view(bytes).substr(0, length));
    ASSERT_TRUE(back.failed) << length;
    // A child is two bytes at least and a few hundred in memory, doubled by growth.
    ASSERT_LT(allocations.bytes, 4096 + 2 * sizeof(Everything) * length) << length;
  }
}

TEST(Archive, DamagedBytesNeverReadPastTheEnd) {
  Draw draw(3);
  const std::string bytes = written(random_everything(draw, 2));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(draw.bits());
    allocations = {};
    static_cast<void>(restored<Everything>(damaged));
    ASSERT_LT(allocations.bytes, 4096 + 2 * sizeof(Everything) * bytes.size()) << i;
  }
}

TEST(Archive, NoiseIsReadWithoutHarm) {
  Draw draw(4);
  for (int round = 0; round < 2000; ++round) {
    const std::string noise = draw.bytes(200);
    allocations = {};
    static_cast<void>(restored<Everything>(noise));
    ASSERT_LT(allocations.bytes, 4096 + 2 * sizeof(Everything) * 200);
  }
}

// A count of 2^62 in front of three bytes.
TEST(Archive, AnInflatedCountFailsBeforeItAllocates) {
  const std::string huge =
      "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x3F"
      "abc";
  allocations = {};
  EXPECT_TRUE(restored<std::string>(huge).failed);
  EXPECT_TRUE(restored<std::vector<std::int64_t>>(huge).failed);
  EXPECT_TRUE((restored<std::map<std::string, std::int64_t>>(huge).failed));
  EXPECT_EQ(allocations.bytes, 0U);
}

TEST(Archive, ValuesOutOfRangeFailAndReadAsDefaults) {
  const auto narrow = restored<std::int16_t>(written(std::int64_t{32'768}));
  EXPECT_TRUE(narrow.failed);
  EXPECT_EQ(narrow.value, 0);
  EXPECT_TRUE(restored<std::uint32_t>(written(std::int64_t{-1})).failed);
  const auto color = restored<Color>(written(std::int64_t{3}));
  EXPECT_TRUE(color.failed);
  EXPECT_EQ(color.value, Color::Red);
  EXPECT_TRUE(restored<Color>(written(std::int64_t{-1})).failed);
  EXPECT_TRUE(restored<bool>(std::string_view("\x02")).failed);
}

TEST(Archive, VarintsAboveSixtyFourBitsFail) {
  const std::string most(9, '\xFF');
  EXPECT_FALSE(restored<std::int64_t>(most + "\x01").failed);
  EXPECT_TRUE(restored<std::int64_t>(most + "\x02").failed);
  EXPECT_TRUE(restored<std::int64_t>(most + "\xFF\x01").failed);
}

TEST(Archive, AFailureStays) {
  ArchiveReader reader("");
  std::int64_t value = 5;
  reader(value);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(value, 0);
  ArchiveReader told("\x02");
  told.fail();
  told(value);
  EXPECT_TRUE(told.failed());
}

}  // namespace
}  // namespace fusebox
