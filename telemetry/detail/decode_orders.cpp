#include "telemetry/detail/decode_orders.hpp"

#include <algorithm>

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

constexpr std::string_view kSomeTime = "a duration above 0 such as 1h";

Reading read_duration(Json value, std::optional<Duration>& out) {
  std::string_view text;
  if (read_text(value, text) != Reading::Ok) return Reading::Wrong;
  const Result<Duration> duration = parse_duration(text);
  if (!duration || *duration == Duration{0}) return Reading::Wrong;
  out = *duration;
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
    {"for", kSomeTime, [](Json v, ApprovalInput& out) { return read_duration(v, out.valid_for); }},
}}};

// What force and raise have in common.
template <class Out>
constexpr std::array<FieldRule<Out>, 5> override_rules() {
  return {{
      {"id", kNonEmptyText, [](Json v, Out& out) { return read_nonempty_text(v, out.id); }, true},
      {"for", kSomeTime, [](Json v, Out& out) { return read_duration(v, out.validity.lasts); }},
      {"until", kTime, [](Json v, Out& out) { return read_time(v, out.validity.until); }},
      {"reason", kNonEmptyText, [](Json v, Out& out) { return read_nonempty_text(v, out.reason); },
       true},
      {"actor", kNonEmptyText, [](Json v, Out& out) { return read_nonempty_text(v, out.actor); },
       true},
  }};
}

Reading read_forced_state(Json value, ForceInput& out) {
  std::string_view state;
  if (read_text(value, state) != Reading::Ok) return Reading::Wrong;
  out.state = state == "open" ? ForcedState::Open : ForcedState::Closed;
  return state == "open" || state == "closed" ? Reading::Ok : Reading::Wrong;
}

constexpr FieldTable kForceTable{
    concat(override_rules<ForceInput>(), std::array<FieldRule<ForceInput>, 1>{{
                                             {"state", "open or closed", &read_forced_state, true},
                                         }})};

// The amounts wait until the dimension is known, which says what they are.
struct RaiseDraft : RaiseInput {
  std::optional<Json> to_value;
  std::optional<Json> by_value;
};

constexpr std::string_view kAmount = "an amount of its dimension";

constexpr FieldTable kRaiseTable{
    concat(override_rules<RaiseDraft>(),
           std::array<FieldRule<RaiseDraft>, 3>{{
               {"dimension", kNonEmptyText,
                [](Json v, RaiseDraft& out) { return read_nonempty_text(v, out.dimension); }, true},
               {"to", kAmount,
                [](Json v, RaiseDraft& out) {
                  out.to_value = v;
                  return Reading::Ok;
                }},
               {"by", kAmount,
                [](Json v, RaiseDraft& out) {
                  out.by_value = v;
                  return Reading::Ok;
                }},
           }})};

// In the units of RaiseInput.
Result<void> read_amount(std::string_view name, const std::optional<Json>& value,
                         std::string_view dimension, std::optional<std::int64_t>& out) {
  constexpr Path kPath{"raise", {}};
  if (!value) return {};
  if (dimension == "cost_usd") {
    std::optional<MicroUsd> amount;
    if (read_usd(*value, amount) != Reading::Ok) return wrong_member(kPath, name, *value, kUsd);
    out = amount->value;
  } else if (dimension == "wall_clock") {
    std::optional<Duration> amount;
    if (read_duration(*value, amount) != Reading::Ok) {
      return wrong_member(kPath, name, *value, kSomeTime);
    }
    out = amount->count();
  } else if (read_count(*value, out) != Reading::Ok) {
    return wrong_member(kPath, name, *value, kCount);
  }
  return {};
}

Unexpected not_one_of(std::string_view outer, std::string_view a, std::string_view b) {
  return {ErrorCode::InvalidField, std::string(outer) + ": exactly one of " + std::string(a) +
                                       " and " + std::string(b) + " must stand here"};
}

Reading read_untold(Json value, DenialInput& out) {
  std::optional<std::int64_t> count;
  const Reading reading = read_count(value, count);
  if (reading == Reading::Ok) out.untold = *count;
  return reading;
}

constexpr FieldTable kDenialTable{std::array<FieldRule<DenialInput>, 5>{{
    {"actor", kNonEmptyText,
     [](Json v, DenialInput& out) { return read_nonempty_text(v, out.actor); }, true},
    {"tenant", kText, [](Json v, DenialInput& out) { return read_text(v, out.tenant); }},
    {"agent", kText, [](Json v, DenialInput& out) { return read_text(v, out.agent); }},
    {"route", kText, [](Json v, DenialInput& out) { return read_text(v, out.route); }},
    {"untold", kCount, &read_untold},
}}};

Reading read_outcome(Json value, TerminatorInput& out) {
  std::string_view text;
  if (read_text(value, text) != Reading::Ok) return Reading::Wrong;
  const auto* const found = std::find(kStopOutcomeNames.begin(), kStopOutcomeNames.end(), text);
  if (found == kStopOutcomeNames.end()) return Reading::Wrong;
  out.outcome = static_cast<StopOutcome>(found - kStopOutcomeNames.begin());
  return Reading::Ok;
}

Reading read_took(Json value, TerminatorInput& out) {
  constexpr std::int64_t kDayMs = 86'400'000;
  std::optional<std::int64_t> ms;
  if (read_count(value, ms) != Reading::Ok || *ms > kDayMs) return Reading::Wrong;
  out.took = std::chrono::milliseconds{*ms};
  return Reading::Ok;
}

constexpr FieldTable kTerminatorTable{std::array<FieldRule<TerminatorInput>, 6>{{
    {"order", kNonEmptyText,
     [](Json v, TerminatorInput& out) { return read_nonempty_text(v, out.order); }, true},
    {"kind", kNonEmptyText,
     [](Json v, TerminatorInput& out) { return read_nonempty_text(v, out.kind); }, true},
    {"name", kText, [](Json v, TerminatorInput& out) { return read_text(v, out.name); }},
    {"outcome", "confirmed, unconfirmed, failed or timed_out", &read_outcome, true},
    {"detail", kText, [](Json v, TerminatorInput& out) { return read_text(v, out.detail); }},
    {"took_ms", "milliseconds, at most a day", &read_took},
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

Result<void> decode_force(JsonObject body, ForceInput& out) {
  Result<void> read = read_known_members(body, kForceTable, {"force", {}}, out);
  if (read && out.validity.lasts.has_value() == out.validity.until.has_value()) {
    return not_one_of("force", "for", "until");
  }
  return read;
}

Result<void> decode_raise(JsonObject body, RaiseInput& out) {
  RaiseDraft draft;
  Result<void> read = read_known_members(body, kRaiseTable, {"raise", {}}, draft);
  if (read) read = read_amount("to", draft.to_value, draft.dimension, draft.to);
  if (read) read = read_amount("by", draft.by_value, draft.dimension, draft.by);
  if (!read) return read;
  if (draft.to.has_value() == draft.by.has_value()) return not_one_of("raise", "to", "by");
  if (draft.validity.lasts.has_value() == draft.validity.until.has_value()) {
    return not_one_of("raise", "for", "until");
  }
  out = draft;
  return {};
}

Result<void> decode_denial(JsonObject body, DenialInput& out) {
  return read_known_members(body, kDenialTable, {"denial", {}}, out);
}

Result<void> decode_terminator(JsonObject body, TerminatorInput& out) {
  return read_known_members(body, kTerminatorTable, {"terminator", {}}, out);
}

}  // namespace fusebox::telemetry::detail
