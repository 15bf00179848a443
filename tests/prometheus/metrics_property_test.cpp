// Pages of random runs: each parses, no counter falls from one to the next, results come in pairs
// that begin at 0, and caps change no sum.
#include <algorithm>
#include <iostream>

#include "exporters/prometheus/metrics.hpp"
#include "tests/engine/random_journal.hpp"
#include "tests/prometheus/exposition.hpp"
#include "tests/prometheus/support.hpp"

namespace fusebox::prometheus {
namespace {

constexpr std::string_view kSloEvents = "fusebox_slo_events_total{";

// Sum over the series that begin so and contain this.
double sum_of(const Exposition& page, std::string_view begin, std::string_view part = "") {
  double sum = 0;
  for (const auto& [series, value] : page.samples()) {
    if (series.starts_with(begin) && series.find(part) != std::string::npos) sum += value;
  }
  return sum;
}

void expect_no_counter_fell(const Exposition& before, const Exposition& after) {
  for (const auto& [series, value] : before.samples()) {
    if (!before.only_grows(series)) continue;
    const auto now = after.samples().find(series);
    if (now == after.samples().end()) {
      ADD_FAILURE() << series << " has gone";
    } else {
      EXPECT_GE(now->second, value) << series;
    }
  }
}

void expect_born_at_zero_in_pairs(const Exposition& before, const Exposition& after) {
  for (const auto& [series, value] : after.samples()) {
    if (!series.starts_with(kSloEvents)) continue;
    EXPECT_TRUE(before.has(series) || value == 0) << series << " is born at " << value;
    std::string other = series;
    const bool good = series.ends_with("result=\"good\"}");
    other.replace(other.rfind("result="), std::string::npos,
                  good ? "result=\"bad\"}" : "result=\"good\"}");
    EXPECT_TRUE(after.has(other)) << other;
  }
}

void expect_one_hot(const Exposition& page, const std::string& name, double count) {
  EXPECT_EQ(sum_of(page, name + "{"),
            static_cast<double>(std::count_if(
                page.samples().begin(), page.samples().end(),
                [&](const auto& sample) { return sample.first.starts_with(name + "{"); })) /
                count);
}

class PrometheusRun : public testing::TestWithParam<std::uint64_t> {};

// Scraped often enough that each key is seen in its first 15 seconds.
TEST_P(PrometheusRun, CountersOnlyGrowAndBeginInPairsAtZero) {
  engine::Script script(engine::kEverything);
  Exposition before(page_of(script));
  for (const std::string& line : engine::random_journal(GetParam(), 400)) {
    script.feed(line);
    const Exposition after(page_of(script));
    expect_no_counter_fell(before, after);
    expect_born_at_zero_in_pairs(before, after);
    if (HasFailure()) FAIL() << "seed " << GetParam() << ", at " << line;
    before = after;
  }
  expect_one_hot(before, "fusebox_slo_status", 6);
  expect_one_hot(before, "fusebox_breaker_state", 3);
}

TEST_P(PrometheusRun, CountersGoOnAfterARestart) {
  engine::Script script(engine::kEverything);
  for (const std::string& line : engine::random_journal(GetParam(), 600)) script.feed(line);
  engine::Engine restored(engine::spec_of(engine::kEverything));
  ASSERT_TRUE(restored.restore(script.engine().save()));
  std::string again;
  append_metrics(again, restored.status(), host_numbers());
  EXPECT_EQ(again, page_of(script));
}

// Sums of counters are what they are without a cap, whatever it leaves out, and what stands in the
// page stays in it, because those who were born first are shown.
TEST_P(PrometheusRun, CapsKeepSumsAndSloCountersNeverFall) {
  engine::Script script(engine::kEverything);
  Exposition before(page_of(script, {.keys_max = 1}));
  for (const std::string& line : engine::random_journal(GetParam(), 300)) {
    script.feed(line);
    const Exposition whole(page_of(script));
    const Exposition capped(page_of(script, {.keys_max = 1}));
    for (const std::string_view begin :
         {"fusebox_slo_events_total{slo=\"tools\"", "fusebox_slo_events_total{slo=\"fast\"",
          "fusebox_tokens_total", "fusebox_duration_seconds_count"}) {
      EXPECT_EQ(sum_of(whole, begin), sum_of(capped, begin)) << begin;
    }
    for (const auto& [series, value] : before.samples()) {
      if (!series.starts_with(kSloEvents)) continue;
      EXPECT_GE(capped.at(series), value) << series;
    }
    if (HasFailure()) FAIL() << "seed " << GetParam() << ", at " << line;
    before = capped;
  }
  EXPECT_GT(sum_of(before, "fusebox_exporter_keys_dropped", "slo"), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PrometheusRun, testing::Values(1, 2, 3));

}  // namespace
}  // namespace fusebox::prometheus
