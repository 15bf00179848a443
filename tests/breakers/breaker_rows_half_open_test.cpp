// Rows B01 to B41 that concern half-open and late results. Ours decides as soon as the missing
// results could not change the answer; resilience4j always waits for all of them.
#include "breakers/breaker.hpp"
#include "tests/breakers/breaker_driver.hpp"

namespace fusebox::breakers {
namespace {

constexpr Ratio kHalf{1, 2};

// Half-open with `probes` probes and a failure rate of 50%.
class HalfOpenRate : public Driver {
 public:
  explicit HalfOpenRate(std::uint32_t probes, bool slow_too = false)
      : Driver(make(probes, slow_too)) {
    calls("FF");
    advance(spec.open_wait);
    moves.clear();
  }

 private:
  static BreakerSpec make(std::uint32_t probes, bool slow_too) {
    BreakerSpec spec = rate_spec(CountWindow{4}, 2, kHalf);
    spec.probes = probes;
    if (slow_too) spec.slow = SlowDetector{kSlowLimit, kHalf};
    return spec;
  }
};

// Half-open after one failure, without a failure rate: any failure reopens.
class HalfOpenRow : public Driver {
 public:
  explicit HalfOpenRow(std::uint32_t probes) : Driver(make(probes)) {
    calls("F");
    advance(spec.open_wait);
    moves.clear();
  }

 private:
  static BreakerSpec make(std::uint32_t probes) {
    BreakerSpec spec = consecutive_spec(1);
    spec.probes = probes;
    return spec;
  }
};

TEST(BreakerRows, B08_FourProbesAndOneMoreForEachReleased) {
  HalfOpenRate driver(4);
  const auto probes = driver.take_many(4);
  driver.advance(seconds{1});
  driver.expect_refused(policy::Reason::BreakerProbing, seconds{29});
  driver.breaker.release(probes[1]);
  (void)driver.take();
  driver.expect_refused(policy::Reason::BreakerProbing, seconds{29});
}

// resilience4j reopens at the fourth result with 75%. Two of four are 50% whatever follows.
TEST(BreakerRows, B09_HalfOpenFourProbesThreeFail) {
  HalfOpenRate driver(4);
  const auto probes = driver.take_many(4);
  driver.end(probes[0], 'F');
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  driver.end(probes[1], 'F');
  EXPECT_EQ(driver.story(), "half_open>open:probe_failed");
  driver.end(probes[2], 'S');
  driver.end(probes[3], 'F');
  EXPECT_EQ(driver.moves.size(), 1U);
}

TEST(BreakerRows, B10_HalfOpenFourProbesOneFails) {
  HalfOpenRate driver(4);
  driver.calls("FSS");
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  driver.calls("S");
  EXPECT_EQ(driver.story(), "half_open>closed:probe_succeeded");
  EXPECT_EQ(driver.breaker.tally(driver.now), CallTally{});
}

// resilience4j at the fourth with 75% slow; certain at the second here.
TEST(BreakerRows, B11_SlowProbesReopen) {
  HalfOpenRate driver(4, true);
  driver.calls("s");
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  driver.calls("s");
  ASSERT_EQ(driver.story(), "half_open>open:probe_failed");
  EXPECT_EQ(driver.moves[0].slow, 2);
  EXPECT_EQ(driver.moves[0].failures, 0);
}

// resilience4j closes at the fifth call with 25%. Three good ones of four make closing certain, so
// the ignored error comes after the decision here; before it, it gives its slot back.
TEST(BreakerRows, B12_AnIgnoredErrorGivesItsSlotBack) {
  HalfOpenRate driver(4);
  driver.calls("SSN");
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  EXPECT_EQ(driver.take_many(2).size(), 2U);
  EXPECT_FALSE(driver.breaker.peek(driver.now).allowed);

  HalfOpenRate closes(4);
  closes.calls("SSS");
  EXPECT_EQ(closes.story(), "half_open>closed:probe_succeeded");
  closes.calls("NF");
  EXPECT_EQ(closes.breaker.tally(closes.now), (CallTally{.calls = 1, .failures = 1, .slow = 0}));
}

TEST(BreakerRows, B13_OnlyIgnoredErrorsDecideNothing) {
  HalfOpenRate driver(4);
  driver.calls("NNNN");
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  driver.calls("SSS");  // and the fourth could not change it
  EXPECT_EQ(driver.story(), "half_open>closed:probe_succeeded");
}

// resilience4j bounds the episode; here patience bounds each probe. Nobody asks: nobody waits.
TEST(BreakerRows, B14_ASilentProbeReopensAndAnIdleHalfOpenWaits) {
  HalfOpenRate driver(4);
  driver.advance(hours{1});
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  EXPECT_EQ(driver.breaker.next_deadline(), std::nullopt);
  (void)driver.take();
  const Instant sent = driver.now;
  driver.advance(seconds{30} - nanoseconds{1});
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  driver.advance(nanoseconds{1});
  EXPECT_EQ(driver.story(), "half_open>open:probe_patience");
  EXPECT_EQ(driver.breaker.next_deadline(), sent + seconds{30} + seconds{10});
}

TEST(BreakerRows, B24_ASecondCallerDuringTheProbeIsToldWhenToAskAgain) {
  HalfOpenRow driver(1);
  (void)driver.take();
  driver.advance(seconds{12});
  driver.expect_refused(policy::Reason::BreakerProbing, seconds{18});
}

TEST(BreakerRows, B30_ExcludedResultsAreNeutralAndAFailureReopensAtOnce) {
  HalfOpenRow driver(3);
  driver.calls("NNNN");
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  driver.calls("F");
  EXPECT_EQ(driver.story(), "half_open>open:probe_failed");
}

TEST(BreakerRows, B31_TwoDoneAndOneUnderWayTakeAllThreeSlots) {
  HalfOpenRow driver(3);
  driver.calls("SS");
  const Ticket last = driver.take();
  driver.expect_refused(policy::Reason::BreakerProbing, seconds{30});
  driver.end(last, 'S');
  EXPECT_EQ(driver.story(), "half_open>closed:probe_succeeded");
}

// Only gobreaker ignores these too; elsewhere results of the outage decide the probes (Polly 216,
// 217). A result that is not of this generation also frees no slot of it.
TEST(BreakerRows, B35_ResultsOfAnEarlierGenerationAreIgnored) {
  BreakerSpec spec = consecutive_spec(1);
  Driver driver(spec);
  const auto of_closed = driver.take_many(3);
  driver.end(of_closed[0], 'F');
  driver.advance(seconds{10});
  const Ticket probe = driver.take();
  driver.end(of_closed[1], 'S');
  driver.end(of_closed[2], 'F');
  driver.breaker.release(of_closed[2]);
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  EXPECT_FALSE(driver.breaker.peek(driver.now).allowed);
  driver.end(probe, 'S');
  EXPECT_EQ(driver.state(), BreakerState::Closed);
  driver.end(of_closed[1], 'F');
  driver.end(probe, 'F');
  EXPECT_EQ(driver.state(), BreakerState::Closed);
}

TEST(BreakerRows, B38_WithoutAFailureRateOneFailureReopens) {
  HalfOpenRow driver(3);
  driver.calls("SS");
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  driver.calls("F");
  EXPECT_EQ(driver.story(), "half_open>open:probe_failed");
}

TEST(BreakerRows, B39_ReopensWhenThreeGoodOfFourAreOutOfReach) {
  HalfOpenRate driver(4);
  driver.calls("SFS");
  EXPECT_EQ(driver.state(), BreakerState::HalfOpen);
  driver.calls("F");
  EXPECT_EQ(driver.story(), "half_open>open:probe_failed");
}

// Sentinel sends the first back to open. Gates here ask everybody before they take anything, and a
// slot that was taken all the same goes back: the first stays half-open with its slot free.
TEST(BreakerRows, B40_AProbeRefusedByAnotherBreakerGivesItsSlotBack) {
  HalfOpenRow first(1);
  BreakerSpec longer = consecutive_spec(1);
  longer.open_wait = seconds{20};
  Driver second(longer);
  second.calls("F");
  second.advance(seconds{10});
  const Ticket probe = first.take();
  EXPECT_FALSE(second.breaker.peek(second.now).allowed);
  first.breaker.release(probe);
  EXPECT_TRUE(first.breaker.peek(first.now).allowed);
  EXPECT_EQ(first.breaker.next_deadline(), std::nullopt);
  first.calls("S");
  EXPECT_EQ(first.state(), BreakerState::Closed);
}

}  // namespace
}  // namespace fusebox::breakers
