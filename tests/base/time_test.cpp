#include "base/time.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/base/draw.hpp"

namespace fusebox {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Rfc3339, ParsesEveryFormToOneInstant) {
  const std::vector<std::pair<std::string, std::int64_t>> rows{
      {"1970-01-01T00:00:00Z", 0},
      {"2026-01-01T00:00:04Z", 1'767'225'604'000'000'000},
      {"2026-01-01t00:00:04z", 1'767'225'604'000'000'000},
      {"2026-01-01 00:00:04Z", 1'767'225'604'000'000'000},
      {"2026-01-01T02:30:04+02:30", 1'767'225'604'000'000'000},
      {"2025-12-31T19:00:04-05:00", 1'767'225'604'000'000'000},
      {"2026-01-01T00:00:04.5Z", 1'767'225'604'500'000'000},
      {"2026-01-01T00:00:04.000000001Z", 1'767'225'604'000'000'001},
      {"2026-01-01T00:00:04.0000000019999Z", 1'767'225'604'000'000'001},
      {"2026-01-01T00:00:04-00:00", 1'767'225'604'000'000'000},
      {"2024-02-29T00:00:00Z", 1'709'164'800'000'000'000},
      {"2016-12-31T23:59:60Z", 1'483'228'799'000'000'000},  // a leap second reads as :59
      {"1969-12-31T23:30:00-00:30", 0},
      {"1970-01-01T01:00:00+01:00", 0},
      {"2199-12-31T23:59:59.999999999Z", to_ns(kLatestInstant) - 1},
      {"2200-01-01T00:30:00+01:00", to_ns(kLatestInstant) - 1'800'000'000'000}};
  for (const auto& [text, ns] : rows) {
    const auto at = parse_rfc3339(text);
    ASSERT_TRUE(at.has_value()) << text;
    EXPECT_EQ(to_ns(*at), ns) << text;
  }
}

TEST(Rfc3339, RefusesWhatIsNoTimeOfItsRange) {
  for (const std::string text : {"",
                                 "now",
                                 "2026",
                                 "2026-01-01",
                                 "2026-01-01T00:00:00",
                                 "2026-01-01T00:00Z",
                                 "2026-01-01T00:00:00.Z",
                                 "2026-13-01T00:00:00Z",
                                 "2026-00-01T00:00:00Z",
                                 "2026-02-29T00:00:00Z",
                                 "2026-04-31T00:00:00Z",
                                 "2026-01-00T00:00:00Z",
                                 "2026-01-01T24:00:00Z",
                                 "2026-01-01T00:60:00Z",
                                 "2026-01-01T00:00:61Z",
                                 "2026-01-01T00:00:00+24:00",
                                 "2026-01-01T00:00:00+00:60",
                                 "2026-01-01T00:00:00+0100",
                                 "2026-01-01T00:00:00Z ",
                                 " 2026-01-01T00:00:00Z",
                                 "2026-01-01T00:00:00ZZ",
                                 "2026-1-1T00:00:00Z",
                                 "+026-01-01T00:00:00Z",
                                 "2026/01/01T00:00:00Z",
                                 "20260101T000000Z",
                                 "1969-12-31T23:59:59Z",
                                 "1970-01-01T00:00:00+00:01",
                                 "2200-01-01T00:00:00Z",
                                 "4486-01-01T00:00:00Z",
                                 "9999-12-31T23:59:59Z",
                                 "0000-01-01T00:00:00Z",
                                 "-001-01-01T00:00:00Z",
                                 "２026-01-01T00:00:00Z"}) {
    const auto at = parse_rfc3339(text);
    ASSERT_FALSE(at.has_value()) << text;
    EXPECT_EQ(at.error().code, ErrorCode::InvalidTime);
  }
  EXPECT_FALSE(parse_rfc3339(std::string("2026-01-01T00:00:00Z\0", 21)).has_value());
  EXPECT_LT(parse_rfc3339(std::string(1 << 20, '9')).error().message.size(), 200U);
}

TEST(Rfc3339, FormatsWithoutTrailingZeros) {
  const std::vector<std::pair<std::int64_t, std::string>> rows{
      {0, "1970-01-01T00:00:00Z"},
      {1, "1970-01-01T00:00:00.000000001Z"},
      {120'000'000, "1970-01-01T00:00:00.12Z"},
      {1'709'164'800'000'000'000, "2024-02-29T00:00:00Z"},
      {to_ns(kLatestInstant) - 1, "2199-12-31T23:59:59.999999999Z"}};
  for (const auto& [ns, text] : rows) EXPECT_EQ(format_rfc3339(from_ns(ns)), text);
}

TEST(Rfc3339, ReadsBackTheSame) {
  Draw draw(1);
  for (int round = 0; round < 20'000; ++round) {
    std::int64_t ns = draw.below(to_ns(kLatestInstant));
    if (round % 3 == 0) ns -= ns % 1'000'000;  // as most clocks give them
    ASSERT_EQ(to_ns(*parse_rfc3339(format_rfc3339(from_ns(ns)))), ns) << ns;
  }
}

TEST(Duration, ParsesEveryUnit) {
  const std::vector<std::pair<std::string, Duration>> rows{
      {"0s", Duration{0}},      {"1ns", Duration{1}},
      {"2us", Duration{2000}},  {"3ms", Duration{3'000'000}},
      {"4s", seconds{4}},       {"5m", minutes{5}},
      {"6h", hours{6}},         {"7d", days{7}},
      {"8w", days{56}},         {"007s", seconds{7}},
      {"36525d", days{36'525}}, {"90m", minutes{90}}};
  for (const auto& [text, duration] : rows) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(*parsed, duration) << text;
  }
}

TEST(Duration, RefusesWhatIsNone) {
  for (const std::string text : {"",
                                 "5",
                                 "s",
                                 "-5s",
                                 "-0s",
                                 "+5s",
                                 " 5s",
                                 "5s ",
                                 "5 s",
                                 "1.5h",
                                 "1e3s",
                                 "5S",
                                 "5min",
                                 "5y",
                                 "1h30m",
                                 "0x5s",
                                 "36526d",
                                 "9223372036854775807w",
                                 "99999999999999999999s",
                                 "٥s"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::InvalidDuration);
  }
  EXPECT_FALSE(parse_duration(std::string("5s\0", 3)).has_value());
  EXPECT_LT(parse_duration(std::string(1 << 20, '0') + "99999w").error().message.size(), 200U);
}

TEST(Duration, FormatsInTheLargestUnitThatIsExact) {
  const std::vector<std::pair<Duration, std::string>> rows{{Duration{0}, "0s"},
                                                           {seconds{90}, "90s"},
                                                           {seconds{3600}, "1h"},
                                                           {hours{24}, "1d"},
                                                           {days{30}, "30d"},
                                                           {days{28}, "4w"},
                                                           {Duration{1'500'000}, "1500us"},
                                                           {Duration{1}, "1ns"}};
  for (const auto& [duration, text] : rows) EXPECT_EQ(format_duration(duration), text);
}

TEST(Duration, ReadsBackTheSame) {
  Draw draw(2);
  for (int round = 0; round < 5000; ++round) {
    const Duration duration{draw.below(std::int64_t{3'155'760'000'000'000'000}) >> draw.below(60)};
    ASSERT_EQ(*parse_duration(format_duration(duration)), duration);
  }
}

TEST(AddSaturated, StopsAtNever) {
  EXPECT_EQ(add_saturated(from_ns(5), Duration{7}), from_ns(12));
  EXPECT_EQ(add_saturated(kNever, Duration{1}), kNever);
  EXPECT_EQ(add_saturated(from_ns(1), Duration::max()), kNever);
  EXPECT_EQ(add_saturated(from_ns(0), Duration::max()), kNever);
}

}  // namespace
}  // namespace fusebox
