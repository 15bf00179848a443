// The worked examples T1 to T16: each row of the table here against our SLOs, and by
// oracle/write_rules.cpp against Prometheus. README.md lists them all.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/slo/support.hpp"
#include "tests/slo/worked_rows.hpp"

namespace fusebox::slo {
namespace {

constexpr LowTrafficRule kNoGate{.min_events = 0, .min_bad = 0, .alpha = {1, 1}};

SloSpec spec_of(const WorkedRow& row, const LowTrafficRule& rule) {
  SloSpec spec = ratio_spec({.target = row.target, .window = row.slo_window});
  spec.low_traffic = rule;
  spec.objectives.front().alerts.clear();
  if (row.pair) spec.objectives.front().alerts.push_back(row.pair->pair);
  return spec;
}

Instant feed(Slo& slo, const WorkedRow& row) {
  Instant at = kStart;
  const auto add = [&](bool good, std::int64_t weight) {
    if (weight == 0) return;
    telemetry::Event event = tool_event(good);
    event.weight = weight;
    EXPECT_TRUE(slo.record(event, at, at).has_value());
  };
  for (const Run& run : row.runs) {
    for (std::int64_t i = 0; i < run.steps; ++i) {
      at += row.step;
      add(true, run.total - run.bad);
      add(false, run.bad);
    }
  }
  return at;
}

bool pages_at_the_end(const WorkedRow& row, const LowTrafficRule& rule) {
  Slo slo(spec_of(row, rule));
  const Instant end = feed(slo, row);
  std::vector<telemetry::RecordBody> records;
  slo.evaluate(0, end, records);
  for (const auto& record : records) {
    const auto* alert = std::get_if<telemetry::AlertRecord>(&record);
    if (alert != nullptr && alert->firing) return true;
  }
  return false;
}

class Worked : public testing::TestWithParam<WorkedRow> {};

TEST_P(Worked, BurnRatesAndBudgetAreExact) {
  const WorkedRow& row = GetParam();
  Slo slo(spec_of(row, {}));
  const Instant end = feed(slo, row);
  const SloView view = slo.view(0, 0, end);
  for (const WindowBurn& burn : row.burns) {
    EXPECT_EQ(view.burn(burn.window), burn.burn) << name_of(burn.window);
  }
  if (row.slo_burn) {
    EXPECT_EQ(burn_rate(view.counts, row.target), *row.slo_burn);
  }
  if (row.remaining) {
    EXPECT_EQ(view.budget_remaining(), *row.remaining);
  }
}

class WorkedPair : public testing::TestWithParam<WorkedRow> {};

TEST_P(WorkedPair, FiresAsClaimed) {
  const WorkedRow& row = GetParam();
  EXPECT_EQ(pages_at_the_end(row, kNoGate), row.pair->burns);
  EXPECT_EQ(pages_at_the_end(row, {}), row.pair->fires);
}

std::vector<WorkedRow> rows_with_a_pair() {
  std::vector<WorkedRow> rows = worked_rows();
  std::erase_if(rows, [](const WorkedRow& row) { return !row.pair; });
  return rows;
}

std::string name_of_row(const testing::TestParamInfo<WorkedRow>& info) {
  return std::string(info.param.name) + "_" + std::string(info.param.claim);
}

INSTANTIATE_TEST_SUITE_P(Row, Worked, testing::ValuesIn(worked_rows()), name_of_row);
INSTANTIATE_TEST_SUITE_P(Row, WorkedPair, testing::ValuesIn(rows_with_a_pair()), name_of_row);

TEST(WorkedT09, TheRecordsSayThatThePageFiredAndResolved) {
  const auto rows = worked_rows();
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [](const WorkedRow& each) { return each.name == "T09"; });
  ASSERT_NE(row, rows.end());
  Feed feed(spec_of(*row, {}));
  for (std::int64_t minute = 1; minute <= 125; ++minute) {
    const Instant at = kStart + minute * row->step;
    const bool failing = minute >= 110 && minute < 120;
    feed.add(at, true, failing ? 900 : 1000);
    if (failing) feed.add(at, false, 100);
  }
  // 9 x 100 bad of 60,000 burn 15 in the hour: the ninth minute is the first above 14.4. From
  // minute 124 on the last five are clean. The budget of thirty days is gone long before.
  EXPECT_EQ(feed.news(), (std::vector<std::string>{"no_data -> healthy", "healthy -> exhausted",
                                                   "page firing 1h/5m", "page resolved 1h/5m"}));
}

TEST(WorkedT12, NoDataIsItsOwnStateAndNeverPages) {
  Feed feed(ratio_spec({.target = {999, 1000}}));
  for (int minute = 0; minute < 120; ++minute) feed.tick(kStart + minute * std::chrono::minutes{1});
  EXPECT_TRUE(feed.news().empty());
  const SloView view = feed.slo.view(0, 0, kStart + std::chrono::hours{2});
  EXPECT_EQ(view.status, SloStatus::NoData);
  EXPECT_EQ(view.budget_remaining(), 1);
  for (const Counts& window : view.windows) EXPECT_EQ(window, Counts{});
}

// Nine in ten answer within half a second. Interpolation between buckets, as Prometheus does it,
// puts p95 at 0.78 s, where no call ever was; the nearest rank is a call that took a second.
TEST(WorkedT13, LatencySliCountsAndThePercentileIsARealCall) {
  SloSpec spec = latency_spec();
  spec.objectives.front().bound = 1000 * kLatencyBound;
  Feed feed(std::move(spec));
  for (const CallsAt& at : kLatencies) {
    for (int i = 0; i < at.calls; ++i) feed.add(llm_event(1000 * at.seconds), kStart);
  }
  EXPECT_EQ(sli(feed.slo.view(0, 0, kStart).counts), kLatencySli);
  // The upper end of its slot, at most 0.8 % above one second.
  EXPECT_THAT(summary_of(feed.slo, kStart), testing::HasSubstr(R"("p95":1003.5)"));
}

// The same outage, second by second, with the windows between bucket edges, and with the gate.
TEST(WorkedT16, AFullOutagePagesAtSecond52AndAt70WithTheGate) {
  for (const auto& [rule, expected] :
       std::vector<std::pair<LowTrafficRule, int>>{{kNoGate, 52}, {LowTrafficRule{}, 70}}) {
    SloSpec spec = ratio_spec({.target = {999, 1000}});
    spec.low_traffic = rule;
    Feed feed(std::move(spec));
    // Three days of steady success, so that no window is shorter than its name.
    for (int i = 3 * 86'400; i > 0; --i) feed.add(kStart - i * std::chrono::seconds{1}, true);
    feed.news();
    int second = 0;
    const auto paged = [&] {
      const auto news = feed.news();
      return std::find(news.begin(), news.end(), "page firing 1h/5m") != news.end();
    };
    do {
      ++second;
      feed.add(kStart + second * std::chrono::seconds{1}, false);
    } while (!paged() && second < 1000);
    EXPECT_EQ(second, expected);
  }
}

}  // namespace
}  // namespace fusebox::slo
