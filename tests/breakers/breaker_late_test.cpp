// What arrives late, twice or by telemetry alone.
#include "breakers/breaker.hpp"
#include "tests/breakers/breaker_driver.hpp"

namespace fusebox::breakers {
namespace {

CallResult took(telemetry::Outcome outcome, Duration duration) { return {outcome, duration}; }

// Half-open at `kStart` + 10 s.
class HalfOpened : public Driver {
 public:
  explicit HalfOpened(std::uint32_t probes) : Driver(make(probes)) {
    calls("F");
    advance(seconds{10});
    moves.clear();
  }
  void observe_took(telemetry::Outcome outcome, Duration duration) {
    if (const auto moved = breaker.observe(took(outcome, duration), now, now)) {
      moves.push_back(*moved);
    }
  }

 private:
  static BreakerSpec make(std::uint32_t probes) {
    BreakerSpec spec = consecutive_spec(1);
    spec.probes = probes;
    return spec;
  }
};

TEST(BreakerTelemetry, AloneIsEnoughToOpen) {
  Driver driver(consecutive_spec(3));
  driver.observe('F');
  driver.observe('T');
  driver.observe('F');
  EXPECT_EQ(driver.story(), "closed>open:consecutive_failures");
}

TEST(BreakerTelemetry, NeutralOutcomesCountNothing) {
  using telemetry::Outcome;
  Driver driver(rate_spec(CountWindow{4}, 1, {1, 1}));
  for (const Outcome outcome : {Outcome::Cancelled, Outcome::Throttled, Outcome::Denied}) {
    EXPECT_FALSE(driver.breaker.observe({outcome, seconds{60}}, driver.now, driver.now));
    EXPECT_FALSE(
        driver.breaker.report(driver.take(), {outcome, seconds{60}}, driver.now, driver.now));
  }
  EXPECT_EQ(driver.breaker.tally(driver.now), CallTally{});
}

TEST(BreakerTelemetry, IsIgnoredWhileOpen) {
  Driver driver(consecutive_spec(1));
  driver.calls("F");
  for (int i = 0; i < 5; ++i) driver.observe('S');
  EXPECT_EQ(driver.state(), BreakerState::Open);
  EXPECT_EQ(driver.moves.size(), 1U);
}

TEST(BreakerTelemetry, CountsInHalfOpenIfTheCallBeganThen) {
  HalfOpened driver(2);
  driver.advance(seconds{1});
  driver.observe_took(telemetry::Outcome::Error, seconds{1} + nanoseconds{1});  // began while open
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  driver.observe_took(telemetry::Outcome::Ok, seconds{1});  // began at the very deadline
  EXPECT_EQ(driver.breaker.tally(driver.now).calls, 1);
  driver.observe_took(telemetry::Outcome::Ok, milliseconds{10});
  EXPECT_EQ(driver.story(), "half_open>closed:probe_succeeded");
}

TEST(BreakerTelemetry, DecidesTogetherWithProbesAndTakesNoSlot) {
  HalfOpened driver(2);
  const auto probes = driver.take_many(2);
  driver.advance(seconds{1});
  driver.observe('S');
  EXPECT_FALSE(driver.breaker.peek(driver.now).allowed);
  driver.end(probes[0], 'S');
  EXPECT_EQ(driver.story(), "half_open>closed:probe_succeeded");
  driver.end(probes[1], 'F');  // of the episode that is over
  EXPECT_EQ(driver.state(), BreakerState::Closed);
}

TEST(BreakerTelemetry, NewsOfTheOutageDoesNotReopenWhatHasRecovered) {
  HalfOpened driver(1);
  driver.calls("S");
  ASSERT_EQ(driver.state(), BreakerState::Closed);
  driver.advance(seconds{5});
  driver.observe_took(telemetry::Outcome::Timeout, seconds{60});
  EXPECT_EQ(driver.state(), BreakerState::Closed);
  driver.observe_took(telemetry::Outcome::Timeout, seconds{4});
  EXPECT_EQ(driver.state(), BreakerState::Open);
}

TEST(BreakerTelemetry, WithoutADurationACallBeganWhenItEnded) {
  HalfOpened driver(1);
  EXPECT_FALSE(driver.breaker.observe({telemetry::Outcome::Ok, std::nullopt},
                                      driver.now - nanoseconds{1}, driver.now));
  EXPECT_TRUE(
      driver.breaker.observe({telemetry::Outcome::Ok, std::nullopt}, driver.now, driver.now));
}

TEST(BreakerTelemetry, ALateResultIsCountedInTheTimeItBelongsTo) {
  Driver driver(rate_spec(TimeWindow{seconds{60}}, 2, {1, 1}));
  driver.advance(minutes{5});
  const CallResult failed = result_of('F');
  EXPECT_FALSE(driver.breaker.observe(failed, driver.now - seconds{50}, driver.now));
  driver.advance(seconds{20});  // it has left
  EXPECT_FALSE(driver.breaker.observe(failed, driver.now, driver.now));
  EXPECT_EQ(driver.breaker.tally(driver.now).calls, 1);
  EXPECT_TRUE(driver.breaker.observe(failed, driver.now - seconds{59}, driver.now));
}

TEST(BreakerTelemetry, AResultFromTheFutureCountsAsNow) {
  Driver driver(rate_spec(TimeWindow{seconds{60}}, 100, {1, 1}));
  driver.breaker.observe(result_of('F'), driver.now + hours{1}, driver.now);
  driver.advance(seconds{60});
  EXPECT_EQ(driver.breaker.tally(driver.now).calls, 0);
}

// Old successes leave the window and the rate rises, but only a result that is in it may say so.
TEST(BreakerTelemetry, AResultTooLateForTheWindowDecidesNoRate) {
  Driver driver(rate_spec(TimeWindow{seconds{60}}, 2, {1, 2}));
  driver.calls("SSS");
  driver.advance(seconds{30});
  driver.calls("FF");
  driver.advance(seconds{30});
  EXPECT_EQ(driver.breaker.tally(driver.now).calls, 2);  // both failed
  EXPECT_FALSE(driver.breaker.observe(result_of('S'), driver.now - minutes{2}, driver.now));
  EXPECT_TRUE(driver.breaker.observe(result_of('S'), driver.now, driver.now));
}

TEST(BreakerTickets, AProbeReportedTwiceCountsOnce) {
  HalfOpened driver(3);
  const Ticket probe = driver.take();
  driver.end(probe, 'S');
  driver.end(probe, 'S');
  driver.end(probe, 'N');
  driver.breaker.release(probe);
  EXPECT_EQ(driver.breaker.tally(driver.now).calls, 1);
  EXPECT_EQ(driver.take_many(2).size(), 2U);
  EXPECT_FALSE(driver.breaker.peek(driver.now).allowed);
}

TEST(BreakerTickets, WhatIsTakenAgainstARefusalBelongsToNoGeneration) {
  Driver driver(consecutive_spec(1));
  driver.calls("F");
  const Ticket in_open = driver.breaker.take(driver.now);
  driver.advance(seconds{10});
  (void)driver.take();
  const Ticket without_slot = driver.breaker.take(driver.now);
  driver.end(in_open, 'F');
  driver.end(without_slot, 'F');
  driver.breaker.release(without_slot);
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  EXPECT_FALSE(driver.breaker.peek(driver.now).allowed);
}

TEST(BreakerTickets, ResultsOfACallThatOutlivedTwoTransitionsAreIgnored) {
  Driver driver(consecutive_spec(1));
  const Ticket old = driver.take();
  driver.calls("F");
  driver.advance(seconds{10});
  driver.calls("S");
  ASSERT_EQ(driver.state(), BreakerState::Closed);
  driver.end(old, 'F');
  EXPECT_EQ(driver.state(), BreakerState::Closed);
  EXPECT_EQ(driver.breaker.generation(), 4U);
}

TEST(BreakerPatience, IsThatOfTheOldestProbeStillUnderWay) {
  HalfOpened driver(3);
  const Ticket first = driver.take();
  driver.advance(seconds{10});
  (void)driver.take();
  const Instant second_sent = driver.now;
  EXPECT_EQ(driver.breaker.next_deadline(), second_sent + seconds{20});
  driver.end(first, 'S');
  EXPECT_EQ(driver.breaker.next_deadline(), second_sent + seconds{30});
}

TEST(BreakerPatience, ADeadlineFiredLateActsAsIfInTime) {
  Driver late(consecutive_spec(1));
  late.calls("F");
  EXPECT_FALSE(late.breaker.on_deadline(late.now + seconds{10} - nanoseconds{1}));
  EXPECT_TRUE(late.breaker.on_deadline(late.now + seconds{60}));
  // A call that began at the deadline, before it was fired, is one of half-open.
  const Instant deadline = late.now + seconds{10};
  EXPECT_TRUE(late.breaker.observe(took(telemetry::Outcome::Ok, seconds{1}), deadline + seconds{1},
                                   late.now + seconds{60}));
}

TEST(BreakerPatience, FiredLateItOpensAsIfInTime) {
  HalfOpened driver(1);
  (void)driver.take();
  const Instant silent = driver.now + seconds{30};
  EXPECT_TRUE(driver.breaker.on_deadline(silent + seconds{5}));
  EXPECT_EQ(driver.breaker.next_deadline(), silent + seconds{10});
}

TEST(BreakerDetectors, TheFirstOfThemIsNamed) {
  BreakerSpec spec = rate_spec(CountWindow{4}, 2, {1, 2});
  spec.slow = SlowDetector{kSlowLimit, {1, 2}};
  Driver by_rate(spec);
  by_rate.calls("ff");
  EXPECT_EQ(by_rate.story(), "closed>open:failure_rate");
  spec.consecutive_failures = 2;
  Driver by_row(spec);
  by_row.calls("ff");
  EXPECT_EQ(by_row.story(), "closed>open:consecutive_failures");
}

TEST(BreakerDetectors, AMinimumAboveACountWindowIsTheWindow) {
  Driver driver(rate_spec(CountWindow{3}, 100, {1, 1}));
  driver.calls("FF");
  EXPECT_EQ(driver.state(), BreakerState::Closed);
  driver.calls("F");
  EXPECT_EQ(driver.state(), BreakerState::Open);
}

TEST(BreakerBackoff, IsCappedAndNeverOverflows) {
  BreakerSpec spec = consecutive_spec(1);
  spec.open_backoff = {1'000'000'007, 3};
  spec.open_max = hours{24 * 365 * 10};
  Driver driver(spec);
  driver.calls("F");
  for (int i = 0; i < 6; ++i) {
    driver.advance(driver.moves.back().wait);
    driver.calls("F");
  }
  EXPECT_EQ(driver.moves.back().wait, spec.open_max);
}

}  // namespace
}  // namespace fusebox::breakers
