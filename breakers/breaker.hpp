// A circuit breaker as a pure state machine: no clock, no I/O, no lock. The caller owns the thread
// and passes the time; `now` never goes back.
//
// closed    calls pass; results feed the detectors; the first detector to fire opens.
// open      calls are refused until the deadline, which itself counts as half-open.
// half-open at most `probes` calls are let through and decide together; a probe that stays
//           silent for `patience` reopens.
//
// A permit's ticket carries the generation in which it was given; a result of an earlier
// generation never decides.
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
#include "policy/condition.hpp"
#include "policy/decision.hpp"
#include "telemetry/event.hpp"

namespace fusebox::breakers {

struct CountWindow {
  std::uint32_t calls = 0;  // 1..10'000
};
struct TimeWindow {
  Duration length{};  // 1 s..1 d
};

struct SlowDetector {
  Duration longer_than{};  // slow means strictly longer
  Ratio rate;              // (0, 1]
};

// A detector that is absent is off. Rates need a window.
struct BreakerSpec {
  std::string name;
  KeySpec key;
  std::optional<policy::Condition> where;  // over the common names; absent matches everything
  std::optional<std::variant<CountWindow, TimeWindow>> window;
  std::uint32_t minimum_calls = 1;
  std::optional<Ratio> failure_rate;  // (0, 1]: at or above opens
  std::optional<SlowDetector> slow;
  std::optional<std::uint32_t> consecutive_failures;  // >= 1
  Duration open_wait{};       // > 0
  Ratio open_backoff{1, 1};   // >= 1: wait x backoff^(reopenings in a row)
  Duration open_max{};        // cap of the wait, >= open_wait
  std::uint32_t probes = 1;   // >= 1
  Duration patience{};        // > 0
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
  // The evidence at that moment, for the reason in words.
  std::int64_t calls = 0;
  std::int64_t failures = 0;
  std::int64_t slow = 0;
};

// Would a call go through?
struct Admission {
  bool allowed = true;
  policy::Reason reason = policy::Reason::None;  // BreakerOpen or BreakerProbing
  Duration retry_after{};                        // 0 if allowed
};

// Held by a permit while its call runs.
struct Ticket {
  std::uint64_t generation = 0;
  bool probe = false;

  template <class Archive>
  void visit(Archive& archive) {
    archive(generation, probe);
  }
};

// One finished call.
struct CallResult {
  telemetry::Outcome outcome = telemetry::Outcome::Ok;
  std::optional<Duration> duration;  // absent: never slow
};

class Breaker {
 public:
  // The spec must outlive the breaker.
  explicit Breaker(const BreakerSpec& spec);

  [[nodiscard]] BreakerState state() const;
  [[nodiscard]] std::uint64_t generation() const;

  [[nodiscard]] Admission peek(Instant now) const;
  // The call goes through (peek allowed it): takes a probe slot if half-open.
  [[nodiscard]] Ticket take(Instant now);
  // The permitted call ended at `at` <= now (its own time). Neutral outcomes give the slot back.
  std::optional<Transition> report(const Ticket& ticket, const CallResult& result, Instant at,
                                   Instant now);
  // The permitted call will never be reported (its lease ended, or a later gate refused): the slot
  // goes back, nothing is counted.
  void release(const Ticket& ticket);
  // A call seen by telemetry alone, which ended at `at` and began `duration` earlier. Counts while
  // closed; among the results while half-open if it began after half-open did; ignored while open.
  std::optional<Transition> observe(const CallResult& result, Instant at, Instant now);

  // When time alone changes the state: the end of open, or the patience of the oldest probe.
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  // Call with now = next_deadline(), before anything else at that time or later.
  std::optional<Transition> on_deadline(Instant now);

  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive);
};

}  // namespace fusebox::breakers
