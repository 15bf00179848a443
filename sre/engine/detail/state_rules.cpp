#include "sre/engine/detail/state_rules.hpp"

#include <utility>

#include "base/assert.hpp"
#include "sre/engine/detail/spec_digest.hpp"

namespace fusebox::engine {
namespace {

// The value of the rule's scope for this key; the whole text for a fixed scope.
std::string_view scope_value(const policy::RuleSpec& rule, const slo::SloSpec& slo,
                             std::string_view key) {
  if (!rule.scope->dimension) return rule.scope->fixed;
  return slo.group_by.value(key, *rule.scope->dimension);
}

std::string scope_text(const policy::RuleSpec& rule, std::string_view value) {
  if (!rule.scope->dimension) return std::string(value);
  return std::string(name_of(*rule.scope->dimension)) + ":" + std::string(value);
}

}  // namespace

StateRules::StateRules(const EngineSpec& spec) : bound_(spec.slos.size()) {
  for (const policy::PolicySpec& policy : spec.policies) {
    for (const policy::RuleSpec& rule : policy.rules) {
      if (rule.trigger != policy::Trigger::Slo) continue;
      FUSEBOX_ASSERT(rule.scope.has_value());
      rules_.push_back({&rule, {}});
      const auto about = rule.when.required_literal(slo::kStateSloName);
      for (std::size_t i = 0; i < spec.slos.size(); ++i) {
        if (!about || *about == spec.slos[i].name) bound_[i].push_back({rules_.size() - 1, {}});
      }
    }
  }
}

void StateRules::evaluate(std::size_t slo_index, slo::Slo& slo, KeyIndex key, Instant now,
                          std::vector<telemetry::RecordBody>& out,
                          std::vector<KillRequest>& kills) {
  const std::size_t objectives = slo.spec().objectives.size();
  for (std::size_t objective = 0; objective < objectives; ++objective) {
    const slo::SloView view = slo.view(key, objective, now);
    for (Binding& binding : bound_[slo_index]) {
      evaluate_one(binding, key * objectives + objective, view, out, kills);
    }
  }
}

void StateRules::evaluate_one(Binding& binding, std::size_t cell, const slo::SloView& view,
                              std::vector<telemetry::RecordBody>& out,
                              std::vector<KillRequest>& kills) {
  Rule& rule = rules_[binding.rule];
  const policy::Outcome outcome = rule.spec->when.evaluate(slo::StateFacts(view));
  if (outcome == policy::Outcome::Error) {  // does nothing: the rule stays as it was
    ++errors_;
    return;
  }
  if (cell >= binding.on.size()) binding.on.resize(cell + 1, 0);
  const bool on = outcome == policy::Outcome::True;
  if ((binding.on[cell] != 0) == on) return;
  binding.on[cell] = on ? 1 : 0;
  apply_outcome(rule, view, on, out, kills);
}

void StateRules::apply_outcome(Rule& rule, const slo::SloView& view, bool on,
                               std::vector<telemetry::RecordBody>& out,
                               std::vector<KillRequest>& kills) {
  const policy::RuleSpec& spec = *rule.spec;
  const std::string_view value = scope_value(spec, *view.spec, view.key);
  const std::string scope = scope_text(spec, value);
  out.push_back(telemetry::PolicyRecord{spec.id, spec.effect, scope, spec.mode, on});
  if (spec.effect == policy::Effect::Deny) {
    auto& count = rule.active[std::string(value)];
    count += on ? 1 : -1;
    if (count == 0) rule.active.erase(std::string(value));
    return;
  }
  if (!on || spec.mode == policy::Enforcement::Shadow) return;
  // The overflow key stands for many values and an empty one for none: neither names who to stop.
  if (value.empty() || value == slo::kOverflowValue) return;
  auto parsed = killswitch::parse_scope(scope);
  if (!parsed) return;
  kills.push_back({std::move(*parsed), spec.message.empty() ? "rule " + spec.id : spec.message,
                   "policy:" + spec.id});
}

bool StateRules::restricts(const Rule& rule, const killswitch::Target& target) const {
  if (rule.active.empty()) return false;
  const policy::RuleScope& scope = *rule.spec->scope;
  if (scope.dimension) return rule.active.contains((*target.dimensions)[*scope.dimension]);
  const auto parsed = killswitch::parse_scope(scope.fixed);
  return parsed && covers(*parsed, target);
}

std::vector<RestrictionStatus> StateRules::restrictions() const {
  std::vector<RestrictionStatus> out;
  for (const Rule& rule : rules_) {
    for (const auto& [value, keys] : rule.active) {
      out.push_back({rule.spec->id, scope_text(*rule.spec, value), rule.spec->mode});
    }
  }
  return out;
}

std::vector<StateRules::Memory> StateRules::memory(const std::vector<slo::Slo>& slos) const {
  std::vector<Memory> out;
  for (std::size_t i = 0; i < slos.size(); ++i) {
    for (const Binding& binding : bound_[i]) {
      const policy::RuleSpec& rule = *rules_[binding.rule].spec;
      out.push_back({rule.id, state_digest_of(rule), slos[i].spec().name, binding.on});
    }
  }
  return out;
}

bool StateRules::recall(const std::vector<Memory>& memories, std::vector<slo::Slo>& slos) {
  for (const Memory& memory : memories) {
    Binding* binding = find(memory, slos);
    if (binding != nullptr) binding->on = memory.on;
  }
  for (std::size_t i = 0; i < slos.size(); ++i) {
    const std::size_t cells = slos[i].keys().size() * slos[i].spec().objectives.size();
    for (const Binding& binding : bound_[i]) {
      if (binding.on.size() > cells) return false;
      activate(binding, slos[i]);
    }
  }
  return true;
}

StateRules::Binding* StateRules::find(const Memory& memory, const std::vector<slo::Slo>& slos) {
  for (std::size_t i = 0; i < slos.size(); ++i) {
    if (slos[i].spec().name != memory.slo) continue;
    for (Binding& binding : bound_[i]) {
      const policy::RuleSpec& rule = *rules_[binding.rule].spec;
      if (rule.id == memory.rule && state_digest_of(rule) == memory.digest) return &binding;
    }
  }
  return nullptr;
}

// Counts the restrictions of a binding whose cells have just been set.
void StateRules::activate(const Binding& binding, slo::Slo& slo) {
  Rule& rule = rules_[binding.rule];
  if (rule.spec->effect != policy::Effect::Deny) return;
  const std::size_t objectives = slo.spec().objectives.size();
  for (std::size_t cell = 0; cell < binding.on.size(); ++cell) {
    if (binding.on[cell] == 0) continue;
    const auto key = static_cast<KeyIndex>(cell / objectives);
    ++rule.active[std::string(scope_value(*rule.spec, slo.spec(), slo.keys().key(key)))];
  }
}

bool covers(const killswitch::Scope& scope, const killswitch::Target& target) {
  using killswitch::ScopeKind;
  const Dimensions& dimensions = *target.dimensions;
  const auto is = [&](Dimension dimension) { return dimensions[dimension] == scope.value; };
  switch (scope.kind) {
    case ScopeKind::Global:
      return true;
    case ScopeKind::Tenant:
      return is(Dimension::Tenant);
    case ScopeKind::Agent:
      return is(Dimension::Agent);
    case ScopeKind::TenantAgent:
      return is(Dimension::Agent) && dimensions[Dimension::Tenant] == scope.tenant;
    case ScopeKind::RootTask:
      return is(Dimension::RootTask);
    case ScopeKind::Session:
      return is(Dimension::Session);
    case ScopeKind::Task:
      return is(Dimension::Task);
    case ScopeKind::Provider:
      return is(Dimension::Provider);
    case ScopeKind::Model:
      return is(Dimension::Model);
    case ScopeKind::Tool:
      return is(Dimension::Tool);
    case ScopeKind::Capability:
      return target.capability == scope.value || is(Dimension::Kind);
    case ScopeKind::Drill:
      return false;
  }
  return false;
}

}  // namespace fusebox::engine
