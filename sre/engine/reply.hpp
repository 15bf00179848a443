// What the sender of one input is told, beside the records that anybody may read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"
#include "base/time.hpp"
#include "telemetry/input.hpp"

namespace fusebox::engine {

// Late: older than the configured lateness, so it was only counted as late.
enum class EventReply : std::uint8_t { Accepted, Duplicate, Late };

// Repeated: its permit was closed before. Late: the permit's lease had ended; the report counts in
// SLOs, and its limits keep the full charge.
enum class ReportReply : std::uint8_t { Committed, Repeated, Late, Unknown };
[[nodiscard]] std::string_view name_of(ReportReply reply);  // "committed", as on the wire

struct CheckReply {
  std::size_t record = 0;  // of the decision, in Effects::records
  // What stands for the check's arguments in a log. Views into the engine, valid until its next
  // input.
  telemetry::RecordedOutcome recorded;
};

// The order as it stands after a kill or a re-arm.
struct OrderReply {
  std::string id;
  std::string scope;
  std::int64_t epoch = 0;
  bool tripped = true;               // false: the second approval has armed it
  bool fresh = false;                // a kill that tripped; else the standing order
  std::int64_t rearm_approvals = 0;  // people who approved re-arming so far
};

struct ApprovalReply {
  std::string id;
  bool granted = false;
  Instant expires{};  // of the grant, or of the refusal
};

// A forced breaker or a raised limit.
struct OverrideReply {
  std::string id;
  Instant until{};
};

// A tick has nothing to be told. An Error says why an order was refused, and that nothing changed:
//   kill       InvalidScope
//   terminator UnknownOrder
//   rearm      UnknownOrder, OrderNotTripped, SecondActorNeeded
//   approval   UnknownApproval
//   force      UnknownSubject, InvalidOverride
//   raise      UnknownSubject, InvalidOverride
using Reply = std::variant<std::monostate, EventReply, ReportReply, CheckReply, OrderReply,
                           ApprovalReply, OverrideReply, Error>;

}  // namespace fusebox::engine
