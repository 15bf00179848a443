// One decision: the gates (gates.cpp) look at the check, the strongest verdict decides, and only a
// check that proceeds takes anything.
#include <utility>

#include "base/json_writer.hpp"
#include "sre/engine/detail/core.hpp"
#include "sre/engine/detail/gates.hpp"

namespace fusebox::engine {
namespace {

using policy::Effect;

bool proceeds(Effect effect) { return effect == Effect::Allow || effect == Effect::Degrade; }

Duration lease_of(telemetry::Action action) {
  switch (action) {
    case telemetry::Action::Llm:
    case telemetry::Action::Tool:
      return kCallLease;
    case telemetry::Action::Delegation:
    case telemetry::Action::Task:
      return kWorkLease;
  }
  return kCallLease;
}

}  // namespace

CheckReply Engine::Impl::on_check(const telemetry::CheckInput& input) {
  ++counters.checks;
  const telemetry::Check& check = input.check;
  const telemetry::CheckFacts facts(check);
  deliberation.reset(input.explain && !input.recorded);
  deliberation.demand = breakers::demand_of(check);
  ask_fence(check);
  ask_policies(input, facts);
  if (repeat_answer(input)) return check_reply();
  ask_limits(check, facts);
  ask_restrictions(check);
  ask_breakers(check, facts);
  decide(input, new_decision_id(input.id));
  return check_reply();
}

// A retry of an admitted request gets the same permit, unless somebody has forbidden it since.
bool Engine::Impl::repeat_answer(const telemetry::CheckInput& input) {
  const telemetry::Check& check = input.check;
  if (check.idempotency_key.empty()) return false;
  const Permit* repeated = permits.find_repeated(check.idempotency_key, request_of(input));
  if (repeated == nullptr || !proceeds(deliberation.strongest_unapproved.effect)) return false;
  telemetry::DecisionRecord decision = repeated->answer;
  decision.ttl_ms = to_ms_rounded_up(repeated->lease_ends - now);
  decision.epoch = fence.epoch(target_of(check));
  decision.policy = policy_digest;
  answer(check, std::move(decision));
  return true;
}

CheckReply Engine::Impl::check_reply() const {
  return {.record = deliberation.record,
          .recorded = {.rules = deliberation.outcomes, .request = deliberation.request}};
}

const killswitch::Digest& Engine::Impl::request_of(const telemetry::CheckInput& input) {
  std::optional<killswitch::Digest>& known = deliberation.request;
  if (known) return *known;
  if (!input.recorded) return known.emplace(request_digest(input.check));
  known = input.recorded->request;
  if (known) return *known;
  // It is needed now and was not when the check was recorded, so the rules have changed since.
  // Without its arguments this must not count as the request that has none.
  const killswitch::Digest without = request_digest(input.check);
  return known.emplace(killswitch::sha256("arguments unknown " + killswitch::to_hex(without)));
}

void Engine::Impl::decide(const telemetry::CheckInput& input, std::string_view id) {
  const telemetry::Check& check = input.check;
  telemetry::DecisionRecord decision;
  decision.id = id;
  decision.policy = policy_digest;
  for (const policy::Verdict& verdict : deliberation.would_be) {
    decision.would_be.push_back(
        {std::string(verdict.rule), verdict.effect, verdict.gate, verdict.reason});
  }
  decision.explain = std::exchange(deliberation.explain, {});
  if (deliberation.strongest.effect == Effect::RequireApproval &&
      resolve_approval(input, id, decision)) {
    deliberation.strongest = deliberation.strongest_unapproved;
  }
  const policy::Verdict& decider = deliberation.strongest;
  decision.effect = decider.effect == Effect::Kill ? Effect::Deny : decider.effect;
  decision.gate = decider.gate;
  decision.reason = decider.reason;
  decision.rule = decider.rule;
  decision.message = decider.message;
  if (const auto* limit = deciding_limit(); limit != nullptr && decision.message.empty()) {
    decision.message = describe_refusal(limits[limit->limit].spec(), limit->answer);
  }
  if (decider.retry_after_ms > 0) decision.retry_after_ms = decider.retry_after_ms;
  // A kill effect of a rule or limit trips before the decision names its epoch.
  // Not if a standing order refused already: that tells nothing new, and would take back approvals
  // of re-arming at the will of the agent that is stopped.
  const bool stands = decider.gate == policy::Gate::Kill && decider.epoch > 0;
  if (!deliberation.kills.empty() && !stands) trip_all(std::exchange(deliberation.kills, {}));
  decision.epoch = decider.epoch > 0 ? decider.epoch : fence.epoch(target_of(check));
  if (proceeds(decision.effect)) take_permit(input, decision);
  answer(check, std::move(decision));
}

// The limit whose refusal decides; null if something else does.
const Deliberation::LimitSeen* Engine::Impl::deciding_limit() const {
  for (const Deliberation::LimitSeen& seen : deliberation.limits) {
    const bool decides =
        !seen.answer.allowed && seen.answer.reason == deliberation.strongest.reason;
    if (decides && limits[seen.limit].spec().name == deliberation.strongest.rule) return &seen;
  }
  return nullptr;
}

// Looks for a person's answer to exactly this request: true if it was granted, and the grant is
// used up. Otherwise the decision carries the approval that it waits for.
bool Engine::Impl::resolve_approval(const telemetry::CheckInput& input, std::string_view id,
                                    telemetry::DecisionRecord& decision) {
  Approval* approval = approvals.find_request(request_of(input));
  if (approval != nullptr && approval->state == ApprovalState::Granted) {
    // Whatever else refuses now would refuse again later: the grant is kept for that time.
    if (!proceeds(deliberation.strongest_unapproved.effect)) return true;
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.field("approval", approval->id);
    json.field("decision", id);
    json.end_object();
    audit("approval_used", body);
    approvals.erase(*approval);
    return true;
  }
  if (approval == nullptr) approval = ask_for_approval(input, id);
  if (approval == nullptr) return false;
  if (approval->state == ApprovalState::Refused) {
    deliberation.strongest.effect = Effect::Deny;
    deliberation.strongest.message = "a person refused this request";
    return false;
  }
  decision.approval = telemetry::ApprovalReference{approval->id, approval->expires};
  return false;
}

// Null if too many wait already.
Approval* Engine::Impl::ask_for_approval(const telemetry::CheckInput& input, std::string_view id) {
  const Dimensions& dimensions = input.check.dimensions;
  Approval asked;
  asked.id = id;
  asked.request = request_of(input);
  asked.asked = now;
  asked.expires = add_saturated(now, kApprovalWait);
  asked.subject = {.tenant = std::string(dimensions[Dimension::Tenant]),
                   .agent = std::string(dimensions[Dimension::Agent]),
                   .session = std::string(dimensions[Dimension::Session]),
                   .task = std::string(dimensions[Dimension::Task]),
                   .target = std::string(input.check.target),
                   .rule = std::string(deliberation.strongest.rule),
                   .action = input.check.action};
  Approval* approval = approvals.open(std::move(asked));
  if (approval == nullptr) {
    notice("approvals_full", "no further request can wait for approval");
    return nullptr;
  }
  set_timer({approval->expires, 0, TimerKind::ApprovalExpiry, 0, approval->serial, 0});
  return approval;
}

void Engine::Impl::take_permit(const telemetry::CheckInput& input,
                               telemetry::DecisionRecord& decision) {
  const telemetry::Check& check = input.check;
  Permit& permit = permits.open(decision.id);
  permit.action = check.action;
  permit.dimensions.assign(check.dimensions);
  permit.attributes.assign(check.attributes);
  permit.trust = check.trust;
  permit.depth = check.depth;
  permit.idempotency_key = check.idempotency_key;
  if (!check.idempotency_key.empty()) permit.request = request_of(input);
  permits.remember_repeats(permit);
  for (const Deliberation::LimitSeen& seen : deliberation.limits) {
    breakers::Limit& limit = limits[seen.limit];
    const breakers::Hold hold = seen.answer.allowed
                                    ? limit.take(check.dimensions, deliberation.demand, now)
                                    : limit.pass(check.dimensions, now);
    permit.holds.push_back({seen.limit, hold});
    if (const auto deadline = limit.slot_deadline(hold)) {
      const auto part = static_cast<std::uint32_t>(permit.holds.size() - 1);
      set_timer({*deadline, 0, TimerKind::SlotLease, permit.index, permit.serial, part});
    }
  }
  for (const std::uint32_t breaker : deliberation.breakers) {
    permit.tickets.push_back({breaker, breaker_sets[breaker].take(check.dimensions, now)});
  }
  const Duration lease = lease_of(check.action);
  set_timer({add_saturated(now, lease), 0, TimerKind::PermitLease, permit.index, permit.serial, 0});
  permit.lease_ends = add_saturated(now, lease);
  decision.permit = permit.id;
  decision.ttl_ms = to_ms_rounded_up(lease);
  if (!permit.idempotency_key.empty()) permit.keep_answer(decision);
}

void Engine::Impl::answer(const telemetry::Check& check, telemetry::DecisionRecord decision) {
  const bool goes = proceeds(decision.effect);
  ++(goes ? counters.proceeded : counters.refused);
  ++counters.decisions[static_cast<std::size_t>(decision.effect)][static_cast<std::size_t>(
      decision.gate)][static_cast<std::size_t>(decision.reason)];
  if (!goes) audit_decision(check, decision);
  deliberation.record = effects->records.size();
  emit(std::move(decision));
}

void Engine::Impl::audit_decision(const telemetry::Check& check,
                                  const telemetry::DecisionRecord& decision) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.field("id", decision.id);
  for (const Dimension dimension :
       {Dimension::Tenant, Dimension::Agent, Dimension::Session, Dimension::Task}) {
    const std::string_view value = check.dimensions[dimension];
    if (!value.empty()) json.field(name_of(dimension), value);
  }
  json.field("action", telemetry::name_of(check.action));
  json.field("target", check.target);
  json.field("effect", policy::name_of(decision.effect));
  json.field("gate", policy::name_of(decision.gate));
  json.field("reason", policy::name_of(decision.reason));
  json.field("rule", decision.rule);
  json.field("epoch", decision.epoch);
  json.end_object();
  audit("decision", body);
}

// The id that was asked for, if no permit or approval has it or had it lately; else the next d-N.
std::string Engine::Impl::new_decision_id(std::string_view wanted) {
  if (!wanted.empty()) {
    const bool taken = permits.find(wanted) != nullptr || permits.was_closed(wanted) ||
                       approvals.find(wanted) != nullptr || approvals.had(wanted);
    if (!taken) return std::string(wanted);
    notice("check_id_taken",
           "the check id '" + std::string(wanted) + "' is in use; this decision has its own");
  }
  std::string id;
  do {
    id = "d-" + std::to_string(next_decision++);
  } while (permits.find(id) != nullptr || approvals.find(id) != nullptr);
  return id;
}

}  // namespace fusebox::engine
