#include "sre/cli/table.hpp"

#include <gtest/gtest.h>

namespace fusebox::cli {
namespace {

TEST(Table, AlignsTextLeftAndNumbersRightWithoutTrailingBlanks) {
  Table table({{"NAME", false}, {"N", true}, {"STATE", false}});
  table.add({{"a"}, {"1000"}, {"ok"}});
  table.add({{"longer"}, {"7"}, {"open"}});
  std::string out;
  table.append_to(out, false);
  EXPECT_EQ(out,
            "  NAME       N  STATE\n"
            "  a       1000  ok\n"
            "  longer     7  open\n");
}

TEST(Table, CountsCodePointsNotBytes) {
  Table table({{"A", false}, {"B", false}});
  table.add({{"é"}, {"x"}});
  table.add({{"ee"}, {"y"}});
  std::string out;
  table.append_to(out, false, 0);
  EXPECT_EQ(out, "A   B\né   x\nee  y\n");
}

}  // namespace
}  // namespace fusebox::cli
