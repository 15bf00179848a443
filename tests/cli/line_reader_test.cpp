#include "sre/cli/line_reader.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/cli/scratch.hpp"

namespace fusebox::cli {
namespace {

std::vector<std::string> lines_of(const std::string& bytes, std::size_t longest = 64) {
  const Scratch scratch;
  LineReader reader(longest);
  EXPECT_TRUE(reader.open(scratch.write("journal", bytes)));
  std::vector<std::string> lines;
  while (const auto line = reader.next()) lines.emplace_back(*line);
  EXPECT_FALSE(reader.error().has_value());
  EXPECT_EQ(reader.line_number(), static_cast<std::int64_t>(lines.size()));
  return lines;
}

using Lines = std::vector<std::string>;

TEST(LineReader, SplitsAtNewlines) {
  EXPECT_EQ(lines_of(""), Lines{});
  EXPECT_EQ(lines_of("a"), Lines{"a"});
  EXPECT_EQ(lines_of("a\n"), Lines{"a"});
  EXPECT_EQ(lines_of("a\n\nb"), (Lines{"a", "", "b"}));
  EXPECT_EQ(lines_of("\n"), Lines{""});
}

TEST(LineReader, CutsALineThatIsLongerThanItsBuffer) {
  // The decoder refuses it: the piece is longer than any line may be.
  const Lines lines = lines_of(std::string(1'000'000, 'x') + "\nrest", 64);
  ASSERT_FALSE(lines.empty());
  EXPECT_GT(lines.front().size(), 64U);
}

TEST(LineReader, LosesNothingAtTheEdgesOfItsBuffer) {
  std::string bytes;
  Lines expected;
  for (std::size_t i = 0; i < 40'000; ++i) {
    expected.push_back(std::string(i % 61, static_cast<char>('a' + i % 26)));
    bytes += expected.back() + "\n";
  }
  EXPECT_EQ(lines_of(bytes), expected);
}

TEST(LineReader, NamesAFileThatIsNotThere) {
  LineReader reader(64);
  const auto opened = reader.open("/no/such/file");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("/no/such/file"), std::string::npos);
}

TEST(LineReader, ReportsAFolderAsUnreadable) {
  const Scratch scratch;
  LineReader reader(64);
  ASSERT_TRUE(reader.open(scratch.path("")));
  EXPECT_FALSE(reader.next().has_value());
  EXPECT_TRUE(reader.error().has_value());
}

}  // namespace
}  // namespace fusebox::cli
