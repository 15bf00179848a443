#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "breakers/limit.hpp"
#include "tests/breakers/allocation_counter.hpp"
#include "tests/breakers/limit_support.hpp"

namespace fusebox::breakers {
namespace {

using namespace testing;

LimitSpec everything() {
  LimitSpec spec = budget_spec(
      {{Resource::Tokens, 1'000'000}, {Resource::CostUsd, 1'000'000}, {Resource::ToolCalls, 9999}},
      hours{1});
  spec.rate = RateSpec{.limit = 100, .per = seconds{1}, .burst = 100};
  spec.concurrency = ConcurrencySpec{.max = 8, .lease = minutes{2}};
  spec.thresholds = {{1, 2}};
  return spec;
}

// Eight calls a second that overlap, for `seconds_long`.
void run_calls(Driver& driver, Instant from, int seconds_long) {
  std::vector<Hold> open;
  open.reserve(8);
  for (int second = 0; second < seconds_long; ++second) {
    const Instant now = from + seconds{second};
    for (const Hold& hold : open) driver.settle(hold, {.tokens_in = 3, .tokens_out = 4}, now);
    open.clear();
    for (int i = 0; i < 8; ++i) {
      if (const auto hold = driver.grant({.tokens = 10, .micro_usd = 5}, now)) {
        open.push_back(*hold);
      }
    }
    (void)driver.ask({}, now);
  }
  for (const Hold& hold : open) driver.settle(hold, {}, from + seconds{seconds_long});
}

TEST(LimitMemory, AWarmKeyAllocatesNothing) {
  Driver driver(everything());
  driver.records.reserve(100);
  run_calls(driver, kStart, 2 * 3600);  // two windows: every bucket has been there
  const std::size_t before = allocations();
  run_calls(driver, after(hours{2}), 600);
  EXPECT_EQ(allocations() - before, 1U);  // the vector of open calls above
}

TEST(LimitMemory, KeysThatComeAndGoLeaveItFlat) {
  Driver driver(everything());
  std::size_t settled = 0;
  for (int round = 0; round < 20; ++round) {
    const Instant now = after(hours{2} * round);
    for (int i = 0; i < 500; ++i) {
      driver.key = "round " + std::to_string(round) + " key " + std::to_string(i);
      ASSERT_TRUE(driver.call({.tokens = 1, .micro_usd = 1}, {}, now));
    }
    const std::size_t full = live_allocated_bytes();
    driver.limit.sweep(now + minutes{119}, 1000);
    ASSERT_EQ(driver.limit.key_count(), 0U);
    // The key table keeps its places; the buckets and slots of each key went back.
    ASSERT_LE(live_allocated_bytes() + std::size_t{500 * 16}, full);
    if (round == 3) settled = live_allocated_bytes();
    if (round > 3) {
      ASSERT_LE(live_allocated_bytes(), settled + 256) << round;  // the buffer of the key's name
    }
  }
}

}  // namespace
}  // namespace fusebox::breakers
