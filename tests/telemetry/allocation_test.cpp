// The decoder's promise to allocate nothing once it is warm, counted at operator new.
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "telemetry/journal.hpp"
#include "tests/base/count_allocations.hpp"

namespace fusebox::telemetry {
namespace {

std::vector<std::string> example_lines() {
  std::ifstream in(FUSEBOX_SOURCE_DIR "/tests/integration/example/journal.ndjson");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  lines.push_back(
      R"({"at":1,"event":{"kind":"llm","agent":"a","x":[1,{"y":2}],"attributes":{"b":1,"a":2}}})");
  return lines;
}

TEST(JournalAllocation, WarmDecoderAllocatesNothing) {
  const std::vector<std::string> lines = example_lines();
  ASSERT_GT(lines.size(), 10U);
  JournalDecoder decoder;
  for (const std::string& line : lines) ASSERT_TRUE(decoder.decode_line(line).has_value()) << line;
  const std::size_t before = allocations.count;
  ASSERT_GT(before, 0U);
  bool all_good = true;
  for (const std::string& line : lines) all_good &= decoder.decode_line(line).has_value();
  EXPECT_EQ(allocations.count, before);
  EXPECT_TRUE(all_good);
}

}  // namespace
}  // namespace fusebox::telemetry
