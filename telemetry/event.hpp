// What agents do and ask, as values over borrowed bytes: an event says what happened, a check asks
// whether something may happen, a report says how a permitted action ended.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/dimension.hpp"
#include "base/money.hpp"
#include "base/time.hpp"
#include "policy/dynamic.hpp"

namespace fusebox::telemetry {

enum class EventKind : std::uint8_t { Task, Llm, Tool, Delegation, Policy, Evaluation, Heartbeat };
enum class Outcome : std::uint8_t { Ok, Error, Timeout, Cancelled, Throttled, Denied };
enum class Action : std::uint8_t { Llm, Tool, Delegation, Task };

constexpr EventKind last_of(EventKind) { return EventKind::Heartbeat; }
constexpr Outcome last_of(Outcome) { return Outcome::Denied; }
constexpr Action last_of(Action) { return Action::Task; }

// As on the wire, in the order of the enums; what conditions are checked against at load.
inline constexpr std::array<std::string_view, 7> kEventKindNames{
    "task", "llm", "tool", "delegation", "policy", "evaluation", "heartbeat"};
inline constexpr std::array<std::string_view, 6> kOutcomeNames{"ok",        "error",     "timeout",
                                                               "cancelled", "throttled", "denied"};
inline constexpr std::array<std::string_view, 4> kActionNames{"llm", "tool", "delegation", "task"};

// As on the wire: "llm", "cancelled".
[[nodiscard]] std::string_view name_of(EventKind kind);
[[nodiscard]] std::string_view name_of(Outcome outcome);
[[nodiscard]] std::string_view name_of(Action action);
[[nodiscard]] std::optional<EventKind> parse_event_kind(std::string_view name);
[[nodiscard]] std::optional<Outcome> parse_outcome(std::string_view name);
[[nodiscard]] std::optional<Action> parse_action(std::string_view name);

// The event kind that a report of this action becomes.
[[nodiscard]] EventKind kind_of(Action action);

// Numbers that an event or a report may carry. Absent is not zero.
struct Measurements {
  std::optional<double> duration_ms;       // >= 0
  std::optional<double> ttft_ms;           // >= 0, time to first token
  std::optional<std::int64_t> tokens_in;   // >= 0
  std::optional<std::int64_t> tokens_out;  // >= 0
  std::optional<MicroUsd> cost_usd;
  std::optional<std::int64_t> files_changed;  // >= 0
};

// One thing that happened. Views live as long as the bytes it was decoded from.
struct Event {
  std::optional<Instant> at;  // when the work ended; absent: when it arrived
  EventKind kind = EventKind::Task;
  Dimensions dimensions;  // Agent is never empty; Kind is name_of(kind)
  std::string_view span_id;
  std::string_view id;  // for de-duplication; "" without
  std::optional<Outcome> outcome;
  std::string_view error;  // class of the error; "" without
  Measurements measured;
  std::optional<double> score;        // 0..1
  std::optional<double> confidence;   // 0..1
  std::optional<std::int64_t> trust;  // 0..1000
  std::optional<std::int64_t> depth;  // >= 0
  std::int64_t weight = 1;            // 1/sampling rate, >= 1
  bool rate_unknown = false;  // sampled, and nobody says how: counts as one, its keys are uncertain
  const policy::DynamicDocument* attributes = nullptr;  // null or empty: none
};

// What the caller expects an action to use, over the one call every action counts as.
struct Estimate {
  std::optional<std::int64_t> tokens;  // >= 0, in and out together
  std::optional<MicroUsd> cost_usd;
  std::optional<std::int64_t> files_changed;  // >= 0
};

// One request for a decision. `dimensions` holds tool, model, provider and to_agent already taken
// from `target` where they were not given: target is the tool of a tool action, the model of an
// llm action, the to_agent of a delegation.
struct Check {
  Action action = Action::Tool;
  Dimensions dimensions;  // Agent is never empty; Kind is name_of(action)
  std::string_view target;
  std::string_view span_id;
  Estimate estimate;
  std::optional<std::int64_t> trust;
  std::optional<std::int64_t> depth;
  std::string_view idempotency_key;
  const policy::DynamicDocument* args = nullptr;
  const policy::DynamicDocument* attributes = nullptr;
};

// How a permitted action ended.
struct Report {
  std::string_view permit;  // never empty
  Outcome outcome = Outcome::Ok;
  std::string_view error;
  Measurements measured;
};

}  // namespace fusebox::telemetry
