// What can be due in a simulated run.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/time.hpp"
#include "sre/sim/event_queue.hpp"

namespace fusebox::sim {

enum class DueKind : std::uint8_t {
  Tick,      // a whole second
  Arrival,   // of the next task
  Ask,       // a throttled call asks again
  Attempt,   // an SDK tries again
  Answer,    // an attempt ends
  GiveUp,    // the SDK's timeout ends a call that nobody serves
  Deadline,  // the task's
  Delivery,  // of late telemetry
};
constexpr DueKind last_of(DueKind) { return DueKind::Delivery; }
inline constexpr std::array<std::string_view, 8> kDueKindNames{
    "tick", "arrival", "ask", "attempt", "answer", "give_up", "deadline", "delivery"};
[[nodiscard]] constexpr std::string_view name_of(DueKind kind) {
  return kDueKindNames[static_cast<std::size_t>(kind)];
}

struct Due {
  std::uint32_t subject = 0;  // a task, or a piece of late telemetry
  std::uint16_t epoch = 0;    // of the task: what was due in an earlier one is off
  DueKind kind = DueKind::Tick;
};

using Agenda = EventQueue<Due>;

// One handled event, for whoever compares two runs. `hash` is of the run up to and with it.
struct Trace {
  Instant at{};
  DueKind kind = DueKind::Tick;
  std::uint64_t hash = 0;
  friend bool operator==(const Trace&, const Trace&) = default;
};

}  // namespace fusebox::sim
