#include "exporters/prometheus/detail/page.hpp"

#include <array>
#include <limits>

#include <gtest/gtest.h>

namespace fusebox::prometheus::detail {
namespace {

constexpr Family kPlain{MetricType::Gauge, "a_ratio", "Help."};

TEST(PrometheusPage, LabelValuesEscapeBackslashQuoteAndNewline) {
  EXPECT_EQ(label("a", "C:\\\"x\"\n"), R"(a="C:\\\"x\"\n")");
  EXPECT_EQ(label("a", ""), R"(a="")");
  EXPECT_EQ(label("a", "\\n"), R"(a="\\n")");
  EXPECT_EQ(label("a", "käse\t{},= #"), "a=\"käse\t{},= #\"");
}

// A reader that takes U+0000 for the end loses the rest of the page; terminals obey the others.
TEST(PrometheusPage, ControlCharactersAreWrittenOutAndNoTwoNamesBecomeOne) {
  using namespace std::string_view_literals;
  EXPECT_EQ(label("a", "x\0y"sv), R"(a="x\\u0000y")");
  EXPECT_EQ(label("a", "\x1b[31m\x7f\r"), R"(a="\\u001b[31m\\u007f\\u000d")");
  EXPECT_EQ(label("a", R"(x\u0000y)"), R"(a="x\\u005cu0000y")");
  EXPECT_EQ(label("a", R"(C:\users)"), R"(a="C:\\u005cusers")");
  EXPECT_EQ(label("a", R"(C:\temp)"), R"(a="C:\\temp")");
}

TEST(PrometheusPage, HelpEscapesBackslashAndNewlineButNoQuote) {
  std::string out;
  Page(out).family({MetricType::Counter, "a_total", "a \"b\"\nc\\"});
  EXPECT_EQ(out, "# HELP a_total a \"b\"\\nc\\\\\n# TYPE a_total counter\n");
}

TEST(PrometheusPage, SamplesHaveBracesOnlyAroundLabels) {
  std::string out;
  Page page(out);
  page.family(kPlain);
  out.clear();
  page.integer({}, std::int64_t{-1});
  page.integer({R"(a="1")", {}}, std::uint64_t{2});
  page.integer({{}, R"(b="1")"}, std::int64_t{3});
  page.integer({R"(a="1")", R"(b="1")"}, std::int64_t{4});
  EXPECT_EQ(out,
            "a_ratio -1\na_ratio{a=\"1\"} 2\na_ratio{b=\"1\"} 3\na_ratio{a=\"1\",b=\"1\"} 4\n");
}

TEST(PrometheusPage, DoublesReadBackAsTheyWere) {
  using Limits = std::numeric_limits<double>;
  std::string out;
  Page page(out);
  page.family(kPlain);
  out.clear();
  for (const double value : {0.1, -39.0, 1e22, Limits::infinity(), -Limits::infinity(),
                             Limits::quiet_NaN(), -Limits::quiet_NaN()}) {
    page.number({}, value);
  }
  EXPECT_EQ(out,
            "a_ratio 0.1\na_ratio -39\na_ratio 1e+22\na_ratio +Inf\na_ratio -Inf\na_ratio NaN\n"
            "a_ratio NaN\n");
}

TEST(PrometheusPage, BucketsAreCumulativeAndTheLastIsTheCount) {
  std::string out;
  Page page(out);
  page.family({MetricType::Histogram, "a_seconds", "Help."});
  out.clear();
  const std::array bounds{0.005, 10.0};
  const std::array<std::int64_t, 3> counts{1, 2, 4};
  page.histogram("k=\"v\"", bucket_labels(bounds), std::span<const std::int64_t>(counts), 1.5);
  EXPECT_EQ(out,
            "a_seconds_bucket{k=\"v\",le=\"0.005\"} 1\n"
            "a_seconds_bucket{k=\"v\",le=\"10\"} 3\n"
            "a_seconds_bucket{k=\"v\",le=\"+Inf\"} 7\n"
            "a_seconds_sum{k=\"v\"} 1.5\n"
            "a_seconds_count{k=\"v\"} 7\n");
}

}  // namespace
}  // namespace fusebox::prometheus::detail
