#include "policy/rules.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"

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

constexpr std::uint32_t kNothing = 0;

std::uint32_t hash_of(std::string_view text) {
  return static_cast<std::uint32_t>(stable_hash(text)) | 1;  // never kNothing
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

RequestRules::RequestRules(const PolicySpec& policy, Slot by) : by_(by) {
  for (const RuleSpec& rule : policy.rules) {
    if (rule.trigger != Trigger::Request) continue;
    const auto demanded = rule.when.required_literal(by);
    rules_.push_back(&rule);
    demands_.push_back(demanded ? hash_of(*demanded) : kNothing);
  }
}

void RequestRules::match(const Facts& facts, std::vector<RuleMatch>& out) const {
  const Value value = facts.get(by_);
  const bool comparable = value.kind == Value::Kind::String;
  const std::uint32_t has = comparable ? hash_of(value.text) : kNothing;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (comparable && demands_[i] != kNothing && demands_[i] != has) continue;
    const RuleSpec& rule = *rules_[i];
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
