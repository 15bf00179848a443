// Orders by people: stop, re-arm, approve. Also the stops that rules and limits ask for.
#include <utility>

#include "base/json_writer.hpp"
#include "sre/engine/detail/core.hpp"

namespace fusebox::engine {
namespace {

telemetry::KillRecord record_of(const killswitch::Order& order) {
  return {order.id,
          killswitch::format(order.scope),
          order.reg.epoch,
          order.reg.state == killswitch::RegisterState::Tripped,
          order.reason,
          order.actor,
          static_cast<std::int64_t>(order.rearm_actors.size())};
}

OrderReply reply_of(const killswitch::Order& order, bool fresh) {
  return {.id = order.id,
          .scope = killswitch::format(order.scope),
          .epoch = order.reg.epoch,
          .tripped = order.reg.state == killswitch::RegisterState::Tripped,
          .fresh = fresh,
          .rearm_approvals = static_cast<std::int64_t>(order.rearm_actors.size())};
}

}  // namespace

Reply Engine::Impl::on_kill(const telemetry::KillInput& input) {
  const auto scope = killswitch::parse_ordered_scope(input.scope);
  if (!scope) {
    return refuse_order({"kill_refused", "scope", input.scope, input.actor, input.reason},
                        scope.error());
  }
  const auto tripped = fence.trip(*scope, input.reason, input.actor, now);
  report_trip(tripped, input.reason, input.actor);
  return reply_of(*tripped.order, tripped.fresh);
}

void Engine::Impl::audit_denial(const telemetry::DenialInput& input) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.field("actor", input.actor);
  json.field("tenant", input.tenant);
  json.field("agent", input.agent);
  json.field("route", input.route);
  if (input.untold > 0) json.field("untold", input.untold);
  json.end_object();
  audit("identity_refused", body);
}

Reply Engine::Impl::on_outcome(const telemetry::TerminatorInput& input) {
  if (fence.find_order(input.order) == nullptr) {
    return Error{ErrorCode::UnknownOrder, "no stop order '" + std::string(input.order) + "'"};
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.field("order", input.order);
  json.field("kind", input.kind);
  if (!input.name.empty()) json.field("name", input.name);
  json.field("outcome", name_of(input.outcome));
  if (!input.detail.empty()) json.field("detail", input.detail);
  json.field(
      "took_ms",
      std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(input.took).count()});
  json.end_object();
  audit("terminator", body);
  return {};
}

Reply Engine::Impl::on_rearm(const telemetry::RearmInput& input) {
  const auto rearmed = fence.rearm(input.order, input.actor);
  if (!rearmed) {
    return refuse_order({"rearm_refused", "order", input.order, input.actor, input.reason},
                        rearmed.error());
  }
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.field("order", rearmed->order->id);
  json.field("actor", input.actor);
  json.field("reason", input.reason);
  json.field("armed", rearmed->armed);
  json.end_object();
  audit("rearm", body);
  telemetry::KillRecord record = record_of(*rearmed->order);
  record.reason = input.reason;  // of this approval, not of the trip
  record.actor = input.actor;
  emit(std::move(record));
  return reply_of(*rearmed->order, false);
}

Reply Engine::Impl::on_approval(const telemetry::ApprovalInput& input) {
  Approval* approval = approvals.find(input.id);
  if (approval == nullptr || approval->state != ApprovalState::Pending) {
    return refuse_order(
        {"approval_refused", "approval", input.id, input.actor, input.reason},
        {ErrorCode::UnknownApproval, "no pending approval '" + std::string(input.id) + "'"});
  }
  approval->state = input.granted ? ApprovalState::Granted : ApprovalState::Refused;
  approval->actor = input.actor;
  if (input.granted) {
    approval->expires = add_saturated(now, input.valid_for.value_or(kGrantValidity));
    set_timer({approval->expires, 0, TimerKind::ApprovalExpiry, 0, approval->serial, 0});
  }
  audit_answer(*approval, input.reason);
  notice(
      input.granted ? "approval_granted" : "approval_denied",
      std::string(input.id) + " by " + std::string(input.actor) + ": " + std::string(input.reason));
  return ApprovalReply{approval->id, input.granted, approval->expires};
}

void Engine::Impl::audit_answer(const Approval& approval, std::string_view reason) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.field("approval", approval.id);
  json.field("granted", approval.state == ApprovalState::Granted);
  json.field("actor", approval.actor);
  json.field("reason", reason);
  json.field("expires", approval.expires);
  json.end_object();
  audit("approval", body);
}

void Engine::Impl::on_approval_expiry(const Timer& timer) {
  const Approval* approval = approvals.find_serial(timer.serial);
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.field("approval", approval->id);
  json.field("state", name_of(approval->state));
  json.end_object();
  audit("approval_expired", body);
  notice("approval_expired", approval->id);
  approvals.erase(*approval);
}

// Who tried what in vain stands in the audit too.
Error Engine::Impl::refuse_order(const RefusedOrder& order, Error why) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.field(order.about, order.subject);
  json.field("actor", order.actor);
  json.field("reason", order.reason);
  json.field("error", code_text(why.code));
  json.end_object();
  audit(order.kind, body);
  notice(order.kind, why.message);
  return why;
}

// Stops that rules and limits want. Their condition holds for every request until somebody re-arms,
// so only the first of them is news, and one that takes back an approval of re-arming.
void Engine::Impl::trip_all(const std::vector<KillRequest>& kills) {
  for (const KillRequest& kill : kills) {
    const auto tripped = fence.trip(kill.scope, kill.reason, kill.actor, now);
    const bool news = tripped.fresh || tripped.voided_approvals > 0;
    if (news) report_trip(tripped, kill.reason, kill.actor);
  }
}

void Engine::Impl::report_trip(const killswitch::Fence::Tripped& tripped, std::string_view reason,
                               std::string_view actor) {
  const telemetry::KillRecord record = record_of(*tripped.order);
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.field("order", record.id);
  json.field("scope", record.scope);
  json.field("epoch", record.epoch);
  json.field("fresh", tripped.fresh);
  json.field("reason", reason);
  json.field("actor", actor);
  json.end_object();
  audit("kill", body);
  emit(record);
}

}  // namespace fusebox::engine
