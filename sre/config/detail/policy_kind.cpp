#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "killswitch/scope.hpp"
#include "slo/slo.hpp"
#include "sre/config/detail/kinds.hpp"
#include "sre/config/detail/map_reader.hpp"
#include "sre/config/detail/modes.hpp"
#include "telemetry/facts.hpp"

namespace fusebox::config::detail {
namespace {

using policy::Effect;
using policy::Enforcement;
using policy::PolicyMode;
using policy::RuleScope;
using policy::RuleSpec;
using policy::Trigger;

constexpr std::array kSpecKeys{optional("mode"), optional("default"), required("rules")};
constexpr std::array kRuleKeys{required("id"),       required("trigger"),  required("when"),
                               required("effect"),   optional("scope"),    optional("message"),
                               later("obligations"), optional("on_error"), optional("priority"),
                               optional("mode")};

constexpr std::array kModes{
    Choice<PolicyMode>{"strict", PolicyMode::Strict},
    Choice<PolicyMode>{"permissive", PolicyMode::Permissive},
    Choice<PolicyMode>{"audit", PolicyMode::Audit},
};
constexpr std::array kDefaults{
    Choice<Effect>{"allow", Effect::Allow},
    Choice<Effect>{"deny", Effect::Deny},
};
constexpr std::array kTriggers{
    Choice<Trigger>{"request", Trigger::Request},
    Choice<Trigger>{"slo", Trigger::Slo},
};
constexpr std::array<std::string_view, 5> kLaterTriggers{"result", "breaker", "limit", "anomaly",
                                                         "tick"};
constexpr std::array kRequestEffects{
    Choice<Effect>{"allow", Effect::Allow},
    Choice<Effect>{"deny", Effect::Deny},
    Choice<Effect>{"require_approval", Effect::RequireApproval},
    Choice<Effect>{"kill", Effect::Kill},
};
constexpr std::array kSloEffects{
    Choice<Effect>{"deny", Effect::Deny},
    Choice<Effect>{"kill", Effect::Kill},
};
constexpr std::array<std::string_view, 7> kLaterEffects{
    "throttle", "degrade", "alert", "notify", "run", "open_breaker", "freeze_deploys"};
constexpr std::array kOnError{
    Choice<Effect>{"allow", Effect::Allow},
    Choice<Effect>{"deny", Effect::Deny},
    Choice<Effect>{"require_approval", Effect::RequireApproval},
};

constexpr std::size_t kMessageMax = 1024;
constexpr std::int64_t kPriorityMax = 1'000'000;

// A dimension that stop orders have, or the text of one scope.
std::optional<RuleScope> as_scope(const Field& field) {
  const auto text = as_text(field, 600);
  if (!text) return std::nullopt;
  if (const auto dimension = parse_dimension(*text)) {
    if (killswitch::has_scope(*dimension)) return RuleScope{.dimension = dimension, .fixed = {}};
    field.invalid("a dimension that a stop order can name",
                  quoted(*text) + " is a dimension without a scope of its own");
    return std::nullopt;
  }
  const auto scope = killswitch::parse_scope(*text);
  if (scope) return RuleScope{.dimension = std::nullopt, .fixed = killswitch::format(*scope)};
  field.error(scope.error().code, field.is(),
              "expected a dimension like `agent`, or one scope like `global`",
              did_you_mean(*text, dimension_names()));
  return std::nullopt;
}

void check_scope(const MapReader& rule, Trigger trigger, Effect effect) {
  const bool wanted = effect == Effect::Kill || trigger == Trigger::Slo;
  if (wanted == rule.has("scope")) return;
  if (wanted) {
    rule.report().error(
        rule.at(), ErrorCode::MissingKey, "`scope` is missing",
        "expected what the rule stops: a dimension like `agent`, or a scope like `global`");
  } else {
    rule.report().error(rule.at_key("scope"), ErrorCode::ConflictingKeys,
                        "`scope` stands on a request rule that does not kill",
                        "its effect is for the request alone");
  }
}

// The SLOs that a rule can be about, by the name that its condition demands. A name that no SLO has
// is reported.
std::vector<KnownSlo> slos_of(const policy::Condition& when, const Field& when_field,
                              std::span<const KnownSlo> slos) {
  const auto demanded = when.required_literal(slo::kStateSloName);
  if (!demanded) return {slos.begin(), slos.end()};
  std::vector<std::string_view> names;
  for (const KnownSlo& candidate : slos) {
    if (candidate.name == *demanded) return {candidate};
    names.push_back(candidate.name);
  }
  const std::size_t offset = std::min(when.text().find(*demanded), when.text().size());
  when_field.report.error(when_field.at(offset), ErrorCode::DanglingReference,
                          "no SLO is named " + quoted(*demanded), "",
                          did_you_mean(*demanded, names));
  return {};
}

void check_slo_scope(const MapReader& rule, const RuleSpec& spec, std::span<const KnownSlo> slos) {
  const auto about = slos_of(spec.when, *rule.field("when"), slos);
  if (!spec.scope || !spec.scope->dimension) return;
  const Dimension dimension = *spec.scope->dimension;
  for (const KnownSlo& slo : about) {
    if (slo.group_by == nullptr || slo.group_by->contains(dimension)) continue;
    rule.field("scope")->invalid("a dimension that SLO " + quoted(slo.name) + " groups by",
                                 "name it in fusebox.dev/group-by, or demand another slo.name");
  }
}

// What a request rule says when its condition errs: restricting rules refuse.
Effect read_on_error(const MapReader& rule, Trigger trigger, Effect effect) {
  if (trigger == Trigger::Slo && rule.has("on_error")) {
    rule.report().error(rule.at_key("on_error"), ErrorCode::ConflictingKeys,
                        "`on_error` stands on a rule with `trigger: slo`",
                        "a state rule that errs does nothing");
  }
  const Effect otherwise =
      trigger == Trigger::Slo || effect == Effect::Allow ? Effect::Allow : Effect::Deny;
  return rule.choice("on_error", kOnError).value_or(otherwise);
}

std::optional<RuleSpec> read_rule(const Field& field, PolicyMode mode,
                                  std::span<const KnownSlo> slos) {
  const MapReader rule(field, kRuleKeys);
  auto id = rule.get("id", as_identifier, std::string_view("-_."));
  auto message = rule.get("message", as_text, kMessageMax);
  const auto scope = rule.get("scope", as_scope);
  const auto priority =
      rule.get("priority", as_int, Range<std::int64_t>{-kPriorityMax, kPriorityMax});
  const auto own_mode = rule.choice("mode", kEnforcements).value_or(Enforcement::Enforce);
  const auto trigger = rule.choice("trigger", kTriggers, kLaterTriggers);
  if (!trigger) return std::nullopt;
  const bool on_slo = *trigger == Trigger::Slo;
  auto when =
      rule.get("when", as_condition, on_slo ? slo::state_schema() : telemetry::request_schema());
  const auto effect = on_slo ? rule.choice("effect", kSloEffects, kLaterEffects)
                             : rule.choice("effect", kRequestEffects, kLaterEffects);
  if (!effect) return std::nullopt;
  check_scope(rule, *trigger, *effect);
  const Effect on_error = read_on_error(rule, *trigger, *effect);
  if (!when) return std::nullopt;
  RuleSpec spec{.id = std::move(id).value_or(""),
                .trigger = *trigger,
                .when = std::move(*when),
                .effect = *effect,
                .scope = scope,
                .message = std::move(message).value_or(""),
                .on_error = on_error,
                .priority = static_cast<std::int32_t>(priority.value_or(0)),
                .mode = policy::effective_mode(mode, own_mode, *effect)};
  if (on_slo) check_slo_scope(rule, spec, slos);
  return spec;
}

Effect read_default(const MapReader& spec, PolicyMode mode) {
  const Effect otherwise = mode == PolicyMode::Strict ? Effect::Deny : Effect::Allow;
  const Effect effect = spec.choice("default", kDefaults).value_or(otherwise);
  if (mode == PolicyMode::Audit && effect == Effect::Deny) {
    spec.report().error(
        spec.at_key("default"), ErrorCode::ConflictingKeys,
        "`default: deny` stands beside `mode: audit`",
        "audit refuses nothing; expected `default: allow`, or mode strict or permissive");
  }
  return effect;
}

}  // namespace

policy::PolicySpec read_policy(const Document& document, std::span<const KnownSlo> slos,
                               std::vector<RulePlace>& rules) {
  const MapReader spec(document.spec, kSpecKeys);
  policy::PolicySpec out;
  out.name = document.name;
  out.mode = spec.choice("mode", kModes).value_or(PolicyMode::Strict);
  out.default_effect = read_default(spec, out.mode);
  for (const Field& item : spec.list("rules")) {
    const Entry* id = item.node.find("id");
    if (id != nullptr && id->value.kind == NodeKind::Scalar) {
      rules.push_back({id->value.text, id->value.at});
    }
    if (auto rule = read_rule(item, out.mode, slos)) out.rules.push_back(std::move(*rule));
  }
  return out;
}

}  // namespace fusebox::config::detail
