// One decision: four gates look at the check, the strongest verdict decides, and only a check that
// proceeds takes anything.
#include <algorithm>
#include <limits>
#include <utility>

#include "base/json_writer.hpp"
#include "sre/engine/detail/core.hpp"

namespace fusebox::engine {
namespace {

using policy::Effect;
using policy::Gate;
using policy::Reason;

bool proceeds(Effect effect) { return effect == Effect::Allow || effect == Effect::Degrade; }

// Up, so that a caller who waits as told is not a fraction too early.
std::int64_t to_ms_rounded_up(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

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

std::string_view capability_of(const telemetry::Check& check) {
  if (check.attributes == nullptr || check.attributes->root() == nullptr) return {};
  const auto* member = policy::find_member(*check.attributes->root(), "capability");
  const bool is_text = member != nullptr && member->kind == policy::DynamicKind::String;
  return is_text ? member->text : std::string_view{};
}

// What a limit's refusal says to a person: which budget, and which field was left out.
std::string describe(const breakers::LimitSpec& limit, const breakers::LimitAnswer& answer) {
  std::string text = "limit " + limit.name;
  if (answer.resource) text += " of " + std::string(breakers::name_of(*answer.resource));
  text += " is reached";
  if (answer.missing) {
    text += "; the request has no " + std::string(name_of(*answer.missing)) +
            ", and shares the limit of all that leave it out";
  }
  return text;
}

// The stop order that a limit with on_exceed: kill asks for: its own key. The loader has made sure
// that such a key is a scope.
std::optional<killswitch::Scope> scope_of_key(const breakers::LimitSpec& limit,
                                              const Dimensions& dimensions) {
  const auto& keyed_by = limit.scope.dimensions();
  if (keyed_by.empty()) return killswitch::Scope{};
  const Dimension last = limit.scope.contains(Dimension::Agent) ? Dimension::Agent : keyed_by[0];
  auto scope = killswitch::scope_of(last, dimensions[last]);
  if (!scope) return std::nullopt;
  if (keyed_by.size() == 2) {
    scope->kind = killswitch::ScopeKind::TenantAgent;
    scope->tenant = dimensions[Dimension::Tenant];
  }
  return std::move(*scope);
}

std::optional<killswitch::Scope> scope_of_rule(const policy::RuleSpec& rule,
                                               const Dimensions& dimensions) {
  if (!rule.scope) return std::nullopt;
  auto scope = rule.scope->dimension ? killswitch::scope_of(*rule.scope->dimension,
                                                            dimensions[*rule.scope->dimension])
                                     : killswitch::parse_scope(rule.scope->fixed);
  if (!scope) return std::nullopt;
  return std::move(*scope);
}

}  // namespace

void Deliberation::reset(bool explain_wanted) {
  matches.clear();
  limits.clear();
  breakers.clear();
  would_be.clear();
  kills.clear();
  explain.clear();
  strongest = {};
  strongest_unapproved = {};
  explaining = explain_wanted;
}

void Deliberation::object(const policy::Verdict& verdict) {
  if (policy::stronger(verdict, strongest)) strongest = verdict;
  if (verdict.effect != Effect::RequireApproval &&
      policy::stronger(verdict, strongest_unapproved)) {
    strongest_unapproved = verdict;
  }
}

void Engine::Impl::on_check(const telemetry::CheckInput& input) {
  ++counters.checks;
  const telemetry::Check& check = input.check;
  const telemetry::CheckFacts facts(check);
  deliberation.reset(input.explain);
  deliberation.demand = breakers::demand_of(check);
  ask_fence(check);
  ask_policies(check, facts);
  // A retry of an admitted request gets the same permit, unless somebody has forbidden it since.
  if (const Permit* repeated = permits.find_repeated(check.dimensions, check.idempotency_key);
      repeated != nullptr && repeated->state == PermitState::Open &&
      proceeds(deliberation.strongest_unapproved.effect)) {
    telemetry::DecisionRecord decision;
    decision.id = decision.permit = repeated->id;
    decision.epoch = repeated->epoch;
    decision.policy = spec.policy_digest;
    emit(std::move(decision));
    return;
  }
  ask_limits(check, facts);
  ask_restrictions(check);
  ask_breakers(check, facts);
  decide(input, new_decision_id(input.id));
}

void Engine::Impl::ask_fence(const telemetry::Check& check) {
  const killswitch::Target target{&check.dimensions, capability_of(check)};
  const killswitch::Order* order = fence.find(target);
  if (deliberation.explaining) {
    deliberation.explain.push_back(
        {"kill", order == nullptr ? "no stop order covers this request"
                                  : order->id + " on " + killswitch::format(order->scope) +
                                        " stands: " + order->reason});
  }
  if (order == nullptr) return;
  policy::Verdict verdict;
  verdict.effect = Effect::Kill;
  verdict.gate = Gate::Kill;
  verdict.reason = Reason::Killed;
  verdict.priority = std::numeric_limits<std::int32_t>::max();  // before any rule that kills
  verdict.rule = order->id;
  verdict.message = order->reason;
  verdict.epoch = order->reg.epoch;
  deliberation.object(verdict);
}

void Engine::Impl::ask_policies(const telemetry::Check& check, const policy::Facts& facts) {
  for (const policy::PolicySpec& policy : spec.policies) {
    deliberation.matches.clear();
    policy::match_request(policy, facts, deliberation.matches);
    bool matched = false;
    for (const policy::RuleMatch& match : deliberation.matches) {
      if (match.erred) ++counters.condition_errors;
      policy::Verdict verdict = policy::verdict_of(match);
      if (match.rule->mode == policy::Enforcement::Shadow) {
        deliberation.would_be.push_back(verdict);
        continue;
      }
      matched = true;
      if (match.effect == Effect::Kill) {
        verdict.gate = Gate::Kill;
        verdict.reason = Reason::Killed;
        if (auto scope = scope_of_rule(*match.rule, check.dimensions)) {
          deliberation.kills.push_back(
              {std::move(*scope),
               match.rule->message.empty() ? "rule " + match.rule->id : match.rule->message,
               "policy:" + match.rule->id});
        }
      }
      deliberation.object(verdict);
    }
    if (!matched && policy.default_effect != Effect::Allow) {
      deliberation.object(policy::default_verdict(policy));
    }
    if (!deliberation.explaining) continue;
    for (const policy::RuleSpec& rule : policy.rules) {
      if (rule.trigger != policy::Trigger::Request) continue;
      deliberation.explain.push_back({rule.id, rule.when.explain(facts)});
    }
  }
}

void Engine::Impl::ask_limits(const telemetry::Check& check, const policy::Facts& facts) {
  for (std::uint32_t i = 0; i < limits.size(); ++i) {
    if (!limits[i].applies(facts)) continue;
    const breakers::LimitSpec& limit = limits[i].spec();
    const auto answer = limits[i].peek(check.dimensions, deliberation.demand, now);
    deliberation.limits.push_back({i, answer});
    if (deliberation.explaining) {
      deliberation.explain.push_back(
          {limit.name, answer.allowed ? "has room" : describe(limit, answer)});
    }
    if (answer.allowed) continue;
    policy::Verdict verdict;
    verdict.effect = breakers::effect_of(limit.on_exceed);
    verdict.gate = Gate::Governance;
    verdict.reason = answer.reason;
    verdict.rule = limit.name;
    verdict.retry_after_ms = to_ms_rounded_up(answer.retry_after);
    if (limit.mode == policy::Enforcement::Shadow) {
      deliberation.would_be.push_back(verdict);
      continue;
    }
    if (verdict.effect == Effect::Kill) {
      if (auto scope = scope_of_key(limit, check.dimensions)) {
        deliberation.kills.push_back(
            {std::move(*scope), describe(limit, answer), "limit:" + limit.name});
      }
    }
    deliberation.object(verdict);
  }
}

void Engine::Impl::ask_restrictions(const telemetry::Check& check) {
  const killswitch::Target target{&check.dimensions, capability_of(check)};
  state_rules.for_each_restriction(target, [this](const policy::RuleSpec& rule) {
    policy::Verdict verdict;
    verdict.effect = rule.effect;
    verdict.gate = Gate::Reliability;
    verdict.reason = Reason::Restricted;
    verdict.priority = rule.priority;
    verdict.rule = rule.id;
    verdict.message = rule.message;
    if (rule.mode == policy::Enforcement::Shadow) {
      deliberation.would_be.push_back(verdict);
    } else {
      deliberation.object(verdict);
    }
  });
}

void Engine::Impl::ask_breakers(const telemetry::Check& check, const policy::Facts& facts) {
  for (std::uint32_t i = 0; i < breaker_sets.size(); ++i) {
    if (!breaker_sets[i].applies(facts)) continue;
    const breakers::BreakerSpec& breaker = breaker_sets[i].spec();
    const breakers::Admission admission = breaker_sets[i].peek(check.dimensions, now);
    if (deliberation.explaining) {
      deliberation.explain.push_back(
          {breaker.name,
           admission.allowed ? "lets it through" : std::string(policy::name_of(admission.reason))});
    }
    if (admission.allowed) {
      deliberation.breakers.push_back(i);
      continue;
    }
    policy::Verdict verdict;
    verdict.effect = Effect::Deny;
    verdict.gate = Gate::Reliability;
    verdict.reason = admission.reason;
    verdict.rule = breaker.name;
    verdict.retry_after_ms = to_ms_rounded_up(admission.retry_after);
    if (breaker.mode == policy::Enforcement::Shadow) {
      deliberation.would_be.push_back(verdict);
    } else {
      deliberation.object(verdict);
    }
  }
}

void Engine::Impl::decide(const telemetry::CheckInput& input, std::string_view id) {
  const telemetry::Check& check = input.check;
  telemetry::DecisionRecord decision;
  decision.id = id;
  decision.policy = spec.policy_digest;
  for (const policy::Verdict& verdict : deliberation.would_be) {
    decision.would_be.push_back(
        {std::string(verdict.rule), verdict.effect, verdict.gate, verdict.reason});
  }
  decision.explain = std::exchange(deliberation.explain, {});
  if (deliberation.strongest.effect == Effect::RequireApproval &&
      resolve_approval(check, id, decision)) {
    deliberation.strongest = deliberation.strongest_unapproved;
  }
  const policy::Verdict& decider = deliberation.strongest;
  decision.effect = decider.effect == Effect::Kill ? Effect::Deny : decider.effect;
  decision.gate = decider.gate;
  decision.reason = decider.reason;
  decision.rule = decider.rule;
  decision.message = decider.message;
  if (const auto* limit = deciding_limit()) {
    decision.message = describe(limits[limit->limit].spec(), limit->answer);
  }
  if (decider.retry_after_ms > 0) decision.retry_after_ms = decider.retry_after_ms;
  // A kill effect of a rule or limit trips before the decision names its epoch.
  if (!deliberation.kills.empty()) trip_all(std::exchange(deliberation.kills, {}));
  decision.epoch =
      decider.epoch > 0 ? decider.epoch : fence.epoch({&check.dimensions, capability_of(check)});
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
bool Engine::Impl::resolve_approval(const telemetry::Check& check, std::string_view id,
                                    telemetry::DecisionRecord& decision) {
  const killswitch::Digest digest = request_digest(check);
  Approval* approval = approvals.find_request(digest);
  if (approval != nullptr && approval->state == ApprovalState::Granted) {
    // Whatever else refuses now would refuse again later: the grant is kept for that time.
    if (!proceeds(deliberation.strongest_unapproved.effect)) return true;
    approvals.erase(*approval);
    return true;
  }
  if (approval == nullptr) {
    approval = approvals.open(id, digest, add_saturated(now, kApprovalWait));
    if (approval == nullptr) {
      notice("approvals_full", "no further request can wait for approval");
      return false;
    }
    set_timer({approval->expires, 0, TimerKind::ApprovalExpiry, 0, approval->serial, 0});
  }
  if (approval->state == ApprovalState::Refused) {
    deliberation.strongest.effect = Effect::Deny;
    deliberation.strongest.message = "a person refused this request";
    return false;
  }
  decision.approval = telemetry::ApprovalReference{approval->id, approval->expires};
  return false;
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
  permit.epoch = decision.epoch;
  permit.idempotency_key = check.idempotency_key;
  permits.remember_idempotency(permit);
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
  decision.permit = permit.id;
  decision.ttl_ms = to_ms_rounded_up(lease);
}

void Engine::Impl::answer(const telemetry::Check& check, telemetry::DecisionRecord decision) {
  if (proceeds(decision.effect)) {
    ++counters.proceeded;
  } else {
    ++counters.refused;
    std::string body;
    JsonWriter json(body);
    json.begin_object();
    json.field("id", decision.id);
    json.field("agent", check.dimensions[Dimension::Agent]);
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
  emit(std::move(decision));
}

// The id that was asked for, if no permit or approval has it or had it lately; else the next d-N.
std::string Engine::Impl::new_decision_id(std::string_view wanted) {
  if (!wanted.empty()) {
    const bool taken = permits.find(wanted) != nullptr || permits.was_closed(wanted) ||
                       approvals.find(wanted) != nullptr;
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
