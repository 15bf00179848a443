#include "sre/store/detail/crc32c.hpp"

#include <gtest/gtest.h>

#include "tests/base/draw.hpp"

namespace fusebox::store {
namespace {

TEST(Crc32c, GivesThePublishedSums) {
  // RFC 3720, B.4, and the check value of the catalogues.
  EXPECT_EQ(crc32c("123456789"), 0xE3069283);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AA);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, TablesAndInstructionAgreeAndContinue) {
  Draw draw(1);
  for (int i = 0; i < 500; ++i) {
    const std::string bytes = draw.bytes(100);
    const auto seed = static_cast<std::uint32_t>(draw.bits());
    ASSERT_EQ(crc32c(bytes, seed), detail::crc32c_by_table(bytes, seed));
    const auto cut =
        static_cast<std::size_t>(draw.below(static_cast<std::int64_t>(bytes.size()) + 1));
    const std::string_view all = bytes;
    ASSERT_EQ(crc32c(bytes, seed), crc32c(all.substr(cut), crc32c(all.substr(0, cut), seed)));
  }
}

}  // namespace
}  // namespace fusebox::store
