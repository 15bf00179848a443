// Events and reports: what happened, counted once, into SLOs, breakers and limits.
#include <utility>

#include "sre/engine/detail/core.hpp"
#include "sre/engine/detail/gates.hpp"

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

Fingerprint identity_of(const telemetry::Event& event) {
  return fingerprint(
      {event.dimensions[Dimension::Tenant], event.dimensions[Dimension::Agent], event.id});
}

// An event that carries an open permit is that action's report, if it is the same agent's and
// describes the same call: another tool's success must not heal this one's breaker.
bool is_report_of(const telemetry::Event& event, const Permit& permit) {
  if (event.kind != telemetry::kind_of(permit.action)) return false;
  const Dimensions permitted = permit.dimensions.view();
  for (const Dimension dimension : {Dimension::Agent, Dimension::Tenant}) {
    if (event.dimensions[dimension] != permitted[dimension]) return false;
  }
  for (const Dimension dimension : {Dimension::Tool, Dimension::Model, Dimension::ToAgent}) {
    const std::string_view said = event.dimensions[dimension];
    if (!said.empty() && said != permitted[dimension]) return false;
  }
  return true;
}

// What the event left out is known from its check.
void fill_from_permit(telemetry::Event& event, const Permit& permit) {
  const Dimensions permitted = permit.dimensions.view();
  for (const std::string_view name : dimension_names()) {
    const Dimension dimension = *parse_dimension(name);
    std::string_view& value = event.dimensions[dimension];
    if (value.empty()) value = permitted[dimension];
  }
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

const KeySpec& agent_key() {
  static const KeySpec key({Dimension::Tenant, Dimension::Agent});
  return key;
}

EventReply Engine::Impl::on_event(const telemetry::Event& event) {
  const Fingerprint identity = event.id.empty() ? Fingerprint{} : identity_of(event);
  seen_events.prefetch(identity);  // a miss of the cache that goes by beside the next ones
  heard(event.dimensions);
  if (event.kind == EventKind::Heartbeat) {
    note_activity(event);
    return EventReply::Accepted;
  }
  Permit* permit = event.id.empty() ? nullptr : permits.find(event.id);
  if (permit != nullptr && !is_report_of(event, *permit)) permit = nullptr;
  if (permit == nullptr && !event.id.empty() && !seen_events.insert(identity)) {
    ++counters.duplicate;
    return EventReply::Duplicate;
  }
  Instant at = event.at.value_or(now);
  if (at > now) {
    if (at - now > kClockSkew) ++counters.future;
    at = now;
  }
  const bool too_late = now - at > spec.lateness;
  if (too_late) ++counters.late;
  if (permit != nullptr) {
    telemetry::Event whole = event;
    fill_from_permit(whole, *permit);
    const auto outcome = event.outcome.value_or(telemetry::Outcome::Ok);
    if (!too_late) count_event(whole, at);
    close_by(*permit, whole, breakers::usage_of(permit->action, outcome, event.measured), at);
  } else if (!too_late) {
    count_event(event, at);
    observe(event, at);
  }
  return too_late ? EventReply::Late : EventReply::Accepted;
}

ReportReply Engine::Impl::on_report(const telemetry::Report& report) {
  Permit* permit = permits.find(report.permit);
  if (permit == nullptr) {
    const bool closed = permits.was_closed(report.permit);
    ++(closed ? counters.repeated : counters.unknown_reports);
    return closed ? ReportReply::Repeated : ReportReply::Unknown;
  }
  const bool late = permit->state == PermitState::Late;
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
  heard(event.dimensions);
  count_event(event, now);
  close_by(*permit, event, breakers::usage_of(permit->action, report.outcome, report.measured),
           now);
  return late ? ReportReply::Late : ReportReply::Committed;
}

// The action of this permit ended at `at`, and `event` is its telemetry, counted already.
void Engine::Impl::close_by(Permit& permit, const telemetry::Event& event,
                            const breakers::Usage& usage, Instant at) {
  const bool late = permit.state == PermitState::Late;
  ++(late ? counters.late_reports : counters.committed);
  if (!late) {
    for (const HeldLimit& held : permit.holds) {
      if (held.limit == kNowhere) continue;
      const std::size_t before = changes.size();
      limits[held.limit].settle(held.hold, usage, now, changes);
      stop_if_overrun(limits[held.limit].spec(), event.dimensions, before);
    }
    for (const HeldBreaker& held : permit.tickets) {
      if (held.breaker == kNowhere) continue;
      breakers::BreakerSet& set = breaker_sets[held.breaker];
      if (event.outcome) {
        set.report(held.taken, call_result(*event.outcome, event.measured), at, now, changes);
      } else {
        set.release(held.taken);  // it ended, and says nothing about health
      }
    }
  }
  if (!permit.id.empty())
    seen_events.insert(fingerprint(
        {event.dimensions[Dimension::Tenant], event.dimensions[Dimension::Agent], permit.id}));
  permits.close(permit);
}

// A limit with on_exceed: kill trips when what really happened brings its key above the limit.
void Engine::Impl::stop_if_overrun(const breakers::LimitSpec& limit, const Dimensions& dimensions,
                                   std::size_t first_change) {
  if (limit.on_exceed != breakers::OnExceed::Kill) return;
  if (limit.mode == policy::Enforcement::Shadow) return;
  for (std::size_t i = first_change; i < changes.size(); ++i) {
    const auto* record = std::get_if<telemetry::LimitRecord>(&changes[i]);
    if (record == nullptr || !record->overrun) continue;
    wanted_kills.push_back({scope_of_limit(limit, dimensions),
                            "limit " + limit.name + " of " + record->dimension + " is overrun",
                            "limit:" + limit.name});
    return;
  }
}

void Engine::Impl::count_event(const telemetry::Event& event, Instant at) {
  ++counters.events;
  if (event.weight > 1) ++counters.sampled;
  note_activity(event);
  for (std::size_t i = 0; i < slos.size(); ++i) {
    if (const auto key = slos[i].record(event, at, now)) evaluate(i, *key);
  }
}

void Engine::Impl::note_activity(const telemetry::Event& event) {
  counters.events_by_kind[static_cast<std::size_t>(event.kind)].add(event.outcome);
  activity.record(event, now);
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
    if (!limit.applies(facts)) continue;
    const std::size_t before = changes.size();
    limit.observe(event.dimensions, breakers::usage_of(event), at, now, changes);
    stop_if_overrun(limit.spec(), event.dimensions, before);
  }
}

void Engine::Impl::evaluate(std::size_t slo, KeyIndex key) {
  slos[slo].evaluate(key, now, changes);
  if (state_rules.concerns(slo)) {
    state_rules.evaluate(slo, slos[slo], key, now, changes, wanted_kills);
  }
}

void Engine::Impl::heard(const Dimensions& from) {
  if (!spec.silence) return;
  KeyBuffer buffer;
  const std::string_view name = agent_key().encode(from, buffer);
  auto index = agent_names.find(name);
  const bool is_new = !index;
  if (is_new) {
    if (agent_names.size() >= kAgentsMax) return;
    index = agent_names.insert(name);
    agents.push_back({});
  }
  Agent& state = agents[*index];
  state.heard = now;
  if (!is_new && !state.silent) return;
  set_timer({add_saturated(now, *spec.silence), 0, TimerKind::AgentSilence, *index, 0, 0});
  if (is_new) return;
  count_silent(*index, false);
  mark_silence(*index);
}

void Engine::Impl::count_silent(std::uint32_t index, bool silent) {
  agents[index].silent = silent;
  const std::string_view name = agent_key().value(agent_names.key(index), Dimension::Agent);
  const auto count = silent_by_name.try_emplace(std::string(name), 0).first;
  count->second += silent ? 1U : -1U;
  if (count->second == 0) silent_by_name.erase(count);
}

// Tells the SLOs. Keys without a tenant are uncertain while any agent of the name is missing.
void Engine::Impl::mark_silence(std::uint32_t index) {
  const Dimensions who = agent_key().decode(agent_names.key(index));
  const slo::Slo::Source source{who[Dimension::Tenant], who[Dimension::Agent]};
  const bool any = silent_by_name.contains(source.agent);
  for (std::size_t i = 0; i < slos.size(); ++i) {
    const bool by_tenant = slos[i].spec().group_by.contains(Dimension::Tenant);
    keys.clear();
    slos[i].set_uncertain(source, by_tenant ? agents[index].silent : any, keys);
    for (const KeyIndex key : keys) evaluate(i, key);
  }
}

void Engine::Impl::on_silence(std::uint32_t index) {
  const Agent& agent = agents[index];
  if (!spec.silence) {          // switched off since the timer was set
    count_silent(index, true);  // it has no timer: heard() sets one if it is switched on again
    return;
  }
  const Instant deadline = add_saturated(agent.heard, *spec.silence);
  if (deadline > now) {  // it was heard since the timer was set
    set_timer({deadline, 0, TimerKind::AgentSilence, index, 0, 0});
    return;
  }
  count_silent(index, true);
  mark_silence(index);
}

void Engine::Impl::expire_permit(Permit& permit) {
  for (const HeldLimit& held : permit.holds) {
    if (held.limit != kNowhere) limits[held.limit].settle_in_full(held.hold, now, changes);
  }
  for (const HeldBreaker& held : permit.tickets) {
    if (held.breaker != kNowhere) breaker_sets[held.breaker].release(held.taken);
  }
  permits.make_late(permit);
}

}  // namespace fusebox::engine
