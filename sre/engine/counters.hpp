// What was counted since the engine began: monotone, saved and restored, so that metrics go on
// after a restart.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "policy/decision.hpp"
#include "telemetry/event.hpp"

namespace fusebox::engine {

// One place per value of an enum.
template <class Enum, class Value>
using PerValue = std::array<Value, static_cast<std::size_t>(last_of(Enum{})) + 1>;

// No count or sum passes this, so that adding what one event may carry cannot overflow.
inline constexpr std::int64_t kSumMax = std::int64_t{1} << 62;

constexpr void add_capped(std::int64_t& sum, std::int64_t amount) {
  sum = amount > kSumMax - sum ? kSumMax : sum + amount;
}

[[nodiscard]] constexpr bool in_range(std::int64_t sum) { return sum >= 0 && sum <= kSumMax; }

template <class T, std::size_t N>
[[nodiscard]] constexpr bool in_range(const std::array<T, N>& sums) {
  for (const T& sum : sums) {
    if (!in_range(sum)) return false;
  }
  return true;
}

// Events by outcome; an event need not have one.
struct OutcomeCounts {
  PerValue<telemetry::Outcome, std::int64_t> by_outcome{};
  std::int64_t without = 0;

  void add(const std::optional<telemetry::Outcome>& outcome) {
    add_capped(outcome ? by_outcome[static_cast<std::size_t>(*outcome)] : without, 1);
  }

  template <class Archive>
  void visit(Archive& archive) {
    archive(by_outcome, without);
  }
};

[[nodiscard]] constexpr bool in_range(const OutcomeCounts& counts) {
  return in_range(counts.by_outcome) && in_range(counts.without);
}

using DecisionCounts =
    PerValue<policy::Effect, PerValue<policy::Gate, PerValue<policy::Reason, std::int64_t>>>;

struct Counters {
  std::int64_t inputs = 0;
  std::int64_t events = 0;  // counted, reports included
  std::int64_t duplicate = 0;
  std::int64_t late = 0;
  std::int64_t future = 0;
  std::int64_t sampled = 0;
  std::int64_t checks = 0;
  std::int64_t proceeded = 0;
  std::int64_t refused = 0;
  std::int64_t committed = 0;
  std::int64_t repeated = 0;
  std::int64_t late_reports = 0;
  std::int64_t unknown_reports = 0;
  std::int64_t condition_errors = 0;  // of request rules
  // Of `events`, and of heartbeats besides.
  PerValue<telemetry::EventKind, OutcomeCounts> events_by_kind{};
  // [effect][gate][reason]; a plain allow has the reason None, and its gate says nothing.
  DecisionCounts decisions{};
  // {breaker, from, to, detector} as in breaker records: as many as documents have transitions.
  std::map<std::array<std::string, 4>, std::int64_t> breaker_moves;

  // Could these have been counted?
  [[nodiscard]] bool in_range() const;

  template <class Archive>
  void visit(Archive& archive) {
    archive(inputs, events, duplicate, late, future, sampled, checks, proceeded, refused, committed,
            repeated, late_reports, unknown_reports, condition_errors, events_by_kind, decisions,
            breaker_moves);
  }
};

inline bool Counters::in_range() const {
  using engine::in_range;
  for (const auto& [move, count] : breaker_moves) {
    if (!in_range(count)) return false;
  }
  const std::array plain{
      inputs,    events,  duplicate, late,     future,       sampled,         checks,
      proceeded, refused, committed, repeated, late_reports, unknown_reports, condition_errors};
  return in_range(plain) && in_range(events_by_kind) && in_range(decisions);
}

}  // namespace fusebox::engine
