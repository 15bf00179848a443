// What the gates let through: budgets, stop orders, breakers.
#include <algorithm>
#include <limits>

#include "telemetry/facts.hpp"
#include "tests/sim/audit.hpp"

namespace fusebox::sim {
namespace {

using telemetry::Check;
using telemetry::DecisionRecord;
using telemetry::Outcome;

constexpr Instant kForever{Duration{std::numeric_limits<std::int64_t>::max()}};

bool says_nothing(Outcome outcome) {
  return outcome == Outcome::Cancelled || outcome == Outcome::Throttled ||
         outcome == Outcome::Denied;
}

// Does it lead past its maximum to refuse? Shadow, and what only degrades, leads past it to go on.
bool refuses(const breakers::LimitSpec& limit) {
  if (limit.mode == policy::Enforcement::Shadow) return false;
  const policy::Effect effect = breakers::effect_of(limit.on_exceed);
  return effect != policy::Effect::Degrade && effect != policy::Effect::RequireApproval;
}

bool is_additive(breakers::Resource resource) {
  return std::find(breakers::kAdditive.begin(), breakers::kAdditive.end(), resource) !=
         breakers::kAdditive.end();
}

// A window forgets by rules that would have to be written here once more, and a limit without sums
// forgets its keys.
bool can_be_summed(const breakers::LimitSpec& limit) {
  const bool has_sum = std::any_of(
      breakers::kAdditive.begin(), breakers::kAdditive.end(),
      [&](breakers::Resource each) { return limit.budget[index_of(each)].has_value(); });
  return refuses(limit) && !limit.window && has_sum;
}

bool applies(const std::optional<policy::Condition>& where, const policy::Facts& facts) {
  return !where || where->evaluate(facts) == policy::Outcome::True;
}

bool covers(const killswitch::Scope& scope, const Check& check) {
  using killswitch::ScopeKind;
  const auto is = [&](Dimension dimension) { return check.dimensions[dimension] == scope.value; };
  switch (scope.kind) {
    case ScopeKind::Global:
      return true;
    case ScopeKind::Tenant:
      return is(Dimension::Tenant);
    case ScopeKind::Agent:
      return is(Dimension::Agent);
    case ScopeKind::TenantAgent:
      return is(Dimension::Agent) && check.dimensions[Dimension::Tenant] == scope.tenant;
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
    case ScopeKind::Capability:  // no simulated request has attributes
      return telemetry::name_of(check.action) == scope.value;
    case ScopeKind::Drill:
      return false;
  }
  return false;
}

}  // namespace

// ---- budgets

void BudgetBook::crossed(const telemetry::LimitRecord& record, const telemetry::Report* report,
                         const Granted* granted, Instant now) {
  if (!record.overrun) return;
  overrun_.insert({record.name, record.key, record.dimension});
  const auto limit = std::find_if(limits_.begin(), limits_.end(),
                                  [&](const auto& each) { return each.name == record.name; });
  const auto resource = breakers::parse_resource(record.dimension);
  if (limit == limits_.end() || !resource) return findings_.add(now, record.name + " is no limit");
  if (!refuses(*limit)) return;  // nothing was reserved where the call went on all the same
  if (report != nullptr && granted != nullptr) {
    const auto usage = breakers::usage_of(granted->action, report->outcome, report->measured);
    const std::size_t i = index_of(*resource);
    if (usage.amounts[i] > granted->demand.amounts[i]) return;
  }
  findings_.add(now, record.name + " of " + record.dimension + " is overrun for " + record.key +
                         ", and no report was above its reservation");
}

void BudgetBook::decided(const Check& check, const DecisionRecord& decision, Instant now) {
  if (proceeds(decision)) add(check, breakers::demand_of(check).amounts, now);
}

// What was reserved becomes what was used: the whole reservation where nobody says how much.
void BudgetBook::reported(const Granted& granted, const telemetry::Report& report, Instant now) {
  if (!granted.lasts_at(now)) return;  // charged in full when its lease ended
  const auto usage = breakers::usage_of(granted.action, report.outcome, report.measured);
  breakers::Amounts change{};
  for (std::size_t i = 0; i < change.size(); ++i) {
    const std::int64_t reserved = granted.demand.amounts[i];
    const std::int64_t at_least = usage.neutral ? 0 : reserved;
    change[i] = usage.reported[i] ? usage.amounts[i] : std::max(usage.amounts[i], at_least);
    change[i] -= reserved;
  }
  add(granted.check(), change, now);
}

void BudgetBook::add(const Check& check, const breakers::Amounts& amounts, Instant now) {
  const telemetry::CheckFacts facts(check);
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    const breakers::LimitSpec& limit = limits_[i];
    if (!can_be_summed(limit) || !applies(limit.where, facts)) continue;
    const std::string_view key = limit.scope.encode(check.dimensions, buffer_);
    auto sums = sums_[i].find(key);
    if (sums == sums_[i].end()) sums = sums_[i].emplace(key, breakers::Amounts{}).first;
    for (const breakers::Resource resource : breakers::kAdditive) {
      std::int64_t& sum = sums->second[index_of(resource)];
      sum += amounts[index_of(resource)];
      const auto max = limit.budget[index_of(resource)];
      if (max && sum > *max) above(limit, sums->first, resource, sum, now);
    }
  }
}

// Only a report can lead there, and the record of it comes first.
void BudgetBook::above(const breakers::LimitSpec& limit, std::string_view key,
                       breakers::Resource resource, std::int64_t sum, Instant now) {
  const std::string json = json_of(limit.scope, key);
  const std::string name(name_of(resource));
  if (overrun_.contains({limit.name, json, name})) return;
  findings_.add(now, limit.name + " of " + name + " is granted away for " + json + ": " +
                         std::to_string(sum) + " used and reserved of " +
                         std::to_string(*limit.budget[index_of(resource)]));
}

// A key that only heard of ends (of tasks that were refused everything) has nothing, and no sum.
void BudgetBook::look(const engine::Status& status) {
  for (std::size_t i = 0; i < status.limits.size(); ++i) {
    std::size_t known = 0;
    for (const breakers::LimitKey& key : status.limits[i].keys) {
      look(i, key, status.at);
      known += sums_[i].contains(key.key) ? 1 : 0;
    }
    if (known == sums_[i].size()) continue;
    findings_.add(status.at, limits_[i].name + " has forgotten a key");
  }
}

void BudgetBook::look(std::size_t index, const breakers::LimitKey& key, Instant now) {
  const breakers::LimitSpec& limit = limits_[index];
  const auto sums = sums_[index].find(key.key);
  const auto expected = sums == sums_[index].end() ? breakers::Amounts{} : sums->second;
  for (const breakers::BudgetUse& use : key.budget) {
    ++looked_at_;
    if (!is_additive(use.resource)) continue;
    const std::int64_t sum = use.used + use.reserved;
    if (sum > use.max) above(limit, key.key, use.resource, sum, now);
    if (!can_be_summed(limit) || sum == expected[index_of(use.resource)]) continue;
    findings_.add(now, limit.name + " of " + std::string(name_of(use.resource)) + " is " +
                           std::to_string(sum) + " for " + json_of(limit.scope, key.key) +
                           ", not " + std::to_string(expected[index_of(use.resource)]));
  }
  if (!key.slots) return;
  ++looked_at_;
  if (key.slots->in_flight <= key.slots->max) return;
  findings_.add(now, limit.name + " has " + std::to_string(key.slots->in_flight) +
                         " calls in flight, above " + std::to_string(key.slots->max));
}

// ---- stop orders

void StopBook::changed(const telemetry::KillRecord& record, Instant now) {
  const auto scope = killswitch::parse_scope(record.scope);
  if (!scope) return findings_.add(now, record.id + " has no scope: " + record.scope);
  tripped_.erase(record.id);
  if (record.tripped) tripped_.emplace(record.id, *scope);
}

void StopBook::decided(const Check& check, const DecisionRecord& decision, Instant now) {
  for (const auto& [id, scope] : tripped_) {
    if (!covers(scope, check)) continue;
    ++refused_;
    if (!proceeds(decision)) continue;
    findings_.add(now, decision.id + " proceeds, though " + id + " stops " + format(scope));
  }
}

void StopBook::look(const engine::Status& status) {
  std::map<std::string, killswitch::Scope> standing;
  for (const killswitch::Order& order : status.kills) {
    if (order.reg.state == killswitch::RegisterState::Tripped) {
      standing.emplace(order.id, order.scope);
    }
  }
  if (standing != tripped_) findings_.add(status.at, "registers are not as the records say");
}

// ---- breakers

BreakerBook::BreakerBook(const std::vector<breakers::BreakerSpec>& breakers, Findings& findings)
    : breakers_(breakers), findings_(findings), keys_(breakers.size()) {}

BreakerBook::Key& BreakerBook::key_of(std::size_t breaker, const Dimensions& dimensions) {
  Keys& keys = keys_[breaker];
  const std::string_view text = breakers_[breaker].key.encode(dimensions, buffer_);
  if (const auto known = keys.by_text.find(text); known != keys.by_text.end()) {
    return *known->second;
  }
  Key& key = keys.by_json[json_of(breakers_[breaker].key, text)];
  keys.by_text.emplace(text, &key);
  return key;
}

void BreakerBook::moved(const telemetry::BreakerRecord& record, Instant now) {
  static const std::set<std::pair<std::string, std::string>> edges{
      {"closed", "open"}, {"open", "half_open"}, {"half_open", "open"}, {"half_open", "closed"}};
  for (std::size_t i = 0; i < breakers_.size(); ++i) {
    if (breakers_[i].name != record.name) continue;
    Key& key = keys_[i].by_json[record.key];
    if (key.state != record.from || !edges.contains({record.from, record.to})) {
      findings_.add(now, record.name + " of " + record.key + " moved from " + record.from + " to " +
                             record.to + " while it was " + key.state);
    }
    key.state = record.to;
    ++key.moves;
    key.probes.clear();
    ++moves_;
  }
}

void BreakerBook::decided(const Check& check, const DecisionRecord& decision, Instant now) {
  const telemetry::CheckFacts facts(check);
  for (std::size_t i = 0; i < breakers_.size(); ++i) {
    const breakers::BreakerSpec& breaker = breakers_[i];
    if (breaker.mode == policy::Enforcement::Shadow || !applies(breaker.where, facts)) continue;
    Key& key = key_of(i, check.dimensions);
    if (proceeds(decision)) {
      admitted(breaker, key, decision, now);
    } else if (decision.rule == breaker.name) {
      refused(breaker, key, decision, now);
    }
  }
}

void BreakerBook::admitted(const breakers::BreakerSpec& breaker, Key& key,
                           const DecisionRecord& decision, Instant now) {
  if (key.state == "closed") return;
  if (key.state == "open") {
    return findings_.add(now, breaker.name + " is open and admits " + decision.id);
  }
  std::erase_if(key.probes, [now](const Probe& probe) { return probe.lease_ends <= now; });
  ++probes_;
  key.probes.push_back(
      {decision.permit, now + std::chrono::milliseconds{decision.ttl_ms.value_or(0)}});
  if (key.probes.size() <= breaker.probes) return;
  findings_.add(now, decision.id + " is one probe too many of " + breaker.name);
}

void BreakerBook::refused(const breakers::BreakerSpec& breaker, const Key& key,
                          const DecisionRecord& decision, Instant now) {
  const bool told_open = decision.reason == policy::Reason::BreakerOpen;
  const bool told_probing = decision.reason == policy::Reason::BreakerProbing;
  if (told_open ? key.state == "open" : !told_probing || key.state == "half_open") return;
  findings_.add(now, breaker.name + " is " + key.state + " and refuses " + decision.id + " as " +
                         std::string(policy::name_of(decision.reason)));
}

// A probe that says nothing about health gives its place back; an answer keeps it to the end.
void BreakerBook::reported(const telemetry::Report& report, Instant now) {
  for (Keys& keys : keys_) {
    for (auto& [json, key] : keys.by_json) {
      std::erase_if(key.probes, [&](Probe& probe) {
        if (probe.lease_ends <= now) return true;
        if (probe.permit != report.permit) return false;
        probe.lease_ends = kForever;
        return says_nothing(report.outcome);
      });
    }
  }
}

void BreakerBook::look(const engine::Status& status) {
  for (std::size_t i = 0; i < status.breakers.size(); ++i) {
    for (const breakers::BreakerKey& key : status.breakers[i].keys) {
      const std::string json = json_of(breakers_[i].key, key.key);
      const Key& expected = keys_[i].by_json[json];
      if (name_of(key.state) == expected.state && key.generation == expected.moves + 1) continue;
      findings_.add(status.at, breakers_[i].name + " of " + json + " is " +
                                   std::string(name_of(key.state)) + " in generation " +
                                   std::to_string(key.generation) + ", not " + expected.state +
                                   " after " + std::to_string(expected.moves) + " moves");
    }
  }
}

}  // namespace fusebox::sim
