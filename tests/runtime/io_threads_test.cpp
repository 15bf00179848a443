#include "sre/runtime/io_threads.hpp"

#include <csignal>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "tests/runtime/support.hpp"

namespace fusebox::runtime {
namespace {

using testing::Counter;

constexpr Duration kSoon = std::chrono::milliseconds{1};
constexpr Duration kNotInThisTest = std::chrono::hours{1};

TEST(IoThreads, RunWhatIsPostedOnTheirOwnThreads) {
  Counter ran;
  IoThreads io(2);
  const auto here = std::this_thread::get_id();
  for (int i = 0; i < 100; ++i) {
    io.post([&ran, here, owned = std::make_unique<int>(1)] {
      if (std::this_thread::get_id() != here) ran.raise(*owned);
    });
  }
  EXPECT_TRUE(ran.reaches(100));
}

TEST(IoThreads, CallOnceAfterADelayAndAgainAfterEachInterval) {
  Counter once;
  Counter often;
  IoThreads io;
  const Timer after = io.after(kSoon, [&once] { once.raise(); });
  const Timer every = io.every(kSoon, [&often] { often.raise(); });
  EXPECT_TRUE(often.reaches(5));
  EXPECT_TRUE(once.reaches(1));
  EXPECT_EQ(once.value(), 1);
}

TEST(IoThreads, ACancelledTimerDoesNotRun) {
  Counter wrong;
  Counter right;
  IoThreads io;
  Timer cancelled = io.after(kSoon, [&wrong] { wrong.raise(); });
  cancelled.cancel();
  {
    const Timer destroyed = io.after(kSoon, [&wrong] { wrong.raise(); });
  }
  Timer replaced = io.after(kNotInThisTest, [&wrong] { wrong.raise(); });
  replaced = io.after(2 * kSoon, [&right] { right.raise(); });
  EXPECT_TRUE(right.reaches(1));
  EXPECT_EQ(wrong.value(), 0);
}

TEST(IoThreads, ATimerMayCancelItself) {
  Counter ran;
  Counter later;
  Timer timer;
  IoThreads io;
  io.post([&] { timer = io.every(kSoon, [&] { timer.cancel(), ran.raise(); }); });
  ASSERT_TRUE(ran.reaches(1));
  const Timer other = io.after(3 * kSoon, [&later] { later.raise(); });
  EXPECT_TRUE(later.reaches(1));
  EXPECT_EQ(ran.value(), 1);
}

TEST(IoThreads, ATimerMayOutliveThem) {
  Timer timer;
  {
    IoThreads io;
    timer = io.after(kNotInThisTest, [] {});
  }
  timer.cancel();
}

TEST(IoThreads, HandOverEachSignal) {
  Counter seen;
  IoThreads io;
  ASSERT_TRUE(io.on_signals({SIGUSR1, SIGUSR2},
                            [&seen](int number) { seen.raise(number == SIGUSR1 ? 1 : 10); }));
  ::raise(SIGUSR1);
  ASSERT_TRUE(seen.reaches(1));
  ::raise(SIGUSR2);
  EXPECT_TRUE(seen.reaches(11));
}

TEST(IoThreads, RefuseASignalThatCannotBeWaitedFor) {
  IoThreads io;
  EXPECT_FALSE(io.on_signals({SIGKILL}, [](int) {}));
}

TEST(IoThreads, DropWhatIsQueuedWhenTheyStop) {
  const auto held = std::make_shared<int>(1);
  {
    IoThreads io;
    io.stop();
    io.post([held] { FAIL(); });
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace fusebox::runtime
