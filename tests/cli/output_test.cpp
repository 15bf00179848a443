#include "sre/cli/output.hpp"

#include <gtest/gtest.h>

#include "tests/cli/scratch.hpp"

namespace fusebox::cli {
namespace {

TEST(Output, PutsAFileInPlaceOnlyWhenFinished) {
  const Scratch scratch;
  const std::string path = scratch.write("out", "earlier");
  {
    Output output;
    ASSERT_TRUE(output.open(path));
    output.buffer() += "new";
    EXPECT_EQ(scratch.read("out"), "earlier");
    ASSERT_TRUE(output.finish());
  }
  EXPECT_EQ(scratch.read("out"), "new");
  EXPECT_EQ(scratch.files(), 1U);
}

TEST(Output, LeavesTheEarlierFileAndNoRestWhenItIsNotFinished) {
  const Scratch scratch;
  const std::string path = scratch.write("out", "earlier");
  {
    Output output;
    ASSERT_TRUE(output.open(path));
    output.buffer() += std::string(std::size_t{3} << 20, 'x');
    ASSERT_TRUE(output.flush_if_large());
  }
  EXPECT_EQ(scratch.read("out"), "earlier");
  EXPECT_EQ(scratch.files(), 1U);
}

TEST(Output, ReportsAFullDisk) {
  Output output;
  ASSERT_TRUE(output.open("/dev/full"));
  output.buffer() += "x";
  const auto finished = output.finish();
  ASSERT_FALSE(finished);
  EXPECT_NE(finished.error().message.find("/dev/full"), std::string::npos);
}

TEST(Output, StylesOnlyInColour) {
  std::string out;
  append_styled(out, "a", Style::Red, false);
  append_styled(out, "b", Style::Plain, true);
  append_styled(out, "c", Style::Red, true);
  EXPECT_EQ(out, "ab\x1b[31mc\x1b[0m");
}

}  // namespace
}  // namespace fusebox::cli
