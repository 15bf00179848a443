#include "base/ratio.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/base/draw.hpp"

namespace fusebox {
namespace {

TEST(RatioParse, IsExactAndInLowestTerms) {
  struct Row {
    std::string text;
    std::int64_t num;
    std::int64_t den;
  };
  const std::vector<Row> rows{{"0", 0, 1},
                              {"1", 1, 1},
                              {"0.5", 1, 2},
                              {"0.995", 199, 200},
                              {"0.9990", 999, 1000},
                              {"50%", 1, 2},
                              {"99.95%", 1999, 2000},
                              {"100%", 1, 1},
                              {"14.4", 72, 5},
                              {"1/1000", 1, 1000},
                              {"2/4", 1, 2},
                              {"0/7", 0, 1},
                              {"250%", 5, 2},
                              {"0.00000000000001", 1, 100'000'000'000'000}};
  for (const auto& [text, num, den] : rows) {
    const auto ratio = parse_ratio(text);
    ASSERT_TRUE(ratio.has_value()) << text;
    EXPECT_EQ(ratio->num, num) << text;
    EXPECT_EQ(ratio->den, den) << text;
  }
}

TEST(RatioParse, RefusesWhatIsNoRatio) {
  for (const std::string text : {"",      "%",
                                 ".",     ".5",
                                 "5.",    "-1",
                                 "+1",    "1e-3",
                                 "1 %",   "50%%",
                                 " 1",    "1/0",
                                 "1/",    "/2",
                                 "1/2/3", "-1/2",
                                 "1.5/2", "1/2%",
                                 "0x1",   "0.000000000000001",
                                 "nan",   "9999999999999999",
                                 "½"}) {
    const auto ratio = parse_ratio(text);
    ASSERT_FALSE(ratio.has_value()) << text;
    EXPECT_EQ(ratio.error().code, ErrorCode::InvalidRatio);
  }
}

TEST(Ratio, MakesLowestTermsWithAPositiveDenominator) {
  EXPECT_EQ(make_ratio(6, -4), (Ratio{-3, 2}));
  EXPECT_EQ(make_ratio(0, -9), (Ratio{0, 1}));
  EXPECT_EQ(complement(*parse_ratio("99%")), (Ratio{1, 100}));
  EXPECT_EQ(complement(Ratio{3, 2}), (Ratio{-1, 2}));
}

TEST(Ratio, ComparesExactlyWhereDoublesCannot) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 61;
  const Ratio below{kHuge - 1, kHuge};
  const Ratio above{kHuge, kHuge + 1};
  EXPECT_EQ(below.to_double(), above.to_double());
  EXPECT_LT(below, above);
  EXPECT_LT((Ratio{-1, 2}), (Ratio{1, 3}));
}

TEST(RatioFormat, IsDecimalWhereThatIsExact) {
  const std::vector<std::pair<Ratio, std::string>> rows{
      {{1, 1}, "1"},     {{1, 2}, "0.5"},   {{199, 200}, "0.995"},
      {{72, 5}, "14.4"}, {{1, 3}, "1/3"},   {{-1, 2}, "-0.5"},
      {{-3, 2}, "-1.5"}, {{-1, 3}, "-1/3"}, {{1, 1000}, "0.001"},
      {{-7, 1}, "-7"},   {{0, 1}, "0"},     {{1, 100'000'000'000'000'000}, "0.00000000000000001"}};
  for (const auto& [ratio, text] : rows) EXPECT_EQ(format_ratio(ratio), text);
}

TEST(RatioFormat, ReadsBackTheSame) {
  Draw draw(1);
  for (int round = 0; round < 2000; ++round) {
    std::int64_t den = 1;
    for (auto left = draw.below(9); left > 0; --left) den *= draw.below(2) == 0 ? 2 : 5;
    const Ratio ratio = make_ratio(draw.below(100'000), round % 5 == 0 ? den * 3 : den);
    ASSERT_EQ(*parse_ratio(format_ratio(ratio)), ratio) << format_ratio(ratio);
  }
}

}  // namespace
}  // namespace fusebox
