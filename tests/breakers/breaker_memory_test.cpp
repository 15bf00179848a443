// What a breaker costs in memory, and that it asks for none once warm.
#include "breakers/breaker.hpp"
#include "breakers/breaker_set.hpp"
#include "tests/breakers/allocation_counter.hpp"
#include "tests/breakers/breaker_driver.hpp"

namespace fusebox::breakers {
namespace {

BreakerSpec busy_spec(WindowSpec window) {
  BreakerSpec spec = rate_spec(window, 10, {1, 2});
  spec.slow = SlowDetector{kSlowLimit, {1, 2}};
  spec.consecutive_failures = 5;
  spec.probes = 4;
  return spec;
}

TEST(BreakerMemory, AClosedBreakerThatSawOneCallTakesAtMost512Bytes) {
  for (const WindowSpec& window :
       {WindowSpec{CountWindow{10'000}}, WindowSpec{TimeWindow{hours{24}}}}) {
    const BreakerSpec spec = busy_spec(window);
    Breaker breaker(spec);
    const std::size_t before = live_allocated_bytes();
    breaker.observe(result_of('F'), kStart, kStart);
    EXPECT_LE(sizeof(Breaker) + live_allocated_bytes() - before, 512U);
  }
}

TEST(BreakerMemory, AFullCountWindowTakesTwoBitsPerCall) {
  const BreakerSpec spec = rate_spec(CountWindow{10'000}, 10'000, {1, 1});
  Breaker breaker(spec);
  const std::size_t before = live_allocated_bytes();
  for (int i = 0; i < 30'000; ++i) breaker.observe(result_of('S'), kStart, kStart);
  EXPECT_LE(live_allocated_bytes() - before, 10'000U / 4 + 64);
}

// Opens, probes, closes and fills windows over and over in a set; only records may allocate.
TEST(BreakerMemory, NothingIsAllocatedOnceWarm) {
  for (const WindowSpec& window :
       {WindowSpec{CountWindow{100}}, WindowSpec{TimeWindow{seconds{60}}}}) {
    const BreakerSpec spec = busy_spec(window);
    Breaker breaker(spec);
    Instant now = kStart;
    const auto cycle = [&breaker, &now] {
      for (int i = 0; i < 500; ++i, now += milliseconds{200}) {
        breaker.report(breaker.take(now), result_of(i % 3 == 0 ? 'F' : 'S'), now, now);
      }
      for (int i = 0; i < 5; ++i) breaker.observe(result_of('F'), now, now);
      now = *breaker.next_deadline();
      breaker.on_deadline(now);
      for (int i = 0; i < 4; ++i) (void)breaker.take(now);
      EXPECT_FALSE(breaker.peek(now).allowed);
      now += seconds{1};  // telemetry counts if its call began in half-open
      for (int i = 0; i < 4; ++i) breaker.observe(result_of('S'), now, now);
      EXPECT_EQ(breaker.state(), BreakerState::Closed);
    };
    cycle();
    cycle();
    const std::size_t before = allocations();
    for (int i = 0; i < 10; ++i) cycle();
    EXPECT_EQ(allocations(), before);
  }
}

TEST(BreakerMemory, AWarmKeyOfASetAllocatesNothing) {
  BreakerSpec spec = busy_spec(CountWindow{100});
  spec.key = KeySpec({Dimension::Agent, Dimension::Tool});
  BreakerSet set(spec);
  Dimensions dimensions;
  dimensions[Dimension::Agent] = "an agent with a name longer than any small string";
  dimensions[Dimension::Tool] = "a tool with a name longer than any small string too";
  std::vector<telemetry::RecordBody> out;
  const auto call = [&] {
    EXPECT_TRUE(set.peek(dimensions, kStart).allowed);
    const auto taken = set.take(dimensions, kStart);
    set.report(taken, result_of('S'), kStart, kStart, out);
    set.release(set.take(dimensions, kStart));
    set.observe(dimensions, result_of('S'), kStart, kStart, out);
  };
  for (int i = 0; i < 100; ++i) call();
  const std::size_t before = allocations();
  for (int i = 0; i < 1000; ++i) call();
  EXPECT_EQ(allocations(), before);
}

}  // namespace
}  // namespace fusebox::breakers
