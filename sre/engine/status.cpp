// The status of an engine, gathered from its parts.
#include "sre/engine/status.hpp"

#include <map>
#include <utility>

#include "breakers/subject.hpp"
#include "sre/engine/detail/core.hpp"

namespace fusebox::engine {
namespace {

using AgentKey = std::pair<std::string, std::string>;  // tenant, name

ApprovalStatus status_of(const Approval& approval) {
  const ApprovalSubject& subject = approval.subject;
  return {.id = approval.id,
          .state = name_of(approval.state),
          .asked = approval.asked,
          .expires = approval.expires,
          .tenant = subject.tenant,
          .agent = subject.agent,
          .session = subject.session,
          .task = subject.task,
          .action = telemetry::name_of(subject.action),
          .target = subject.target,
          .rule = subject.rule,
          .actor = approval.actor};
}

OverrideStatus status_of(const Override& given, const KeySpec& key_spec) {
  const bool force = given.kind == OverrideKind::Force;
  return {.id = breakers::format_subject(given.document, key_spec, given.key),
          .what = force ? "force" : "raise",
          .state = force ? std::string(name_of(given.state)) : "",
          .dimension = force ? "" : std::string(breakers::name_of(given.resource)),
          .max = given.max,
          .until = given.until,
          .actor = given.actor,
          .reason = given.reason};
}

}  // namespace

Status Engine::Impl::status() {
  Status out;
  out.at = now;
  out.policy_digest = spec.policy_digest;
  out.next_seq = next_seq;
  for (slo::Slo& slo : slos) out.slos.push_back(slo.snapshot(now));
  for (const breakers::BreakerSet& set : breaker_sets) out.breakers.push_back(set.snapshot());
  for (const breakers::Limit& limit : limits) out.limits.push_back(limit.snapshot(now));
  out.activity = activity.series();
  out.agents = agent_statuses(out.activity);
  for (const auto& [id, approval] : approvals.all()) out.approvals.push_back(status_of(approval));
  for (const auto& [serial, given] : overrides.all()) {
    out.overrides.push_back(status_of(given, subject_spec_of(given)));
  }
  out.restrictions = state_rules.restrictions();
  out.kills = orders();
  out.counters = counters;
  out.condition_errors = all_condition_errors();
  out.open_permits = static_cast<std::int64_t>(permits.open_count());
  out.audit_entries = chain.entries();
  out.audit_head = chain.head();
  return out;
}

std::vector<killswitch::Order> Engine::Impl::orders() const {
  std::vector<killswitch::Order> out;
  for (const killswitch::Order* order : fence.orders()) out.push_back(*order);
  return out;
}

// The key dimensions of what it speaks about, which is there: forced and raised keys are kept.
const KeySpec& Engine::Impl::subject_spec_of(const Override& given) {
  if (given.kind == OverrideKind::Force) {
    return find_named(breaker_sets, given.document)->spec().key;
  }
  return find_named(limits, given.document)->spec().scope;
}

// An agent is known from its telemetry, or from a permit that it holds.
std::vector<AgentStatus> Engine::Impl::agent_statuses(
    const std::vector<ActivitySeries>& series) const {
  std::map<AgentKey, AgentStatus> by_key;
  for (const ActivitySeries& each : series) {
    AgentStatus& agent = by_key[{each.tenant, each.agent}];
    agent.heard = std::max(agent.heard, each.sums.heard);
    for (const std::int64_t events : each.sums.events.by_outcome) add_capped(agent.events, events);
    add_capped(agent.events, each.sums.events.without);
    add_capped(agent.tokens_in, each.sums.tokens_in);
    add_capped(agent.tokens_out, each.sums.tokens_out);
    add_capped(agent.cost.value, each.sums.cost.value);
  }
  for (std::uint32_t i = 0; i < permits.size(); ++i) {
    const Permit& permit = permits.at(i);
    if (permit.state != PermitState::Open) continue;
    const Dimensions of = permit.dimensions.view();
    ++by_key[{std::string(of[Dimension::Tenant]), std::string(of[Dimension::Agent])}].open_permits;
  }
  std::vector<AgentStatus> out;
  KeyBuffer buffer;
  for (auto& [key, agent] : by_key) {
    agent.tenant = key.first;
    agent.name = key.second;
    Dimensions who;
    who[Dimension::Tenant] = key.first;
    who[Dimension::Agent] = key.second;
    const auto known = agent_names.find(agent_key().encode(who, buffer));
    agent.silent = spec.silence && known && agents[*known].silent;
    out.push_back(std::move(agent));
  }
  return out;
}

}  // namespace fusebox::engine
