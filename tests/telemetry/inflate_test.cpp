// gzip made by another library comes back whole, or is refused.
#include "telemetry/inflate.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/base/count_allocations.hpp"
#include "tests/base/draw.hpp"

namespace fusebox::telemetry {
namespace {

constexpr std::size_t kLimit = 64 << 20;

std::string gzip(std::string_view text, int level = 6) {
  std::string out(compressBound(static_cast<uLong>(text.size())) + 64, '\0');
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string input(text);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string error_of(std::string_view compressed, std::size_t limit = kLimit) {
  Inflater inflater;
  const auto text = inflater.gunzip(compressed, limit);
  return text ? "" : code_text(text.error().code);
}

TEST(Inflate, WhatWasCompressedComesBack) {
  Draw draw(7);
  Inflater inflater;
  for (const std::size_t size : {0U, 1U, 1000U, 4096U, 4097U, 100'000U, 3'000'000U}) {
    std::string text(size, 'x');
    for (char& c : text) c = static_cast<char>('a' + draw.below(4));
    for (const int level : {0, 1, 9}) {
      const auto back = inflater.gunzip(gzip(text, level), kLimit);
      ASSERT_TRUE(back.has_value()) << size;
      EXPECT_EQ(*back, text);
    }
  }
}

TEST(Inflate, SeveralMembersAreOneBody) {
  Inflater inflater;
  std::string compressed;
  std::string text;
  for (const std::size_t size : {3U, 0U, 50'000U, 200'000U, 2U}) {
    const std::string part(size, static_cast<char>('a' + size % 26));
    compressed += gzip(part);
    text += part;
  }
  EXPECT_EQ(*inflater.gunzip(compressed, kLimit), text);
  EXPECT_EQ(*inflater.gunzip(compressed, text.size()), text);
  EXPECT_EQ(error_of(compressed, text.size() - 1), "E0002");
}

TEST(Inflate, TheLimitIsOnWhatComesOut) {
  const std::string exact = gzip(std::string(100'000, 'x'));
  EXPECT_EQ(error_of(exact, 100'000), "");
  EXPECT_EQ(error_of(exact, 99'999), "E0002");
  EXPECT_EQ(error_of(gzip(""), 0), "");
  EXPECT_EQ(error_of(gzip("x"), 0), "E0002");
}

TEST(Inflate, ABombCostsNoMoreThanTheLimit) {
  const std::string bomb = gzip(std::string(32 << 20, '\0'), 9);
  ASSERT_LT(bomb.size(), 40'000U);
  Inflater inflater;
  const std::size_t before = allocations.bytes;
  const auto text = inflater.gunzip(bomb, 1 << 20);
  EXPECT_EQ(text.error().code, ErrorCode::TooLarge);
  EXPECT_LT(allocations.bytes - before, std::size_t{3} << 20);
}

// The trailer's length is a hint that anybody can forge.
TEST(Inflate, AForgedLengthIsAnErrorAndNotMemory) {
  std::string forged = gzip("hello");
  forged.replace(forged.size() - 4, 4, "\xff\xff\xff\x7f");
  const std::size_t before = allocations.bytes;
  EXPECT_EQ(error_of(forged), "E0011");
  EXPECT_LT(allocations.bytes - before, 200'000U);
}

TEST(Inflate, EveryTruncationIsAnError) {
  const std::string whole = gzip(std::string(3000, 'x') + "tail");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(error_of(std::string(whole, 0, size)), "E0011") << size;
  }
}

TEST(Inflate, WhatIsNoGzipIsAnError) {
  EXPECT_EQ(error_of("plain text"), "E0011");
  EXPECT_EQ(error_of(gzip("x") + "garbage"), "E0011");
  EXPECT_EQ(error_of(gzip("x") + std::string(8, '\0')), "E0011");
  std::string corrupt = gzip(std::string(3000, 'x'));
  corrupt[corrupt.size() - 6] ^= 1;  // of the checksum
  EXPECT_EQ(error_of(corrupt), "E0011");
}

TEST(Inflate, AWarmInflaterAllocatesNothing) {
  const std::string compressed = gzip(std::string(300'000, 'x'));
  Inflater inflater;
  ASSERT_TRUE(inflater.gunzip(compressed, kLimit).has_value());
  const std::size_t before = allocations.count;
  const bool good = inflater.gunzip(compressed, kLimit).has_value();
  EXPECT_EQ(allocations.count, before);
  EXPECT_TRUE(good);
}

}  // namespace
}  // namespace fusebox::telemetry
