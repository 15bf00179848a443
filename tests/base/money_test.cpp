#include "base/money.hpp"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "tests/base/draw.hpp"

namespace fusebox {
namespace {

TEST(MoneyParse, RoundsHalfUpToAMicroDollar) {
  const std::vector<std::pair<std::string, std::int64_t>> rows{
      {"0", 0},
      {"0.50", 500'000},
      {"12", 12'000'000},
      {"007", 7'000'000},
      {"0.000001", 1},
      {"0.0000005", 1},
      {"0.0000004999", 0},
      {"0.9999995", 1'000'000},
      {"1000000000", kMoneyMax.value},
      {"1000000000.0000004", kMoneyMax.value},
      {"0." + std::string(64, '1'), 111'111}};
  for (const auto& [text, micros] : rows) {
    const auto amount = parse_usd(text);
    ASSERT_TRUE(amount.has_value()) << text;
    EXPECT_EQ(amount->value, micros) << text;
  }
}

TEST(MoneyParse, RefusesWhatIsNoDecimalInRange) {
  for (const std::string text : {"",           ".",           ".5",
                                 "5.",         "-1",          "+1",
                                 "1e3",        "1e-4",        " 1",
                                 "1 ",         "1,5",         "1_000",
                                 "$1",         "0x10",        "nan",
                                 "inf",        "1.2.3",       "1000000000.000001",
                                 "1000000001", "99999999999", "18446744073709551616",
                                 "٣"}) {
    const auto amount = parse_usd(text);
    ASSERT_FALSE(amount.has_value()) << text;
    EXPECT_EQ(amount.error().code, ErrorCode::InvalidMoney);
  }
  EXPECT_FALSE(parse_usd(std::string("1\0", 2)).has_value());
  EXPECT_FALSE(parse_usd("0." + std::string(65, '1')).has_value());
}

TEST(MoneyFromDouble, RoundsAndHoldsTheSameRange) {
  EXPECT_EQ(usd_from_double(0.1)->value, 100'000);
  EXPECT_EQ(usd_from_double(0.0000005)->value, 1);
  EXPECT_EQ(usd_from_double(1e9)->value, kMoneyMax.value);
  EXPECT_EQ(usd_from_double(-0.0)->value, 0);
  for (const double usd : {-1e-9, 1e9 + 1, std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(usd_from_double(usd).has_value()) << usd;
  }
}

TEST(MoneyFormat, IsShortestAndReadsBackTheSame) {
  EXPECT_EQ(format_usd(MicroUsd{0}), "0");
  EXPECT_EQ(format_usd(MicroUsd{500'000}), "0.5");
  EXPECT_EQ(format_usd(MicroUsd{12'000'000}), "12");
  EXPECT_EQ(format_usd(MicroUsd{1}), "0.000001");
  EXPECT_EQ(format_usd(MicroUsd{10'000'010}), "10.00001");
  Draw draw(1);
  for (int round = 0; round < 2000; ++round) {
    const MicroUsd amount{draw.below(kMoneyMax.value + 1) >> draw.below(50)};
    ASSERT_EQ(*parse_usd(format_usd(amount)), amount);
  }
}

}  // namespace
}  // namespace fusebox
