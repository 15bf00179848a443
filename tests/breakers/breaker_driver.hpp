// Drives one breaker through a story in a few letters, and keeps every transition it makes.
//
//   S ok   F error   T timeout   s slow and ok   f slow and error   N neutral (cancelled)
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "breakers/breaker.hpp"

namespace fusebox::breakers {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// A whole minute, so that bucket edges are easy to see.
inline constexpr Instant kStart{seconds{1'767'225'600}};

inline constexpr Duration kSlowLimit = seconds{4};

// Opens for 10 s without backoff, one probe, 30 s of patience, and no detector.
inline BreakerSpec plain_spec() {
  BreakerSpec spec;
  spec.name = "tools";
  spec.open_wait = seconds{10};
  spec.open_max = hours{1};
  spec.patience = seconds{30};
  return spec;
}

inline BreakerSpec rate_spec(WindowSpec window, std::uint32_t minimum, Ratio rate) {
  BreakerSpec spec = plain_spec();
  spec.window = window;
  spec.minimum_calls = minimum;
  spec.failure_rate = rate;
  return spec;
}

inline BreakerSpec consecutive_spec(std::uint32_t failures) {
  BreakerSpec spec = plain_spec();
  spec.consecutive_failures = failures;
  return spec;
}

inline CallResult result_of(char letter) {
  using telemetry::Outcome;
  const bool slow = letter == 's' || letter == 'f';
  CallResult result;
  result.duration = slow ? kSlowLimit + nanoseconds{1} : Duration{milliseconds{100}};
  switch (letter) {
    case 'F':
    case 'f':
      result.outcome = Outcome::Error;
      break;
    case 'T':
      result.outcome = Outcome::Timeout;
      break;
    case 'N':
      result.outcome = Outcome::Cancelled;
      break;
    default:
      break;
  }
  return result;
}

class Driver {
 public:
  explicit Driver(BreakerSpec from) : spec(std::move(from)), breaker(spec) {}
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Moves time on and fires every deadline on the way, as an engine does.
  void advance(Duration by) {
    const Instant until = now + by;
    while (const auto deadline = breaker.next_deadline()) {
      if (*deadline > until) break;
      now = *deadline;
      keep(breaker.on_deadline(now));
    }
    now = until;
  }
  Ticket take() {
    EXPECT_TRUE(breaker.peek(now).allowed);
    return breaker.take(now);
  }
  void end(const Ticket& ticket, char letter) {
    keep(breaker.report(ticket, result_of(letter), now, now));
  }
  // Permitted calls one after the other, each ended at once.
  void calls(std::string_view letters) {
    for (const char letter : letters) end(take(), letter);
  }
  void observe(char letter) { keep(breaker.observe(result_of(letter), now, now)); }
  // Calls that all began before the first of them ends.
  std::vector<Ticket> take_many(int count) {
    std::vector<Ticket> tickets;
    for (int i = 0; i < count; ++i) tickets.push_back(take());
    return tickets;
  }
  void expect_refused(policy::Reason reason, Duration retry_after) const {
    const Admission admission = breaker.peek(now);
    EXPECT_FALSE(admission.allowed);
    EXPECT_EQ(admission.reason, reason);
    EXPECT_EQ(admission.retry_after, retry_after);
  }
  [[nodiscard]] BreakerState state() const { return breaker.state(); }
  // "closed>open:failure_rate open>half_open:" for all transitions so far.
  [[nodiscard]] std::string story() const {
    std::string text;
    for (const Transition& moved : moves) {
      if (!text.empty()) text += ' ';
      text += std::string(name_of(moved.from)) + '>' + std::string(name_of(moved.to)) + ':' +
              std::string(name_of(moved.detector));
    }
    return text;
  }

  const BreakerSpec spec;
  Breaker breaker;
  Instant now = kStart;
  std::vector<Transition> moves;

 private:
  void keep(const std::optional<Transition>& moved) {
    if (moved) moves.push_back(*moved);
  }
};

inline std::ostream& operator<<(std::ostream& out, BreakerState state) {
  return out << name_of(state);
}
inline std::ostream& operator<<(std::ostream& out, Detector detector) {
  return out << name_of(detector);
}
inline std::ostream& operator<<(std::ostream& out, const CallTally& tally) {
  return out << tally.failures << " failed and " << tally.slow << " slow of " << tally.calls;
}

}  // namespace fusebox::breakers
