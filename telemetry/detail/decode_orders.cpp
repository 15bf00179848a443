#include "telemetry/detail/decode_orders.hpp"

#include "base/time.hpp"

namespace fusebox::telemetry::detail {
namespace {

// Orders stop at once ("hard"), which is also what absent means. Draining waits for the shell.
Reading read_category(Json value, KillInput&) {
  std::string_view category;
  if (read_text(value, category) != Reading::Ok) return Reading::Wrong;
  if (category == "drain") return Reading::Later;
  return category == "hard" ? Reading::Ok : Reading::Wrong;
}

constexpr FieldTable kKillTable{std::array<FieldRule<KillInput>, 5>{{
    {"scope", kNonEmptyText,
     [](Json v, KillInput& out) { return read_nonempty_text(v, out.scope); }, true},
    {"reason", kNonEmptyText,
     [](Json v, KillInput& out) { return read_nonempty_text(v, out.reason); }, true},
    {"actor", kNonEmptyText,
     [](Json v, KillInput& out) { return read_nonempty_text(v, out.actor); }},
    {"category", "hard or drain", &read_category},
    {"deadline_ms", kCount, [](Json, KillInput&) { return Reading::Later; }},
}}};

constexpr FieldTable kRearmTable{std::array<FieldRule<RearmInput>, 3>{{
    {"id", kNonEmptyText, [](Json v, RearmInput& out) { return read_nonempty_text(v, out.order); },
     true},
    {"reason", kNonEmptyText,
     [](Json v, RearmInput& out) { return read_nonempty_text(v, out.reason); }, true},
    {"actor", kNonEmptyText,
     [](Json v, RearmInput& out) { return read_nonempty_text(v, out.actor); }, true},
}}};

Reading read_answer(Json value, ApprovalInput& out) {
  std::string_view answer;
  if (read_text(value, answer) != Reading::Ok) return Reading::Wrong;
  out.granted = answer == "grant";
  return out.granted || answer == "deny" ? Reading::Ok : Reading::Wrong;
}

Reading read_validity(Json value, ApprovalInput& out) {
  std::string_view text;
  if (read_text(value, text) != Reading::Ok) return Reading::Wrong;
  const Result<Duration> duration = parse_duration(text);
  if (!duration || *duration == Duration{0}) return Reading::Wrong;
  out.valid_for = *duration;
  return Reading::Ok;
}

constexpr FieldTable kApprovalTable{std::array<FieldRule<ApprovalInput>, 5>{{
    {"id", kNonEmptyText, [](Json v, ApprovalInput& out) { return read_nonempty_text(v, out.id); },
     true},
    {"action", "grant or deny", &read_answer, true},
    {"reason", kNonEmptyText,
     [](Json v, ApprovalInput& out) { return read_nonempty_text(v, out.reason); }, true},
    {"actor", kNonEmptyText,
     [](Json v, ApprovalInput& out) { return read_nonempty_text(v, out.actor); }, true},
    {"for", "a duration above 0 such as 1h", &read_validity},
}}};

}  // namespace

Result<void> decode_kill(JsonObject body, KillInput& out) {
  return read_known_members(body, kKillTable, {"kill", {}}, out);
}

Result<void> decode_rearm(JsonObject body, RearmInput& out) {
  return read_known_members(body, kRearmTable, {"rearm", {}}, out);
}

Result<void> decode_approval(JsonObject body, ApprovalInput& out) {
  Result<void> read = read_known_members(body, kApprovalTable, {"approval", {}}, out);
  if (read && out.valid_for && !out.granted) {
    return Unexpected{ErrorCode::InvalidField, "approval.for: stands only with action grant"};
  }
  return read;
}

}  // namespace fusebox::telemetry::detail
