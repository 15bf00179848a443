#include "policy/rules.hpp"

#include "base/assert.hpp"

namespace fusebox::policy {
namespace {

Reason reason_of(Effect effect) {
  switch (effect) {
    case Effect::Allow:
      return Reason::None;
    case Effect::Degrade:
    case Effect::Throttle:
      return Reason::Restricted;
    case Effect::RequireApproval:
      return Reason::ApprovalRequired;
    case Effect::Deny:
    case Effect::Kill:
      return Reason::PolicyDenied;
  }
  FUSEBOX_ASSERT(false);
  return Reason::None;
}

// Whether a permissive policy enforces rules of this effect.
bool permissive_enforces(Effect effect) {
  switch (effect) {
    case Effect::Allow:
    case Effect::Deny:
    case Effect::Kill:
      return true;
    case Effect::Degrade:
    case Effect::Throttle:
    case Effect::RequireApproval:
      return false;
  }
  FUSEBOX_ASSERT(false);
  return true;
}

}  // namespace

std::string_view name_of(Trigger trigger) {
  switch (trigger) {
    case Trigger::Request:
      return "request";
    case Trigger::Slo:
      return "slo";
  }
  FUSEBOX_ASSERT(false);
  return {};
}

std::string_view name_of(PolicyMode mode) {
  switch (mode) {
    case PolicyMode::Strict:
      return "strict";
    case PolicyMode::Permissive:
      return "permissive";
    case PolicyMode::Audit:
      return "audit";
  }
  FUSEBOX_ASSERT(false);
  return {};
}

Enforcement effective_mode(PolicyMode policy, Enforcement rule, Effect effect) {
  switch (policy) {
    case PolicyMode::Strict:
      return rule;
    case PolicyMode::Permissive:
      return permissive_enforces(effect) ? rule : Enforcement::Shadow;
    case PolicyMode::Audit:
      return Enforcement::Shadow;
  }
  FUSEBOX_ASSERT(false);
  return rule;
}

void match_request(const PolicySpec& policy, const Facts& facts, std::vector<RuleMatch>& out) {
  for (const RuleSpec& rule : policy.rules) {
    if (rule.trigger != Trigger::Request) continue;
    switch (rule.when.evaluate(facts)) {
      case Outcome::False:
        break;
      case Outcome::True:
        out.push_back({.rule = &rule, .effect = rule.effect, .erred = false});
        break;
      case Outcome::Error:
        if (rule.on_error == Effect::Allow) break;
        out.push_back({.rule = &rule, .effect = rule.on_error, .erred = true});
        break;
    }
  }
}

Verdict verdict_of(const RuleMatch& match) {
  return {.effect = match.effect,
          .gate = Gate::Governance,
          .reason = reason_of(match.effect),
          .priority = match.rule->priority,
          .rule = match.rule->id,
          .message = match.rule->message};
}

Verdict default_verdict(const PolicySpec& policy) {
  if (policy.mode == PolicyMode::Audit || policy.default_effect == Effect::Allow) {
    return {};
  }
  return {.effect = policy.default_effect,
          .reason = reason_of(policy.default_effect),
          .rule = policy.name,
          .message = "no rule of this policy allows it"};
}

}  // namespace fusebox::policy
