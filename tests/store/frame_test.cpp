#include "sre/store/detail/frame.hpp"

#include <gtest/gtest.h>

#include "tests/base/draw.hpp"

namespace fusebox::store {
namespace {

constexpr FrameRules kRules{.seed = 7, .payload_max = 100};

std::string framed(std::string_view payload) {
  std::string bytes;
  append_frame(bytes, payload, kRules.seed);
  return bytes;
}

TEST(Frame, IsReadAsItWasWritten) {
  const std::string bytes = framed("order") + framed("next");
  const auto frame = read_frame(bytes, kRules);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->payload, "order");
  EXPECT_EQ(frame->bytes, kFrameHeadBytes + 5);
}

TEST(Frame, OfAnotherFileDoesNotFit) {
  EXPECT_FALSE(read_frame(framed("order"), {.seed = 8, .payload_max = 100}));
}

TEST(Frame, LongerThanAllowedIsDamage) {
  EXPECT_TRUE(read_frame(framed(std::string(100, 'x')), kRules));
  EXPECT_FALSE(read_frame(framed(std::string(101, 'x')), kRules));
}

TEST(Frame, ZerosAreNone) { EXPECT_FALSE(read_frame(std::string(64, '\0'), kRules)); }

TEST(Frame, EveryTruncationAndEveryChangedByteIsSeen) {
  const std::string bytes = framed("an order");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(read_frame(bytes.substr(0, size), kRules)) << size;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int change = 1; change < 256; ++change) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ change);
      ASSERT_FALSE(read_frame(changed, kRules)) << i;
    }
  }
}

TEST(FindFrame, FindsTheNextSoundOneBehindDamage) {
  std::string bytes = framed("first");
  const std::size_t second = bytes.size();
  bytes += framed("second");
  for (std::size_t i = 0; i < second; ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    EXPECT_EQ(find_frame(damaged, kRules), second) << i;
  }
  EXPECT_EQ(find_frame(framed("only"), kRules), std::nullopt);
}

TEST(Frame, NumbersAreLittleEndian) {
  std::string bytes;
  append_u32(bytes, 0x01020304);
  append_u64(bytes, 0x1122334455667788);
  EXPECT_EQ(bytes.substr(0, 5), "\x04\x03\x02\x01\x88");
  EXPECT_EQ(u32_at(bytes, 0), 0x01020304U);
  EXPECT_EQ(u64_at(bytes, 4), 0x1122334455667788U);
}

}  // namespace
}  // namespace fusebox::store
