// The windows against a full recount: random traffic with bursts, gaps, late events, jumps over
// whole rings, and a save and restore now and then.
#include <algorithm>
#include <string>
#include <utility>
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
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

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
    Instant next_ratio = kNever;
    for (const auto& [window, counts] : all_windows(windows_, slo_window_)) {
      const Duration bucket = bucket_for(window);
      const Counts recounted = model_.by_bucket(window, now_);
      if (counts.bad == 0 && window != slo_window_) {  // good ones may have stayed
        ASSERT_EQ(recounted.bad, 0) << format_duration(window);
        ASSERT_GE(counts.good, recounted.good) << format_duration(window);
        continue;
      }
      ASSERT_EQ(counts, recounted) << format_duration(window);
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
      const Instant leaves = model_.next_change(window, now_);
      next_ratio = std::min(next_ratio, leaves);
    }
    ASSERT_EQ(windows_.next_ratio_change(), next_ratio);
    ASSERT_LE(windows_.memory_bytes(), 37'000u);
  }

 private:
  void move_time() {
    switch (draw_.below(8)) {
      case 0:
        return;  // a burst
      case 1:
        now_ = windows_.next_ratio_change() == kNever ? now_ : windows_.next_ratio_change();
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

}  // namespace
}  // namespace fusebox::slo
