// A circuit breaker as a pure state machine: no clock, no I/O, no lock. The caller owns the thread
// and passes the time; `now` never goes back.
//
// closed    calls pass; results feed the detectors; the first detector to fire opens.
// open      calls are refused until the deadline, which itself counts as half-open.
// half-open at most `probes` calls are let through and decide together; a probe that stays
//           silent for `patience` reopens.
//
// Late news decides nothing. A permit's ticket carries the generation in which it was given, and
// a result of an earlier generation is ignored. Telemetry has no ticket, so its own times stand
// in: what began before the last half-open did is news of the outage, and is ignored as well.
//
// Cancelled, throttled and denied calls say nothing about the callee: they are neutral, count
// nothing and give their slot back. Failures are error and timeout.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/archive.hpp"
#include "base/key.hpp"
#include "base/ratio.hpp"
#include "base/time.hpp"
#include "breakers/call_window.hpp"
#include "breakers/detail/probation.hpp"
#include "policy/condition.hpp"
#include "policy/decision.hpp"
#include "telemetry/event.hpp"

namespace fusebox::breakers {

struct SlowDetector {
  Duration longer_than{};  // slow means strictly longer
  Ratio rate;              // (0, 1]: at or above opens
};

// A detector that is absent is off. Rates need a window. Where several detectors fire on one
// result, the transition names the first of consecutive, failure rate, slow rate.
struct BreakerSpec {
  std::string name;
  KeySpec key;
  std::optional<policy::Condition> where;  // over the common names; absent matches everything
  std::optional<WindowSpec> window;
  std::uint32_t minimum_calls = 1;    // of the rates; a count window's length if that is less
  std::optional<Ratio> failure_rate;  // (0, 1]: at or above opens
  std::optional<SlowDetector> slow;
  std::optional<std::uint32_t> consecutive_failures;  // >= 1; in the order results arrive
  Duration open_wait{};                               // > 0
  Ratio open_backoff{1, 1};  // >= 1: wait x backoff^(reopenings in a row), rounded down each time
  Duration open_max{};       // cap of the wait, >= open_wait
  std::uint32_t probes = 1;  // >= 1
  Duration patience{};       // > 0
  policy::Enforcement mode = policy::Enforcement::Enforce;
};

enum class BreakerState : std::uint8_t { Closed, Open, HalfOpen };
constexpr BreakerState last_of(BreakerState) { return BreakerState::HalfOpen; }
[[nodiscard]] std::string_view name_of(BreakerState state);  // "half_open"

// What made it move; None: a deadline.
enum class Detector : std::uint8_t {
  None,
  FailureRate,
  SlowRate,
  ConsecutiveFailures,
  ProbeFailed,    // half-open results decided against
  ProbePatience,  // a probe never answered
  ProbeSucceeded,
};
constexpr Detector last_of(Detector) { return Detector::ProbeSucceeded; }
[[nodiscard]] std::string_view name_of(Detector detector);  // "failure_rate", "" for None

struct Transition {
  BreakerState from;
  BreakerState to;
  Detector detector;
  // The evidence at that moment, for the reason in words: of the window, the row of failures, or
  // the half-open results.
  std::int64_t calls = 0;
  std::int64_t failures = 0;
  std::int64_t slow = 0;
  Duration wait{};  // from open: how long it was; to open: how long it will be; else 0
};

// Would a call go through?
struct Admission {
  bool allowed = true;
  policy::Reason reason = policy::Reason::None;  // BreakerOpen or BreakerProbing
  Duration retry_after{};  // 0 if allowed; else to the deadline that will change the answer
};

// Held by a permit while its call runs. One made by default belongs to no generation, so that
// reporting or releasing it does nothing.
struct Ticket {
  std::uint64_t generation = 0;
  bool probe = false;
  std::uint32_t serial = 0;  // of a probe, within its generation

  template <class Archive>
  void visit(Archive& archive) {
    archive(generation, probe, serial);
  }
};

// One finished call.
struct CallResult {
  telemetry::Outcome outcome = telemetry::Outcome::Ok;
  std::optional<Duration> duration;  // >= 0; absent: never slow, and as if it took no time
};

class Breaker {
 public:
  // The spec must outlive the breaker and keep the ranges stated at its fields.
  explicit Breaker(const BreakerSpec& spec);

  [[nodiscard]] BreakerState state() const { return state_; }
  // 1 at first, +1 at every transition.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  // Closed: the calls of the window at `now`, or the row of failures where there is no window.
  // Half-open: the results so far. Open: nothing.
  [[nodiscard]] CallTally tally(Instant now) const;
  // Nothing tells it from a new breaker, now and later, but the calls that are under way.
  [[nodiscard]] bool is_as_new(Instant now) const;

  // At the deadline of open the answer is that of half-open, whether or not on_deadline has been
  // called yet.
  [[nodiscard]] Admission peek(Instant now) const;
  // The call goes through: takes a probe slot if half-open. Where peek refuses (a call that goes
  // through because the breaker is in shadow) the ticket belongs to no generation.
  [[nodiscard]] Ticket take(Instant now);
  // The permitted call ended at `at` <= now (its own time; later counts as now). Neutral outcomes
  // give the slot back.
  std::optional<Transition> report(const Ticket& ticket, const CallResult& result, Instant at,
                                   Instant now);
  // The permitted call will never be reported (its lease ended, or a later gate refused): the slot
  // goes back, nothing is counted.
  void release(const Ticket& ticket);
  // A call seen by telemetry alone, which ended at `at` and began `duration` earlier. Counts while
  // closed, and among the results while half-open, if it began when the last half-open did or
  // later; ignored while open. Takes no slot.
  std::optional<Transition> observe(const CallResult& result, Instant at, Instant now);

  // When time alone changes the state: the end of open, or the patience of the oldest probe.
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  // Call with now = next_deadline(), before anything else at that time or later. Earlier than
  // that it does nothing; later, it does what it would have done in time.
  std::optional<Transition> on_deadline(Instant now);

  void save(ArchiveWriter& archive) const;
  // Bytes that save cannot have written under this spec fail the archive; the breaker is as new.
  void restore(ArchiveReader& archive);

 private:
  [[nodiscard]] CallMark mark_of(const CallResult& result) const;
  [[nodiscard]] Instant patience_ends(Instant sent) const;
  std::optional<Transition> record(CallMark mark, Instant at, Instant now);
  [[nodiscard]] std::optional<Detector> fired(bool in_window, const CallTally& recent) const;
  std::optional<Transition> judge(Instant now);
  Transition open(Detector detector, const CallTally& evidence, Instant now);
  Transition half_open(Instant now);
  Transition close();
  [[nodiscard]] Transition move_to(BreakerState to, Detector detector, const CallTally& evidence);
  [[nodiscard]] Duration wait_after(Duration wait) const;
  [[nodiscard]] bool plausible() const;

  const BreakerSpec* spec_;
  BreakerState state_ = BreakerState::Closed;
  std::uint32_t failures_in_row_ = 0;  // closed
  std::uint64_t generation_ = 1;
  std::optional<CallWindow> window_;  // closed; empty in the other states
  detail::Probation probation_;       // half-open
  Duration wait_{};                   // of this opening, or the last of this row; 0: none yet
  Instant open_until_{};              // open
  Instant fresh_since_ = from_ns(std::numeric_limits<std::int64_t>::min());  // last half-open
};

}  // namespace fusebox::breakers
