#include "breakers/gcra.hpp"

#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/breakers/limit_support.hpp"

namespace fusebox::breakers {
namespace {

using namespace testing;

// Takes as many calls as pass at once.
int drain(Gcra& rate, Instant now) {
  int taken = 0;
  for (; rate.allows(now); ++taken) rate.take(now);
  return taken;
}

TEST(Gcra, BurstIsEverythingAtOnceFromIdleThenOnePerInterval) {
  const RateSpec spec{.limit = 30, .per = seconds{60}, .burst = 16};
  Gcra rate(spec);
  EXPECT_EQ(rate.available(kStart), 16);
  EXPECT_EQ(drain(rate, kStart), 16);
  EXPECT_EQ(rate.available(kStart), 0);
  for (int i = 1; i <= 5; ++i) {
    EXPECT_FALSE(rate.allows(after(seconds{2 * i} - nanoseconds{1})));
    EXPECT_EQ(drain(rate, after(seconds{2 * i})), 1);
  }
}

TEST(Gcra, RetryAfterIsTheFirstNanosecondThatPasses) {
  // 60 s / 7 is 8 571 428 571.43 ns.
  const RateSpec spec{.limit = 7, .per = seconds{60}, .burst = 1};
  Gcra rate(spec);
  rate.take(kStart);
  EXPECT_EQ(rate.retry_after(kStart), nanoseconds{8'571'428'572});
  EXPECT_FALSE(rate.allows(after(nanoseconds{8'571'428'571})));
  EXPECT_TRUE(rate.allows(after(nanoseconds{8'571'428'572})));
  EXPECT_EQ(rate.retry_after(after(nanoseconds{8'571'428'572})), Duration{0});
}

TEST(Gcra, DoesNotDriftOverAMonthOfAnIntervalThatDoesNotDivide) {
  // 7 a minute, each call as soon as it passes: the k-th after the burst passes at k x 60/7 s,
  // rounded up once and not k times. (With a burst of 1 the caller's own rounding would add up: it
  // cannot arrive at a fraction of a nanosecond, and a token that waits is lost.)
  const RateSpec spec{.limit = 7, .per = seconds{60}, .burst = 2};
  Gcra rate(spec);
  EXPECT_EQ(drain(rate, kStart), 2);
  Instant now = kStart;
  for (int i = 0; i < 7 * 60 * 24 * 30; ++i) {
    now += rate.retry_after(now);
    rate.take(now);
  }
  EXPECT_EQ(now, after(hours{24 * 30}));
}

TEST(Gcra, StandingStillRefillsNothing) {
  const RateSpec spec{.limit = 1000, .per = seconds{1}, .burst = 3};
  Gcra rate(spec);
  EXPECT_EQ(drain(rate, kStart), 3);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(rate.allows(kStart));
}

TEST(Gcra, IdleTimeNeverSavesUpMoreThanTheBurst) {
  const RateSpec spec{.limit = 1000, .per = seconds{1}, .burst = 3};
  Gcra rate(spec);
  EXPECT_EQ(drain(rate, kStart), 3);
  EXPECT_EQ(drain(rate, after(hours{24 * 365})), 3);
}

TEST(Gcra, IsIdleExactlyWhenTheBucketIsFull) {
  const RateSpec spec{.limit = 1, .per = seconds{10}, .burst = 2};
  Gcra rate(spec);
  EXPECT_TRUE(rate.idle(kStart));
  rate.take(kStart);
  EXPECT_FALSE(rate.idle(after(seconds{10} - nanoseconds{1})));
  EXPECT_TRUE(rate.idle(after(seconds{10})));
}

TEST(Gcra, TheLargestNumbersSaturateInsteadOfOverflowing) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const RateSpec spec{.limit = kMax, .per = Duration{kMax}, .burst = kMax};
  Gcra rate(spec);  // one a nanosecond, and a burst that reaches beyond the end of time
  EXPECT_TRUE(rate.allows(kStart));
  rate.take(kStart);
  EXPECT_TRUE(rate.allows(kNever - nanoseconds{1}));
  EXPECT_FALSE(rate.allows(kNever));

  const RateSpec slow{.limit = 1, .per = Duration{kMax}, .burst = kMax};
  Gcra never(slow);
  EXPECT_FALSE(never.allows(kStart));  // its TAT would lie beyond the end of time
  EXPECT_EQ(never.retry_after(kStart), kNever - kStart);
}

// A bucket of tokens, kept as tokens x per so that every refill is a whole number.
class TokenBucket {
 public:
  TokenBucket(const RateSpec& spec, Instant now) : spec_(spec), last_(now) { level_ = capacity(); }
  bool take(Instant now) {
    level_ += static_cast<Int128>((now - last_).count()) * spec_.limit;
    level_ = std::min(level_, capacity());
    last_ = now;
    if (level_ < spec_.per.count()) return false;
    level_ -= spec_.per.count();
    return true;
  }

 private:
  [[nodiscard]] Int128 capacity() const {
    return static_cast<Int128>(spec_.burst) * spec_.per.count();
  }
  RateSpec spec_;
  Instant last_;
  Int128 level_ = 0;
};

std::int64_t draw(std::mt19937_64& random, std::int64_t below) {
  return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
}

void expect_same_as_bucket(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const RateSpec spec{.limit = 1 + draw(random, 100),
                      .per = nanoseconds{1 + draw(random, 100'000)},
                      .burst = 1 + draw(random, 20)};
  Gcra rate(spec);
  TokenBucket bucket(spec, kStart);
  Instant now = kStart;
  const std::int64_t interval = spec.per.count() / spec.limit;
  for (int i = 0; i < 2000; ++i) {
    // Mostly about one interval apart, sometimes not at all, seldom long.
    now += nanoseconds{draw(random, 2 * interval + 2) * draw(random, 2)};
    if (draw(random, 100) == 0) now += spec.per * draw(random, 3);
    const bool passes = rate.allows(now);
    ASSERT_EQ(passes, bucket.take(now)) << "step " << i;
    const Duration wait = rate.retry_after(now);
    ASSERT_EQ(passes, wait == Duration{0});
    ASSERT_TRUE(rate.allows(now + wait));
    if (!passes) {
      ASSERT_FALSE(rate.allows(now + wait - nanoseconds{1}));
    }
    if (passes) rate.take(now);
    ASSERT_EQ(rate.available(now) > 0, rate.allows(now));
  }
}

TEST(GcraProperty, DecidesAsAnExactTokenBucket) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) expect_same_as_bucket(seed);
}

std::string saved(Gcra& rate) {
  std::string bytes;
  ArchiveWriter writer(bytes);
  writer(rate);
  return bytes;
}

TEST(GcraArchive, RestoresToTheFractionOfANanosecond) {
  const RateSpec spec{.limit = 7, .per = nanoseconds{10}, .burst = 100};
  Gcra rate(spec);
  for (int i = 0; i < 33; ++i) rate.take(kStart);
  const std::string bytes = saved(rate);
  Gcra copy(spec);
  ArchiveReader reader(bytes);
  reader(copy);
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(saved(copy), bytes);
  EXPECT_EQ(drain(copy, kStart), drain(rate, kStart));
}

TEST(GcraArchive, SurvivesAChangeOfTheLimitWithinANanosecond) {
  const RateSpec before{.limit = 7, .per = seconds{60}, .burst = 1};
  const RateSpec now{.limit = 3, .per = seconds{60}, .burst = 1};
  Gcra rate(before);
  rate.take(kStart);
  const std::string bytes = saved(rate);
  Gcra copy(now);
  ArchiveReader reader(bytes);
  reader(copy);
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(copy.retry_after(kStart), rate.retry_after(kStart));
}

TEST(GcraArchive, RefusesNegativeTimes) {
  const RateSpec spec{.limit = 7, .per = seconds{60}, .burst = 1};
  for (const auto& [whole, part] : {std::pair{-1, 0}, std::pair{0, -1}}) {
    std::string bytes;
    ArchiveWriter writer(bytes);
    writer(std::int64_t{whole}, std::int64_t{part});
    Gcra rate(spec);
    ArchiveReader reader(bytes);
    reader(rate);
    EXPECT_TRUE(reader.failed());
  }
}

}  // namespace
}  // namespace fusebox::breakers
