// Events and reports: what happened, counted once, into SLOs, breakers and limits.
#include <utility>

#include "sre/engine/detail/core.hpp"

namespace fusebox::engine {
namespace {

using telemetry::EventKind;

// Above this many agents the dead-man follows no new ones: names come from outside.
constexpr std::size_t kAgentsMax = 100'000;

// Only calls say something about the health of what they call; heartbeats and evaluations do not.
bool is_call(EventKind kind) {
  switch (kind) {
    case EventKind::Task:
    case EventKind::Llm:
    case EventKind::Tool:
    case EventKind::Delegation:
      return true;
    case EventKind::Policy:
    case EventKind::Evaluation:
    case EventKind::Heartbeat:
      return false;
  }
  return false;
}

breakers::CallResult call_result(telemetry::Outcome outcome,
                                 const telemetry::Measurements& measured) {
  breakers::CallResult result{outcome, std::nullopt};
  if (measured.duration_ms) {
    // A century and more is all the same to a breaker, and would not fit into nanoseconds.
    constexpr double kLongestMs = 4e12;
    const double ms = *measured.duration_ms < kLongestMs ? *measured.duration_ms : kLongestMs;
    result.duration = Duration{static_cast<std::int64_t>(ms * 1e6)};
  }
  return result;
}

}  // namespace

void Engine::Impl::on_event(const telemetry::Event& event) {
  heard(event.dimensions[Dimension::Agent]);
  if (event.kind == EventKind::Heartbeat) return;
  if (!event.id.empty()) {
    // An event that carries an open permit of its own agent is that action's report.
    if (Permit* permit = permits.find(event.id);
        permit != nullptr &&
        permit->dimensions.view()[Dimension::Agent] == event.dimensions[Dimension::Agent] &&
        permit->dimensions.view()[Dimension::Tenant] == event.dimensions[Dimension::Tenant]) {
      const auto outcome = event.outcome.value_or(telemetry::Outcome::Ok);
      close_by(*permit, event, breakers::usage_of(permit->action, outcome, event.measured));
      return;
    }
    const Fingerprint id = fingerprint(
        {event.dimensions[Dimension::Tenant], event.dimensions[Dimension::Agent], event.id});
    if (permits.was_closed(event.id) || !seen_events.insert(id)) {
      ++counters.duplicate;
      return;
    }
  }
  Instant at = event.at.value_or(now);
  if (at > now) {
    if (at - now > kClockSkew) ++counters.future;
    at = now;
  }
  if (now - at > spec.lateness) {
    ++counters.late;
    return;
  }
  count_event(event, at);
  observe(event, at);
}

void Engine::Impl::on_report(const telemetry::Report& report) {
  Permit* permit = permits.find(report.permit);
  if (permit == nullptr) {
    ++(permits.was_closed(report.permit) ? counters.repeated : counters.unknown_reports);
    return;
  }
  telemetry::Event event;
  event.kind = telemetry::kind_of(permit->action);
  event.dimensions = permit->dimensions.view();  // bytes that stay until the slot's next use
  event.dimensions[Dimension::Kind] = telemetry::name_of(event.kind);
  event.outcome = report.outcome;
  event.error = report.error;
  event.measured = report.measured;
  event.trust = permit->trust;
  event.depth = permit->depth;
  event.attributes = permit->attributes.view();
  heard(event.dimensions[Dimension::Agent]);
  close_by(*permit, event, breakers::usage_of(permit->action, report.outcome, report.measured));
}

// The action of this permit ended, and `event` is its telemetry.
void Engine::Impl::close_by(Permit& permit, const telemetry::Event& event,
                            const breakers::Usage& usage) {
  const bool late = permit.state == PermitState::Late;
  ++(late ? counters.late_reports : counters.committed);
  count_event(event, now);
  if (!late) {
    for (const HeldLimit& held : permit.holds) {
      limits[held.limit].settle(held.hold, usage, now, changes);
    }
    const auto outcome = event.outcome.value_or(telemetry::Outcome::Ok);
    const breakers::CallResult result = call_result(outcome, event.measured);
    for (const HeldBreaker& held : permit.tickets) {
      breaker_sets[held.breaker].report(held.taken, result, now, now, changes);
    }
  }
  permits.close(permit);
}

void Engine::Impl::count_event(const telemetry::Event& event, Instant at) {
  ++counters.events;
  if (event.weight > 1) ++counters.sampled;
  for (std::size_t i = 0; i < slos.size(); ++i) {
    if (const auto key = slos[i].record(event, at, now)) evaluate(i, *key);
  }
}

// Telemetry without a check still moves breakers and is charged to limits.
void Engine::Impl::observe(const telemetry::Event& event, Instant at) {
  if (!is_call(event.kind)) return;
  const telemetry::EventFacts facts(event);
  if (event.outcome) {
    const breakers::CallResult result = call_result(*event.outcome, event.measured);
    for (breakers::BreakerSet& set : breaker_sets) {
      if (set.applies(facts)) set.observe(event.dimensions, result, at, now, changes);
    }
  }
  for (breakers::Limit& limit : limits) {
    if (limit.applies(facts)) {
      limit.observe(event.dimensions, breakers::usage_of(event), at, now, changes);
    }
  }
}

void Engine::Impl::evaluate(std::size_t slo, KeyIndex key) {
  slos[slo].evaluate(key, now, changes);
  if (state_rules.concerns(slo)) {
    state_rules.evaluate(slo, slos[slo], key, now, changes, wanted_kills);
  }
}

void Engine::Impl::heard(std::string_view agent) {
  if (!spec.silence) return;
  auto index = agent_names.find(agent);
  if (!index) {
    if (agent_names.size() >= kAgentsMax) return;
    index = agent_names.insert(agent);
    agents.push_back({now, true});  // as if it came back, so that its timer is set below
  }
  Agent& state = agents[*index];
  state.heard = now;
  if (!state.silent) return;
  state.silent = false;
  set_timer({add_saturated(now, *spec.silence), 0, TimerKind::AgentSilence, *index, 0, 0});
  for (std::size_t i = 0; i < slos.size(); ++i) {
    keys.clear();
    slos[i].set_uncertain(agent, false, keys);
    for (const KeyIndex key : keys) evaluate(i, key);
  }
}

void Engine::Impl::on_silence(std::uint32_t index) {
  Agent& agent = agents[index];
  const Instant deadline = add_saturated(agent.heard, *spec.silence);
  if (deadline > now) {  // it was heard since the timer was set
    set_timer({deadline, 0, TimerKind::AgentSilence, index, 0, 0});
    return;
  }
  agent.silent = true;
  for (std::size_t i = 0; i < slos.size(); ++i) {
    keys.clear();
    slos[i].set_uncertain(agent_names.key(index), true, keys);
    for (const KeyIndex key : keys) evaluate(i, key);
  }
}

void Engine::Impl::expire_permit(Permit& permit) {
  for (const HeldLimit& held : permit.holds) {
    limits[held.limit].settle_in_full(held.hold, now, changes);
  }
  for (const HeldBreaker& held : permit.tickets) breaker_sets[held.breaker].release(held.taken);
  permits.make_late(permit);
}

}  // namespace fusebox::engine
