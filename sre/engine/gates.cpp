// The gates that a check passes, in their order: fence, policies, limits, restrictions, breakers.
// Each only looks; what they object to is collected in the deliberation.
#include "sre/engine/detail/gates.hpp"

#include <limits>
#include <span>
#include <utility>

#include "base/assert.hpp"
#include "sre/engine/detail/core.hpp"
#include "telemetry/facts.hpp"

namespace fusebox::engine {
namespace {

using policy::Effect;
using policy::Gate;
using policy::Reason;

std::string_view capability_of(const telemetry::Check& check) {
  if (check.attributes == nullptr || check.attributes->root() == nullptr) return {};
  const auto* member = policy::find_member(*check.attributes->root(), "capability");
  const bool is_text = member != nullptr && member->kind == policy::DynamicKind::String;
  return is_text ? member->text : std::string_view{};
}

// What a kill stops when the request does not say what it should: its agent, which is always known.
// A field left out, or one that no order can name, must not be a way around the stop.
killswitch::Scope scope_or_agent(Result<killswitch::Scope> wanted, const Dimensions& dimensions) {
  if (wanted) return std::move(*wanted);
  auto narrow =
      killswitch::scope_of_agent(dimensions[Dimension::Tenant], dimensions[Dimension::Agent]);
  if (narrow) return std::move(*narrow);
  auto agent = killswitch::scope_of(Dimension::Agent, dimensions[Dimension::Agent]);
  return agent ? std::move(*agent) : killswitch::Scope{};
}

killswitch::Scope scope_of_rule(const policy::RuleSpec& rule, const Dimensions& dimensions) {
  FUSEBOX_ASSERT(rule.scope.has_value());
  return scope_or_agent(
      rule.scope->dimension
          ? killswitch::scope_of(*rule.scope->dimension, dimensions[*rule.scope->dimension])
          : killswitch::parse_scope(rule.scope->fixed),
      dimensions);
}

// The matches of one policy as they were recorded. A rule that is no longer there says nothing.
void recall_matches(const policy::PolicySpec& policy,
                    std::span<const telemetry::RuleOutcome> recorded,
                    std::vector<policy::RuleMatch>& out) {
  for (const policy::RuleSpec& rule : policy.rules) {
    if (rule.trigger != policy::Trigger::Request) continue;
    for (const telemetry::RuleOutcome& outcome : recorded) {
      if (outcome.rule != rule.id) continue;
      out.push_back({&rule, outcome.erred ? rule.on_error : rule.effect, outcome.erred});
      break;
    }
  }
}

}  // namespace

killswitch::Scope scope_of_limit(const breakers::LimitSpec& limit, const Dimensions& dimensions) {
  const auto& keyed_by = limit.scope.dimensions();
  if (keyed_by.empty()) return {};
  if (keyed_by.size() == 2) {  // tenant and agent: the loader allows no other pair
    return scope_or_agent(
        killswitch::scope_of_agent(dimensions[Dimension::Tenant], dimensions[Dimension::Agent]),
        dimensions);
  }
  return scope_or_agent(killswitch::scope_of(keyed_by[0], dimensions[keyed_by[0]]), dimensions);
}

killswitch::Target target_of(const telemetry::Check& check) {
  return {&check.dimensions, capability_of(check)};
}

std::int64_t to_ms_rounded_up(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

std::string describe_refusal(const breakers::LimitSpec& limit,
                             const breakers::LimitAnswer& answer) {
  std::string text = "limit " + limit.name;
  if (answer.resource) text += " of " + std::string(breakers::name_of(*answer.resource));
  text += " is reached";
  if (answer.missing) {
    text += "; the request has no " + std::string(name_of(*answer.missing)) +
            ", and shares the limit of all that leave it out";
  }
  return text;
}

void Deliberation::reset(bool explain_wanted) {
  matches.clear();
  outcomes.clear();
  request.reset();
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

void Engine::Impl::ask_fence(const telemetry::Check& check) {
  const killswitch::Target target = target_of(check);
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

std::vector<policy::RequestRules> request_rules_of(const EngineSpec& spec) {
  std::vector<policy::RequestRules> out;
  out.reserve(spec.policies.size());
  for (const policy::PolicySpec& policy : spec.policies) {
    out.emplace_back(policy, telemetry::target_slot());
  }
  return out;
}

void Engine::Impl::ask_policies(const telemetry::CheckInput& input, const policy::Facts& facts) {
  for (std::size_t i = 0; i < spec.policies.size(); ++i) {
    const policy::PolicySpec& policy = spec.policies[i];
    match_policy(i, input, facts);
    const bool matched = weigh_matches(input.check.dimensions);
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

void Engine::Impl::match_policy(std::size_t index, const telemetry::CheckInput& input,
                                const policy::Facts& facts) {
  deliberation.matches.clear();
  if (input.recorded) {
    recall_matches(spec.policies[index], input.recorded->rules, deliberation.matches);
  } else {
    request_rules[index].match(facts, deliberation.matches);
  }
  for (const policy::RuleMatch& match : deliberation.matches) {
    deliberation.outcomes.push_back({match.rule->id, match.erred});
  }
}

// True if an enforced rule is among the matches.
bool Engine::Impl::weigh_matches(const Dimensions& dimensions) {
  bool enforced = false;
  for (const policy::RuleMatch& match : deliberation.matches) {
    if (match.erred) ++counters.condition_errors;
    policy::Verdict verdict = policy::verdict_of(match);
    if (match.effect == Effect::Kill) {
      verdict.gate = Gate::Kill;
      verdict.reason = Reason::Killed;
    }
    if (match.rule->mode == policy::Enforcement::Shadow) {
      deliberation.would_be.push_back(verdict);
      continue;
    }
    enforced = true;
    if (match.effect == Effect::Kill) {
      deliberation.kills.push_back(
          {scope_of_rule(*match.rule, dimensions),
           match.rule->message.empty() ? "rule " + match.rule->id : match.rule->message,
           "policy:" + match.rule->id});
    }
    deliberation.object(verdict);
  }
  return enforced;
}

void Engine::Impl::ask_limits(const telemetry::Check& check, const policy::Facts& facts) {
  for (std::uint32_t i = 0; i < limits.size(); ++i) {
    if (!limits[i].applies(facts)) continue;
    const breakers::LimitSpec& limit = limits[i].spec();
    const auto answer = limits[i].peek(check.dimensions, deliberation.demand, now);
    deliberation.limits.push_back({i, answer});
    if (deliberation.explaining) {
      deliberation.explain.push_back(
          {limit.name, answer.allowed ? "has room" : describe_refusal(limit, answer)});
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
      deliberation.kills.push_back({scope_of_limit(limit, check.dimensions),
                                    describe_refusal(limit, answer), "limit:" + limit.name});
    }
    deliberation.object(verdict);
  }
}

void Engine::Impl::ask_restrictions(const telemetry::Check& check) {
  const killswitch::Target target = target_of(check);
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

}  // namespace fusebox::engine
