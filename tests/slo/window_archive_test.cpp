// Saved windows: what comes back, what is refused, and that damage never breaks a later run.
#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slo/window.hpp"
#include "tests/slo/draw.hpp"
#include "tests/slo/window_support.hpp"

namespace fusebox::slo {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(WindowedCountsArchive, AnUnusedKeyComesBack) {
  WindowedCounts windows{days{30}};
  WindowedCounts fresh{days{30}};
  EXPECT_TRUE(restore(fresh, saved(windows)));
  EXPECT_EQ(fresh.next_ratio_change(), kNever);
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
  EXPECT_EQ(windows.next_ratio_change(), kStart + minutes{5} - seconds{4});
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
  EXPECT_EQ(windows.next_ratio_change(), kNever);
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
  WindowedCounts original{days{30}};
  for (int minute = 1; minute <= 125; ++minute) {
    original.record(kStart + minutes{minute}, kStart + minutes{minute}, {900, 100});
  }
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

}  // namespace
}  // namespace fusebox::slo
