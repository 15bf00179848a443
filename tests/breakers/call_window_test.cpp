#include "breakers/call_window.hpp"

#include <random>

#include <gtest/gtest.h>

#include "tests/breakers/breaker_driver.hpp"

namespace fusebox::breakers {
namespace {

constexpr CallMark kGood{};
constexpr CallMark kBad{.failure = true, .slow = false};

template <class Window>
std::string saved(const Window& window) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  window.save(archive);
  return bytes;
}

TEST(CountRing, HoldsTheLastCallsAndNoMore) {
  CountRing ring(3);
  for (const CallMark mark : {kBad, kBad, kGood}) ring.add(mark);
  EXPECT_EQ(ring.tally(), (CallTally{.calls = 3, .failures = 2, .slow = 0}));
  ring.add({.failure = false, .slow = true});
  EXPECT_EQ(ring.tally(), (CallTally{.calls = 3, .failures = 1, .slow = 1}));
  ring.add({.failure = true, .slow = true});
  EXPECT_EQ(ring.tally(), (CallTally{.calls = 3, .failures = 1, .slow = 2}));
  ring.clear();
  EXPECT_EQ(ring.tally(), CallTally{});
}

// Against the plain list of marks, over the word borders of the bitset.
TEST(CountRing, AgreesWithARecountForEveryLength) {
  std::mt19937 random(1);
  for (const std::uint32_t capacity : {1U, 2U, 31U, 32U, 33U, 64U, 100U, 1000U}) {
    CountRing ring(capacity);
    std::vector<CallMark> all;
    for (std::uint32_t i = 0; i < 3 * capacity + 2; ++i) {
      const CallMark mark{.failure = random() % 2 == 0, .slow = random() % 3 == 0};
      ring.add(mark);
      all.push_back(mark);
      CallTally expected;
      const std::size_t held = std::min<std::size_t>(capacity, all.size());
      for (std::size_t j = all.size() - held; j < all.size(); ++j) expected.add(all[j]);
      ASSERT_EQ(ring.tally(), expected) << "capacity " << capacity << " after " << i + 1;
    }
  }
}

TEST(CountRing, IsTheSameAfterSaveAndRestore) {
  for (const int calls : {0, 1, 32, 33, 40, 41, 95}) {
    CountRing ring(40);
    for (int i = 0; i < calls; ++i) ring.add({.failure = i % 3 == 0, .slow = i % 5 == 0});
    CountRing back(40);
    const std::string bytes = saved(ring);
    ArchiveReader archive(bytes);
    back.restore(archive);
    ASSERT_FALSE(archive.failed());
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(back.tally(), ring.tally());
      ring.add(kGood);
      back.add(kGood);
    }
  }
}

TEST(CountRing, RefusesBytesOfAnotherLength) {
  CountRing ring(40);
  for (int i = 0; i < 40; ++i) ring.add(kBad);
  const std::string bytes = saved(ring);
  CountRing shorter(20);
  ArchiveReader archive(bytes);
  shorter.restore(archive);
  EXPECT_TRUE(archive.failed());
  EXPECT_EQ(shorter.tally(), CallTally{});
}

struct WidthRow {
  Duration length;
  Duration width;
};

TEST(TimeBuckets, WidthsAreRoundAndAtMostSixtyFitTheWindow) {
  for (const WidthRow& row :
       {WidthRow{seconds{1}, milliseconds{20}}, WidthRow{seconds{10}, milliseconds{200}},
        WidthRow{seconds{60}, seconds{1}}, WidthRow{seconds{61}, seconds{2}},
        WidthRow{minutes{5}, seconds{5}}, WidthRow{hours{1}, minutes{1}},
        WidthRow{hours{24}, minutes{30}}}) {
    EXPECT_EQ(TimeBuckets(row.length).width(), row.width) << row.length.count();
  }
  for (Duration length = seconds{1}; length <= hours{24}; length += milliseconds{997}) {
    const Duration width = TimeBuckets(length).width();
    ASSERT_LE(length, width * 60);
    ASSERT_GE(length, width * 24);
  }
}

TEST(TimeBuckets, TheWindowIsOpenAtItsOldEndAndClosedAtItsNewOne) {
  TimeBuckets window(seconds{60});
  EXPECT_TRUE(window.add(kBad, kStart, kStart));
  EXPECT_EQ(window.tally(kStart + seconds{60} - nanoseconds{1}).calls, 1);
  EXPECT_EQ(window.tally(kStart + seconds{60}).calls, 0);
}

TEST(TimeBuckets, ACallIsForgottenLessThanOneBucketLate) {
  TimeBuckets window(seconds{60});
  const Instant at = kStart + nanoseconds{1};  // the first of its bucket: kept longest
  window.add(kBad, at, at);
  EXPECT_EQ(window.tally(at + seconds{60}).calls, 1);
  EXPECT_EQ(window.tally(at + seconds{61} - nanoseconds{2}).calls, 1);
  EXPECT_EQ(window.tally(at + seconds{61} - nanoseconds{1}).calls, 0);
}

TEST(TimeBuckets, ReachesBackBeforeTheFirstInstant) {
  TimeBuckets window(seconds{1});
  EXPECT_TRUE(window.add(kBad, from_ns(0), from_ns(0) + milliseconds{995}));
  EXPECT_EQ(window.tally(from_ns(0) + milliseconds{995}).calls, 1);
}

TEST(TimeBuckets, ALateCallGoesToItsOwnBucketWhileThatIsHeld) {
  TimeBuckets window(seconds{60});
  const Instant now = kStart + seconds{100};
  EXPECT_TRUE(window.add(kGood, now, now));
  EXPECT_TRUE(window.add(kBad, now - seconds{50}, now));
  EXPECT_FALSE(window.add(kBad, now - seconds{60}, now));
  EXPECT_EQ(window.tally(now), (CallTally{.calls = 2, .failures = 1, .slow = 0}));
  EXPECT_EQ(window.tally(now + seconds{10}), (CallTally{.calls = 1, .failures = 0, .slow = 0}));
}

// Against a list of all calls: exactly the calls whose bucket ends inside the window, so never
// less than the exact window and never more than one bucket beyond it.
TEST(TimeBuckets, AgreesWithARecountOfAllCalls) {
  std::mt19937_64 random(2);
  const auto below = [&random](std::int64_t bound) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(bound));
  };
  for (const Duration length : {Duration{seconds{1}}, Duration{milliseconds{1234}},
                                Duration{seconds{10}}, Duration{seconds{90}}}) {
    TimeBuckets window(length);
    const Duration width = window.width();
    struct Call {
      Instant at;
      CallMark mark;
    };
    std::vector<Call> all;
    Instant now = kStart;
    for (int i = 0; i < 3000; ++i) {
      now += Duration{below(length.count() / 20)};
      const Instant at = now - Duration{below(3) == 0 ? below(length.count() * 5 / 4) : 0};
      const CallMark mark{.failure = below(2) == 0, .slow = below(3) == 0};
      const auto end_of = [width](Instant of) {
        return from_ns((to_ns(of) + width.count() - 1) / width.count() * width.count());
      };
      ASSERT_EQ(window.add(mark, at, now), end_of(at) > now - length);
      all.push_back({at, mark});
      CallTally expected;
      std::int64_t exact = 0;
      for (const Call& call : all) {
        if (end_of(call.at) > now - length) expected.add(call.mark);
        if (call.at > now - length) ++exact;
      }
      ASSERT_EQ(window.tally(now), expected);
      ASSERT_GE(expected.calls, exact);
    }
  }
}

TEST(TimeBuckets, IsTheSameAfterSaveAndRestore) {
  TimeBuckets window(seconds{10});
  for (int i = 0; i < 100; ++i)
    window.add(kBad, kStart + i * milliseconds{170}, kStart + i * milliseconds{170});
  const std::string bytes = saved(window);
  TimeBuckets back(seconds{10});
  ArchiveReader archive(bytes);
  back.restore(archive);
  ASSERT_FALSE(archive.failed());
  for (int i = 99; i < 300; ++i) {
    const Instant now = kStart + i * milliseconds{170};
    ASSERT_EQ(back.tally(now), window.tally(now));
  }
}

}  // namespace
}  // namespace fusebox::breakers
