#include "slo/window.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/archive.hpp"
#include "tests/slo/draw.hpp"

namespace fusebox::slo {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// 2026-01-01, on an edge of every bucket.
constexpr Instant kStart{days{20'454}};
constexpr Ratio kThreeNines{999, 1000};

Duration bucket_for(Duration window) {
  if (window <= minutes{5}) return seconds{1};
  if (window <= hours{1}) return seconds{10};
  if (window <= hours{6}) return minutes{1};
  if (window <= days{3}) return minutes{10};
  return hours{1};
}

Instant edge_after(Instant at, Duration bucket) {
  const std::int64_t number = (to_ns(at) + bucket.count() - 1) / bucket.count();
  return from_ns(number * bucket.count());
}

Counts operator+(Counts a, Counts b) { return {a.good + b.good, a.bad + b.bad}; }

// The rule said slowly: every event is kept, and each answer counts them all.
class Recount {
 public:
  void record(Instant at, Counts counts) {
    if (counts != Counts{}) events_.emplace_back(at, counts);
  }
  void forget_before(Instant at) {
    std::erase_if(events_, [&](const auto& event) { return event.first < at; });
  }

  // Events whose bucket ends within (now - window, …].
  [[nodiscard]] Counts by_bucket(Duration window, Instant now) const {
    Counts sum;
    for (const auto& [at, counts] : events_) {
      if (edge_after(at, bucket_for(window)) + window > now) sum = sum + counts;
    }
    return sum;
  }
  // Events within (now - window, now].
  [[nodiscard]] Counts exactly(Duration window, Instant now) const {
    Counts sum;
    for (const auto& [at, counts] : events_) {
      if (at + window > now) sum = sum + counts;
    }
    return sum;
  }
  [[nodiscard]] Instant next_change(Duration window, Instant now) const {
    Instant next = kNever;
    for (const auto& [at, counts] : events_) {
      const Instant leaves = edge_after(at, bucket_for(window)) + window;
      if (leaves > now) next = std::min(next, leaves);
    }
    return next;
  }

 private:
  std::vector<std::pair<Instant, Counts>> events_;
};

std::string saved(WindowedCounts& windows) {
  std::string bytes;
  ArchiveWriter archive{bytes};
  archive(windows);
  return bytes;
}

bool restore(WindowedCounts& windows, std::string_view bytes) {
  ArchiveReader archive{bytes};
  archive(windows);
  return !archive.failed() && archive.at_end();
}

struct Asked {
  Duration window;
  Counts counts;
};

std::vector<Asked> all_windows(const WindowedCounts& windows, Duration slo_window) {
  std::vector<Asked> asked;
  for (std::size_t i = 0; i < kBurnWindowCount; ++i) {
    const auto window = static_cast<BurnWindow>(i);
    asked.push_back({length_of(window), windows.counts(window)});
  }
  asked.push_back({slo_window, windows.slo_counts()});
  return asked;
}

// One run of random traffic, looked at after each step.
class RandomTraffic {
 public:
  RandomTraffic(std::uint64_t seed, Duration slo_window)
      : draw_(seed), slo_window_(slo_window), windows_(slo_window) {}

  void step() {
    move_time();
    const std::int64_t events = draw_.below(4);
    for (std::int64_t i = 0; i < events; ++i) record(event_time());
    if (events == 0) windows_.advance(now_);
    model_.forget_before(now_ - days{33});
    if (draw_.one_in(10)) save_and_restore();
  }

  void check() const {
    Instant next = kNever;
    for (const auto& [window, counts] : all_windows(windows_, slo_window_)) {
      const Duration bucket = bucket_for(window);
      ASSERT_EQ(counts, model_.by_bucket(window, now_)) << format_duration(window);
      const Counts least = model_.exactly(window, now_);
      const Counts most = model_.exactly(window + bucket, now_);
      ASSERT_LE(least.good, counts.good);
      ASSERT_LE(least.bad, counts.bad);
      ASSERT_LE(counts.good, most.good);
      ASSERT_LE(counts.bad, most.bad);
      const bool aligned = to_ns(now_) % bucket.count() == 0 && window % bucket == Duration{0};
      if (aligned) {
        ASSERT_EQ(counts, least) << format_duration(window);
      }
      next = std::min(next, model_.next_change(window, now_));
    }
    ASSERT_EQ(windows_.next_change(), next);
    ASSERT_LE(windows_.memory_bytes(), 37'000u);
  }

 private:
  void move_time() {
    switch (draw_.below(8)) {
      case 0:
        return;  // a burst
      case 1:
        now_ = windows_.next_change() == kNever ? now_ : windows_.next_change();
        return;
      case 2:
        now_ = some_edge_after(now_ + any_scale());
        return;
      case 3:
        now_ += draw_.one_in(20) ? draw_.up_to(days{70}) : seconds{1};
        return;
      default:
        now_ += any_scale();
    }
  }

  Instant event_time() {
    if (!draw_.one_in(3)) return now_;
    const Instant at = now_ - (draw_.one_in(10) ? draw_.up_to(days{40}) : any_scale());
    return draw_.one_in(3) ? std::min(now_, some_edge_after(at)) : at;
  }

  // A millisecond to a hundred days, short ones as likely as long ones.
  Duration any_scale() { return Duration{draw_.below(std::int64_t{1} << (20 + draw_.below(33)))}; }
  Instant some_edge_after(Instant at) { return edge_after(at, bucket_for(draw_.up_to(days{4}))); }

  void record(Instant at) {
    const Counts counts{draw_.below(5), draw_.below(3)};
    windows_.record(at, now_, counts);
    model_.record(at, counts);
  }

  void save_and_restore() {
    WindowedCounts fresh{slo_window_};
    ASSERT_TRUE(restore(fresh, saved(windows_)));
    windows_ = std::move(fresh);
  }

  Draw draw_;
  Duration slo_window_;
  WindowedCounts windows_;
  Recount model_;
  Instant now_ = kStart;
};

class WindowedCountsAgainstRecount : public testing::TestWithParam<Duration> {};

TEST_P(WindowedCountsAgainstRecount, AgreesAfterEveryStep) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    RandomTraffic traffic{seed, GetParam()};
    for (int i = 0; i < 1'500; ++i) {
      traffic.step();
      ASSERT_NO_FATAL_FAILURE(traffic.check()) << "step " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(SloWindows, WindowedCountsAgainstRecount,
                         testing::Values(minutes{5}, seconds{433}, minutes{30}, hours{1},
                                         minutes{90}, hours{6}, hours{6} + Duration{1}, days{1},
                                         days{2}, days{3}, days{3} + seconds{1}, days{7}, days{28},
                                         days{30} + milliseconds{1'500}, days{31}),
                         [](const auto& row) { return format_duration(row.param); });

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
  windows.record(kStart, kStart, {1, 0});  // on an edge: the last instant of its bucket
  EXPECT_EQ(windows.next_change(), kStart + minutes{5});
  windows.advance(kStart + minutes{5} - Duration{1});
  EXPECT_EQ(windows.counts(BurnWindow::M5), (Counts{1, 0}));
  windows.advance(kStart + minutes{5});
  EXPECT_EQ(windows.counts(BurnWindow::M5), Counts{});
  EXPECT_EQ(windows.counts(BurnWindow::M30), (Counts{1, 0}));
  EXPECT_EQ(windows.next_change(), kStart + minutes{30});
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
  EXPECT_EQ(windows.next_change(), kNever);
}

TEST(WindowedCountsEdge, TimeDoesNotGoBack) {
  WindowedCounts windows{days{30}};
  windows.record(kStart, kStart, {1, 0});
  windows.advance(kStart + minutes{6});
  windows.advance(kStart);
  windows.record(kStart, kStart, {1, 0});
  EXPECT_EQ(windows.counts(BurnWindow::M5), Counts{});
  EXPECT_EQ(windows.counts(BurnWindow::M30), (Counts{2, 0}));
}

TEST(WindowedCountsEdge, AJumpOverEverythingEmptiesEverything) {
  WindowedCounts windows = ten_bad_minutes(125);
  windows.advance(kStart + days{3'650});
  for (const auto& [window, counts] : all_windows(windows, days{30})) EXPECT_EQ(counts, Counts{});
  EXPECT_EQ(windows.next_change(), kNever);
}

TEST(WindowedCountsEdge, SumsStopShortOfOverflowAndComeBackToZero) {
  constexpr std::int64_t kMost = (std::int64_t{1} << 62) - 1;
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
  EXPECT_LE(windows.memory_bytes(), 1'600u);
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

TEST(WindowedCountsArchive, AnUnusedKeyComesBack) {
  WindowedCounts windows{days{30}};
  WindowedCounts fresh{days{30}};
  EXPECT_TRUE(restore(fresh, saved(windows)));
  EXPECT_EQ(fresh.next_change(), kNever);
}

// The archive by hand, to write what no run produces.
struct Bucket {
  std::int64_t age;
  Counts counts;
  template <class Archive>
  void visit(Archive& archive) {
    archive(age, counts);
  }
};
struct Forged {
  Duration slo_window = days{30};
  Instant now = kStart;
  std::array<std::vector<Bucket>, 5> rings;
  template <class Archive>
  void visit(Archive& archive) {
    archive(slo_window, now, rings);
  }
};

// One event more in each coarser ring, so that the windows differ.
Forged honest() {
  Forged forged;
  for (std::size_t ring = 0; ring < forged.rings.size(); ++ring) {
    const auto more = static_cast<std::int64_t>(ring);
    forged.rings[ring] = {{0, {7 + more, 3}}, {4, {1, 0}}};
  }
  return forged;
}

bool accepted(Forged forged, WindowedCounts& windows) {
  std::string bytes;
  ArchiveWriter archive{bytes};
  archive(forged);
  return restore(windows, bytes);
}

TEST(WindowedCountsArchive, TakesAnHonestOne) {
  WindowedCounts windows{days{30}};
  ASSERT_TRUE(accepted(honest(), windows));
  EXPECT_EQ(windows.counts(BurnWindow::M5), (Counts{8, 3}));
  EXPECT_EQ(windows.counts(BurnWindow::H1), (Counts{9, 3}));
  EXPECT_EQ(windows.counts(BurnWindow::H6), (Counts{10, 3}));
  EXPECT_EQ(windows.counts(BurnWindow::D3), (Counts{11, 3}));
  EXPECT_EQ(windows.slo_counts(), (Counts{12, 3}));
  EXPECT_EQ(windows.next_change(), kStart + minutes{5} - seconds{4});
}

struct Forgery {
  std::string name;
  void (*forge)(Forged&);
};
class WindowedCountsForgery : public testing::TestWithParam<Forgery> {};

TEST_P(WindowedCountsForgery, IsRefusedAndLeavesNothing) {
  Forged forged = honest();
  GetParam().forge(forged);
  WindowedCounts windows{days{30}};
  windows.record(kStart, kStart, {1, 1});
  EXPECT_FALSE(accepted(forged, windows));
  EXPECT_EQ(windows.next_change(), kNever);
  EXPECT_EQ(windows.memory_bytes(), sizeof(WindowedCounts));
}

INSTANTIATE_TEST_SUITE_P(
    Refused, WindowedCountsForgery,
    testing::Values(Forgery{"AnotherSloWindow", [](Forged& f) { f.slo_window = days{31}; }},
                    Forgery{"NegativeTime", [](Forged& f) { f.now = from_ns(-1); }},
                    Forgery{"TimePastTheEnd",
                            [](Forged& f) { f.now = kLatestInstant + seconds{1}; }},
                    Forgery{"NegativeAge", [](Forged& f) { f.rings[0][0].age = -1; }},
                    Forgery{"SameBucketTwice", [](Forged& f) { f.rings[2][1].age = 0; }},
                    Forgery{"DescendingAges", [](Forged& f) { f.rings[2][0].age = 5; }},
                    Forgery{"OutsideItsRing", [](Forged& f) { f.rings[0][1].age = 300; }},
                    Forgery{"FarOutsideItsRing", [](Forged& f) { f.rings[4][1].age = 1LL << 40; }},
                    Forgery{"NegativeGood", [](Forged& f) { f.rings[4][0].counts.good = -1; }},
                    Forgery{"NegativeBad", [](Forged& f) { f.rings[4][0].counts.bad = -1; }},
                    Forgery{"EmptyBucket", [](Forged& f) { f.rings[4][1].counts = {}; }},
                    Forgery{"TooMany", [](Forged& f) { f.rings[4][0].counts.good = 1LL << 62; }},
                    Forgery{"TooManyTogether",
                            [](Forged& f) {
                              f.rings[4][0].counts.bad = 1LL << 61;
                              f.rings[4][1].counts.bad = 1LL << 61;
                            }},
                    Forgery{"MoreInTheParts", [](Forged& f) { f.rings[0][0].counts.bad = 4; }},
                    Forgery{"PartsWithoutAWhole", [](Forged& f) { f.rings[4].clear(); }}),
    [](const auto& row) { return row.param.name; });

TEST(WindowedCountsArchive, ShortSloWindowsHaveNoRingOfHours) {
  Forged forged = honest();
  forged.slo_window = days{3};
  WindowedCounts windows{days{3}};
  EXPECT_FALSE(accepted(forged, windows));
  forged.rings[4].clear();
  EXPECT_TRUE(accepted(forged, windows));
}

TEST(WindowedCountsArchive, DamagedBytesNeverBreakALaterRun) {
  WindowedCounts original = ten_bad_minutes(125);
  const std::string bytes = saved(original);
  Draw draw{3};
  for (int i = 0; i < 3'000; ++i) {
    std::string damaged = bytes.substr(0, draw.one_in(4) ? draw() % bytes.size() : bytes.size());
    for (std::int64_t n = draw.below(4); n > 0 && !damaged.empty(); --n) {
      damaged[draw() % damaged.size()] = static_cast<char>(draw());
    }
    WindowedCounts windows{days{30}};
    restore(windows, damaged);
    Instant now = kStart + minutes{125};
    for (int step = 0; step < 50; ++step, now += hours{17}) windows.record(now, now, {1, 1});
    windows.advance(kLatestInstant + days{40});
    ASSERT_EQ(windows.slo_counts(), Counts{});
  }
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
