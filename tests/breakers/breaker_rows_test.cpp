// Rows B01 to B41 that concern the closed and the open state: what six other breakers answer in
// their own test suites. Where ours answers otherwise on purpose, the test says why.
#include "breakers/breaker.hpp"
#include "tests/breakers/breaker_driver.hpp"

namespace fusebox::breakers {
namespace {

constexpr Ratio kHalf{1, 2};

TEST(BreakerRows, B01_TimeWindowOpensOnASuccessOnceTheMinimumIsReached) {
  Driver driver(rate_spec(TimeWindow{seconds{20}}, 5, kHalf));
  driver.calls("FFFS");
  EXPECT_EQ(driver.state(), BreakerState::Closed);
  driver.calls("S");
  ASSERT_EQ(driver.story(), "closed>open:failure_rate");  // exactly one
  EXPECT_EQ(driver.moves[0].failures, 3);
  EXPECT_EQ(driver.moves[0].calls, 5);
}

TEST(BreakerRows, B02_EqualityWithTheRateOpens) {
  Driver driver(rate_spec(TimeWindow{seconds{20}}, 5, kHalf));
  for (const char letter : std::string_view("SSSFF")) {
    driver.calls(std::string_view(&letter, 1));
    driver.advance(seconds{1});
  }
  EXPECT_EQ(driver.state(), BreakerState::Closed);  // 2 of 5 is 40%
  driver.calls("F");                                // 3 of 6
  EXPECT_EQ(driver.story(), "closed>open:failure_rate");
}

TEST(BreakerRows, B03_SlowFailuresCountInBothRates) {
  BreakerSpec spec = rate_spec(CountWindow{10}, 5, kHalf);
  spec.slow = SlowDetector{kSlowLimit, kHalf};
  Driver driver(spec);
  driver.calls("fsFSs");
  ASSERT_EQ(driver.story(), "closed>open:slow_rate");
  EXPECT_EQ(driver.moves[0].slow, 3);
  EXPECT_EQ(driver.moves[0].failures, 2);
}

TEST(BreakerRows, B04_OpenRefusesAndThenLetsAProbeThroughWithCountersCleared) {
  BreakerSpec spec = consecutive_spec(1);
  spec.open_wait = seconds{5};
  Driver driver(spec);
  driver.calls("F");
  driver.advance(seconds{3});
  driver.expect_refused(policy::Reason::BreakerOpen, seconds{2});
  driver.advance(seconds{3});
  EXPECT_TRUE(driver.breaker.peek(driver.now).allowed);
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  EXPECT_EQ(driver.breaker.tally(driver.now), CallTally{});
}

TEST(BreakerRows, B07_ExponentialBackoffOnReopening) {
  BreakerSpec spec = consecutive_spec(1);
  spec.open_wait = seconds{5};
  spec.open_backoff = {3, 2};
  Driver driver(spec);
  driver.calls("F");
  driver.advance(seconds{5});
  driver.calls("F");  // reopened for 7.5 s
  driver.advance(seconds{6});
  driver.expect_refused(policy::Reason::BreakerOpen, milliseconds{1500});
  driver.advance(seconds{5});
  EXPECT_TRUE(driver.breaker.peek(driver.now).allowed);
}

// Others need a strictly higher rate or a minimum above the calls; both inclusive here.
TEST(BreakerRows, B20_RateAndMinimumAreInclusive) {
  const Ratio tenth{1, 10};
  struct Row {
    int calls;
    int failures;
    bool opens;
  };
  for (const Row& row : {Row{10, 0, false}, Row{10, 1, true}, Row{11, 2, true}, Row{9, 1, false}}) {
    Driver driver(rate_spec(CountWindow{100}, 10, tenth));
    for (int i = 0; i < row.calls; ++i) {
      // Failures first, so that nothing opens before the minimum is reached.
      driver.observe(i < row.failures ? 'F' : 'S');
    }
    EXPECT_EQ(driver.state() == BreakerState::Open, row.opens)
        << row.failures << " of " << row.calls;
  }
}

// Polly counts failures while open and while isolated; here open hears nothing (isolation is not
// built), and half-open counts what decides it. Nothing ever extends the break.
TEST(BreakerRows, B21_FailuresWhileOpenNeverExtendTheBreak) {
  Driver driver(consecutive_spec(2));
  driver.calls("F");
  EXPECT_EQ(driver.breaker.tally(driver.now).failures, 1);
  const Ticket early = driver.take();
  driver.calls("F");
  const auto deadline = driver.breaker.next_deadline();
  driver.advance(seconds{1});
  driver.end(early, 'F');
  driver.observe('F');
  EXPECT_EQ(driver.breaker.next_deadline(), deadline);
  EXPECT_EQ(driver.breaker.tally(driver.now), CallTally{});
  driver.advance(seconds{9});
  driver.observe('N');
  EXPECT_EQ(driver.breaker.tally(driver.now), CallTally{});
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
}

TEST(BreakerRows, B22_BackoffCountsReopeningsInARowAndStartsAnewAfterClosing) {
  BreakerSpec spec = consecutive_spec(1);
  spec.open_wait = seconds{1};
  spec.open_backoff = {2, 1};
  Driver driver(spec);
  std::vector<Duration> waits;
  const auto fail = [&] {
    driver.calls("F");
    waits.push_back(driver.moves.back().wait);
    driver.advance(waits.back());
  };
  for (int i = 0; i < 5; ++i) fail();
  driver.calls("S");
  EXPECT_EQ(driver.state(), BreakerState::Closed);
  for (int i = 0; i < 3; ++i) fail();
  const std::vector<Duration> expected{seconds{1},  seconds{2}, seconds{4}, seconds{8},
                                       seconds{16}, seconds{1}, seconds{2}, seconds{4}};
  EXPECT_EQ(waits, expected);  // attempts 0 1 2 3 4 0 1 2
}

TEST(BreakerRows, B23_TheDeadlineStopsAtTheEndOfTimeInsteadOfOverflowing) {
  Driver driver(consecutive_spec(1));
  driver.now = kNever - seconds{10} + milliseconds{10};
  driver.calls("F");
  EXPECT_EQ(driver.breaker.next_deadline(), std::nullopt);
  driver.expect_refused(policy::Reason::BreakerOpen, seconds{10} - milliseconds{10});
}

TEST(BreakerRows, B26_OnlyTheOldestBucketLeavesAWindow) {
  Driver driver(rate_spec(TimeWindow{seconds{10}}, 1, kHalf));
  for (int i = 0; i < 10; ++i) {
    driver.calls("S");
    driver.advance(seconds{1});
  }
  EXPECT_EQ(driver.breaker.tally(driver.now).calls, 9);
  driver.advance(seconds{1});
  EXPECT_EQ(driver.breaker.tally(driver.now).calls, 8);
}

// Polly's rejections were exceptions that grew their stack trace; ours are values that do not
// depend on how often one asks.
TEST(BreakerRows, B27_AHundredRefusalsAreTheSameRefusal) {
  Driver driver(consecutive_spec(1));
  driver.calls("F");
  for (int i = 0; i < 100; ++i) driver.expect_refused(policy::Reason::BreakerOpen, seconds{10});
}

TEST(BreakerRows, B28_ASuccessEndsTheRowOfFailures) {
  Driver driver(consecutive_spec(6));
  driver.calls("FFFFFSF");
  EXPECT_EQ(driver.state(), BreakerState::Closed);
  driver.calls("FFFFF");
  ASSERT_EQ(driver.story(), "closed>open:consecutive_failures");
  EXPECT_EQ(driver.moves[0].failures, 6);
  EXPECT_EQ(driver.breaker.tally(driver.now), CallTally{});
}

// gobreaker leaves open strictly after the timeout; here the deadline itself counts.
TEST(BreakerRows, B29_TheDeadlineItselfIsHalfOpen) {
  Driver driver(consecutive_spec(1));
  driver.calls("F");
  driver.advance(seconds{10} - nanoseconds{1});
  driver.expect_refused(policy::Reason::BreakerOpen, nanoseconds{1});
  EXPECT_TRUE(driver.breaker.peek(driver.now + nanoseconds{1}).allowed);
  driver.advance(nanoseconds{1});
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
}

// gobreaker clears a fixed interval; a rolling window of the same length forgets the same calls.
TEST(BreakerRows, B32_CallsOlderThanTheWindowAreForgotten) {
  Driver driver(rate_spec(TimeWindow{seconds{30}}, 10, kHalf));
  driver.calls("SSSSSSSSSSSSSSS");
  driver.advance(seconds{30});
  driver.calls("F");
  EXPECT_EQ(driver.breaker.tally(driver.now), (CallTally{.calls = 1, .failures = 1, .slow = 0}));
}

TEST(BreakerRows, B33_ARowOfFailuresSurvivesTheBucketsItBeganIn) {
  BreakerSpec spec = rate_spec(TimeWindow{seconds{30}}, 100, kHalf);
  spec.consecutive_failures = 4;
  Driver driver(spec);
  for (int i = 0; i < 3; ++i) {
    driver.calls("F");
    driver.advance(seconds{15});
  }
  EXPECT_EQ(driver.breaker.tally(driver.now).calls, 1);  // (15 s, 45 s] holds the third
  driver.calls("F");
  EXPECT_EQ(driver.story(), "closed>open:consecutive_failures");
}

TEST(BreakerRows, B36_ThreeInARow) {
  Driver driver(consecutive_spec(3));
  driver.calls("FSFF");
  EXPECT_EQ(driver.state(), BreakerState::Closed);
  driver.calls("F");
  EXPECT_EQ(driver.state(), BreakerState::Open);
}

TEST(BreakerRows, B37_TwoOfThree) {
  Driver driver(rate_spec(CountWindow{3}, 3, {2, 3}));
  driver.calls("FS");
  EXPECT_EQ(driver.state(), BreakerState::Closed);
  driver.calls("F");
  EXPECT_EQ(driver.story(), "closed>open:failure_rate");
}

// Sentinel needs strictly more than the ratio (but for 1.0); here "at or above" is one rule for
// all rates. What is strict is slowness itself: exactly `longer_than` is not slow.
TEST(BreakerRows, B41_TheSlowRateIsInclusiveAndSlownessIsStrict) {
  BreakerSpec spec = plain_spec();
  spec.window = CountWindow{10};
  spec.minimum_calls = 5;
  spec.slow = SlowDetector{kSlowLimit, {4, 5}};
  Driver equal(spec);
  equal.calls("ssssS");
  EXPECT_EQ(equal.story(), "closed>open:slow_rate");

  Driver at_limit(spec);
  for (int i = 0; i < 10; ++i) {
    const CallResult result{telemetry::Outcome::Ok, kSlowLimit};
    EXPECT_FALSE(at_limit.breaker.report(at_limit.take(), result, at_limit.now, at_limit.now));
  }
  EXPECT_EQ(at_limit.breaker.tally(at_limit.now).slow, 0);
}

}  // namespace
}  // namespace fusebox::breakers
