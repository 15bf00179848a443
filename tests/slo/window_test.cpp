#include "slo/window.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/slo/window_support.hpp"

namespace fusebox::slo {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Ratio kThreeNines{999, 1000};

// Events of one minute, dated at its end: what a counter scraped each minute shows.
void record_minute(WindowedCounts& windows, int minute, Counts counts) {
  const Instant at = kStart + minutes{minute};
  windows.record(at, at, counts);
}

double burn(const WindowedCounts& windows, BurnWindow window) {
  return burn_rate(windows.counts(window), kThreeNines);
}

TEST(WindowedCountsWorked, T1_TenDaysSpendFourTenths) {
  constexpr std::array<std::int64_t, 11> kBad{0, 0, 0, 100, 100, 100, 300, 300, 400, 400, 400};
  WindowedCounts windows{days{10}};
  for (std::size_t day = 1; day < kBad.size(); ++day) {
    const std::int64_t bad = kBad[day] - kBad[day - 1];
    const Instant at = kStart + days{day};
    windows.record(at, at, {100'000 - bad, bad});
  }
  EXPECT_EQ(windows.slo_counts(), (Counts{999'600, 400}));
  EXPECT_EQ(burn_rate(windows.slo_counts(), kThreeNines), 0.4);
  EXPECT_EQ(budget_remaining(windows.slo_counts(), kThreeNines), 0.6);
}

TEST(WindowedCountsWorked, T2_AnHourAtTenTimesTheBudget) {
  WindowedCounts windows{hours{1}};
  for (int minute = 1; minute <= 60; ++minute) record_minute(windows, minute, {99, 1});
  EXPECT_EQ(windows.slo_counts(), (Counts{5'940, 60}));
  EXPECT_EQ(burn(windows, BurnWindow::H1), 10);
  EXPECT_EQ(budget_remaining(windows.slo_counts(), kThreeNines), -9);
}

TEST(WindowedCountsWorked, T6_UnequalTrafficIsWeighedByItsCounts) {
  WindowedCounts windows{days{30}};
  record_minute(windows, 5, {5, 5});
  record_minute(windows, 10, {99'900, 100});
  EXPECT_EQ(windows.slo_counts(), (Counts{99'905, 105}));
  EXPECT_EQ(burn(windows, BurnWindow::H1), 1.0498950104989502);
}

// 1000 a minute; 100 of them bad in minutes 110 to 119.
WindowedCounts ten_bad_minutes(int until) {
  WindowedCounts windows{days{30}};
  for (int minute = 1; minute <= until; ++minute) {
    const std::int64_t bad = minute >= 110 && minute < 120 ? 100 : 0;
    record_minute(windows, minute, {1'000 - bad, bad});
  }
  return windows;
}

TEST(WindowedCountsWorked, T8_BothPageWindowsBurnAbove14_4) {
  const WindowedCounts windows = ten_bad_minutes(120);
  EXPECT_EQ(burn(windows, BurnWindow::H1), 16.666666666666668);
  EXPECT_EQ(burn(windows, BurnWindow::M5), 80);
}

TEST(WindowedCountsWorked, T9_TheShortWindowForgetsFirst) {
  const WindowedCounts windows = ten_bad_minutes(125);
  EXPECT_EQ(burn(windows, BurnWindow::H1), 16.666666666666668);
  EXPECT_EQ(burn(windows, BurnWindow::M5), 0);
}

TEST(WindowedCountsWorked, T10_AShortBurnDoesNotFillTheHour) {
  WindowedCounts windows{days{30}};
  for (int minute = 1; minute <= 120; ++minute) {
    const std::int64_t bad = minute > 110 ? 20 : 0;
    record_minute(windows, minute, {1'000 - bad, bad});
  }
  EXPECT_EQ(burn(windows, BurnWindow::M5), 20);
  EXPECT_EQ(burn(windows, BurnWindow::H1), 3.3333333333333335);
}

TEST(WindowedCountsWorked, T12_NoTrafficIsNoBurn) {
  WindowedCounts windows{days{30}};
  windows.advance(kStart);
  for (const auto& [window, counts] : all_windows(windows, days{30})) {
    EXPECT_EQ(counts, Counts{});
    EXPECT_EQ(burn_rate(counts, kThreeNines), 0);
    EXPECT_EQ(sli(counts), std::nullopt);
  }
}

TEST(WindowedCountsWorked, T16_AnOutageIsSeenAtItsTick) {
  // One event a second, good for four days, then all bad: the seconds at which the burn of each
  // long window passes its factor.
  WindowedCounts windows{days{30}};
  const Instant outage = kStart + days{4};
  for (Instant at = kStart + seconds{1}; at <= outage; at += seconds{1}) {
    windows.record(at, at, {1, 0});
  }
  std::map<BurnWindow, std::int64_t> seen;
  for (std::int64_t second = 1; second <= 300; ++second) {
    windows.record(outage + seconds{second}, outage + seconds{second}, {0, 1});
    for (const auto& [window, factor] : {std::pair{BurnWindow::H1, Ratio{72, 5}},
                                         {BurnWindow::H6, Ratio{6, 1}},
                                         {BurnWindow::D1, Ratio{3, 1}},
                                         {BurnWindow::D3, Ratio{1, 1}}}) {
      if (burns_faster(windows.counts(window), kThreeNines, factor))
        seen.try_emplace(window, second);
    }
  }
  EXPECT_THAT(seen, testing::ElementsAre(
                        testing::Pair(BurnWindow::H1, 52), testing::Pair(BurnWindow::H6, 130),
                        testing::Pair(BurnWindow::D1, 260), testing::Pair(BurnWindow::D3, 260)));
}

TEST(WindowedCountsEdge, AnEventLeavesExactlyOneWindowAfterItsBucketEnds) {
  WindowedCounts windows{days{30}};
  windows.record(kStart, kStart, {0, 1});  // on an edge: the last instant of its bucket
  EXPECT_EQ(windows.next_ratio_change(), kStart + minutes{5});
  windows.advance(kStart + minutes{5} - Duration{1});
  EXPECT_EQ(windows.counts(BurnWindow::M5), (Counts{0, 1}));
  windows.advance(kStart + minutes{5});
  EXPECT_EQ(windows.counts(BurnWindow::M5), Counts{});
  EXPECT_EQ(windows.counts(BurnWindow::M30), (Counts{0, 1}));
  EXPECT_EQ(windows.next_ratio_change(), kStart + minutes{30});
}

TEST(WindowedCountsEdge, GoodEventsMayStayUntilABadOneAsks) {
  WindowedCounts windows{days{30}};
  windows.record(kStart, kStart, {1, 0});
  EXPECT_EQ(windows.next_ratio_change(), kStart + days{30});
  const Instant later = kStart + minutes{6};
  windows.advance(later);
  EXPECT_EQ(windows.counts(BurnWindow::M5).bad, 0);
  windows.record(later, later, {0, 1});
  EXPECT_EQ(windows.counts(BurnWindow::M5), (Counts{0, 1}));
  EXPECT_EQ(windows.counts(BurnWindow::M30), (Counts{1, 1}));
  EXPECT_EQ(windows.slo_counts(), (Counts{1, 1}));
}

TEST(WindowedCountsEdge, ALateEventCountsOnlyWhereItsBucketLies) {
  WindowedCounts windows{days{30}};
  windows.advance(kStart);
  windows.record(kStart - minutes{4}, kStart, {0, 1});
  windows.record(kStart - minutes{40}, kStart, {0, 1});
  EXPECT_EQ(windows.counts(BurnWindow::M5), (Counts{0, 1}));
  EXPECT_EQ(windows.counts(BurnWindow::M30), (Counts{0, 1}));
  EXPECT_EQ(windows.counts(BurnWindow::H1), (Counts{0, 2}));
  windows.advance(kStart + minutes{1});
  EXPECT_EQ(windows.counts(BurnWindow::M5), Counts{});
  EXPECT_EQ(windows.counts(BurnWindow::H1), (Counts{0, 2}));
}

TEST(WindowedCountsEdge, AnEventBeforeTheSloWindowCountsNowhere) {
  WindowedCounts windows{days{30}};
  windows.record(kStart - days{31}, kStart, {0, 1});
  EXPECT_EQ(windows.slo_counts(), Counts{});
  EXPECT_EQ(windows.next_ratio_change(), kNever);
}

TEST(WindowedCountsEdge, TimeDoesNotGoBack) {
  WindowedCounts windows{days{30}};
  windows.record(kStart, kStart, {0, 1});
  windows.advance(kStart + minutes{6});
  windows.advance(kStart);
  windows.record(kStart, kStart, {0, 1});
  EXPECT_EQ(windows.counts(BurnWindow::M5), Counts{});
  EXPECT_EQ(windows.counts(BurnWindow::M30), (Counts{0, 2}));
}

TEST(WindowedCountsEdge, AJumpOverEverythingEmptiesEverything) {
  WindowedCounts windows = ten_bad_minutes(125);
  windows.advance(kStart + days{3'650});
  for (const auto& [window, counts] : all_windows(windows, days{30})) EXPECT_EQ(counts, Counts{});
  EXPECT_EQ(windows.next_ratio_change(), kNever);
}

TEST(WindowedCountsEdge, SumsStopShortOfOverflowAndComeBackToZero) {
  constexpr std::int64_t kMost = (std::int64_t{1} << 48) - 1;
  WindowedCounts windows{days{30}};
  windows.record(kStart, kStart, {kMost - 1, kMost});
  windows.record(kStart + minutes{1}, kStart + minutes{1}, {5, 5});
  for (const auto& [window, counts] : all_windows(windows, days{30})) {
    EXPECT_EQ(counts, (Counts{kMost, kMost}));
  }
  windows.advance(kStart + minutes{5});
  EXPECT_EQ(windows.counts(BurnWindow::M5), (Counts{1, 0}));
  windows.advance(kStart + days{31});
  EXPECT_EQ(windows.slo_counts(), Counts{});
}

TEST(WindowedCountsMemory, AKeySeenOnceIsSmall) {
  WindowedCounts windows{days{31}};
  windows.record(kStart, kStart, {1, 0});
  // A key may take 2 kB; its text, its index and what was announced of it need about 200 B.
  EXPECT_LE(windows.memory_bytes(), 600u);
}

TEST(WindowedCountsMemory, AWarmKeyStaysWithinItsBoundAndAllocatesNoMore) {
  WindowedCounts windows{days{31}};
  Instant now = kStart;
  const auto run_until = [&](Instant end) {
    for (; now < end; now += milliseconds{990}) windows.record(now, now, {1, 0});
  };
  run_until(kStart + days{33});
  const std::size_t warm = windows.memory_bytes();
  EXPECT_GT(warm, 30'000u);
  EXPECT_LE(warm, 37'000u);
  for (int day = 0; day < 3; ++day) {
    run_until(now + days{1});
    EXPECT_EQ(windows.memory_bytes(), warm);
  }
}

TEST(WindowedCountsMemory, AQuietKeyGivesItsPagesBack) {
  WindowedCounts windows = ten_bad_minutes(60 * 24);
  windows.advance(kStart + days{40});
  EXPECT_EQ(windows.memory_bytes(), sizeof(WindowedCounts));
}

TEST(BurnWindowNames, ComeBackAsTheyWent) {
  for (std::size_t i = 0; i < kBurnWindowCount; ++i) {
    const auto window = static_cast<BurnWindow>(i);
    EXPECT_EQ(parse_burn_window(name_of(window)), window);
    EXPECT_EQ(burn_window_names()[i], name_of(window));
    EXPECT_EQ(format_duration(length_of(window)), name_of(window));
  }
  EXPECT_EQ(parse_burn_window("4m"), std::nullopt);
}

}  // namespace
}  // namespace fusebox::slo
