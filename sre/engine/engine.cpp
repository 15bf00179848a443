#include "sre/engine/engine.hpp"

#include <utility>

#include "base/overload.hpp"
#include "sre/engine/detail/core.hpp"
#include "sre/engine/detail/gates.hpp"

namespace fusebox::engine {
namespace {

// Keys that a tick looks at for eviction, in each breaker: at a tick a second every key
// is seen within a minute, so keys that come and go do not pile up.
std::size_t sweep_share(std::size_t keys) {
  constexpr std::size_t kTicksPerRound = 60;
  return keys / kTicksPerRound + 1;
}

}  // namespace

Engine::Impl::Impl(EngineSpec from)
    : spec(std::move(from)),
      policy_digest(spec.policy_digest.empty()
                        ? nullptr
                        : std::make_shared<const std::string>(spec.policy_digest)),
      slos(spec.slos.begin(), spec.slos.end()),
      breaker_sets(spec.breakers.begin(), spec.breakers.end()),
      limits(spec.limits.begin(), spec.limits.end()),
      request_rules(request_rules_of(spec)),
      state_rules(spec) {}

Reply Engine::Impl::apply(const telemetry::Input& input, Effects& out) {
  effects = &out;
  ++counters.inputs;
  if (input.at < now) {
    notice("clock_clamped", "an input of " + format_rfc3339(input.at) + " counts as of now");
  } else {
    advance(input.at);
  }
  Reply reply = dispatch(input.body);
  flush();
  effects = nullptr;
  return reply;
}

Reply Engine::Impl::dispatch(const telemetry::InputBody& body) {
  return std::visit(
      Overload{[this](const telemetry::Event& event) -> Reply { return on_event(event); },
               [this](const telemetry::CheckInput& check) -> Reply { return on_check(check); },
               [this](const telemetry::Report& report) -> Reply { return on_report(report); },
               [this](const telemetry::KillInput& kill) { return on_kill(kill); },
               [this](const telemetry::RearmInput& rearm) { return on_rearm(rearm); },
               [this](const telemetry::ApprovalInput& given) { return on_approval(given); },
               [this](const telemetry::ForceInput& force) { return on_force(force); },
               [this](const telemetry::RaiseInput& raise) { return on_raise(raise); },
               [this](const telemetry::DenialInput& denial) -> Reply {
                 audit_denial(denial);
                 return {};
               },
               [this](const telemetry::TerminatorInput& outcome) { return on_outcome(outcome); },
               [this](const telemetry::Tick&) -> Reply {
                 tick();
                 return {};
               }},
      body);
}

// Fires every deadline up to `to`, each at its own time: breakers before timers at equal times,
// then in the order in which they were set.
void Engine::Impl::advance(Instant to) {
  for (;;) {
    Instant next = timers.next().value_or(kNever);
    breakers::BreakerSet* due = nullptr;
    for (breakers::BreakerSet& set : breaker_sets) {
      const Instant deadline = set.next_deadline().value_or(kNever);
      if (deadline < next || (deadline == next && due == nullptr && deadline != kNever)) {
        next = deadline;
        due = &set;
      }
    }
    if (next > to) break;
    if (next > now) now = next;
    if (due != nullptr) {
      due->on_deadline(now, changes);
    } else {
      fire(timers.pop());
    }
    flush();
  }
  now = to;
}

void Engine::Impl::fire(const Timer& timer) {
  if (is_stale(timer)) return;
  switch (timer.kind) {
    case TimerKind::PermitLease:
      expire_permit(permits.at(timer.index));
      break;
    case TimerKind::SlotLease: {
      HeldLimit& held = permits.at(timer.index).holds[timer.part];
      if (held.limit != kNowhere) limits[held.limit].free_slot(held.hold);
      break;
    }
    case TimerKind::ApprovalExpiry:
      on_approval_expiry(timer);
      break;
    case TimerKind::AgentSilence:
      on_silence(timer.index);
      break;
    case TimerKind::OverrideEnd:
      on_override_end(timer);
      break;
  }
}

bool Engine::Impl::is_stale(const Timer& timer) {
  switch (timer.kind) {
    case TimerKind::PermitLease:
      return !permits.is_open(timer.index, timer.serial);
    case TimerKind::SlotLease:
      return !permits.is_open(timer.index, timer.serial) ||
             timer.part >= permits.at(timer.index).holds.size();
    case TimerKind::ApprovalExpiry: {
      const Approval* approval = approvals.find_serial(timer.serial);
      return approval == nullptr || approval->expires != timer.at;
    }
    case TimerKind::AgentSilence:
      return agents[timer.index].silent;
    case TimerKind::OverrideEnd:
      return overrides.find(timer.serial) == nullptr;
  }
  return true;
}

void Engine::Impl::set_timer(Timer timer) {
  timers.set(timer, [this](const Timer& each) { return is_stale(each); });
}

void Engine::Impl::tick() {
  for (std::size_t i = 0; i < slos.size(); ++i) {
    keys.clear();
    slos[i].due(now, keys);
    for (const KeyIndex key : keys) evaluate(i, key);
  }
  for (breakers::BreakerSet& set : breaker_sets) set.sweep(now, sweep_share(set.key_count()));
  for (breakers::Limit& limit : limits) limit.sweep(now, limit.sweep_share());
}

void Engine::Impl::emit(telemetry::RecordBody body) {
  if (const auto* moved = std::get_if<telemetry::BreakerRecord>(&body)) {
    ++counters.breaker_moves[{moved->name, moved->from, moved->to, moved->detector}];
  }
  effects->records.push_back({now, next_seq++, std::move(body)});
}

void Engine::Impl::flush() {
  for (telemetry::RecordBody& change : changes) emit(std::move(change));
  changes.clear();
  if (wanted_kills.empty()) return;
  const std::vector<KillRequest> kills = std::exchange(wanted_kills, {});
  trip_all(kills);
}

void Engine::Impl::notice(std::string_view code, std::string text) {
  emit(telemetry::NoticeRecord{std::string(code), std::move(text)});
}

void Engine::Impl::audit(std::string_view kind, std::string_view body) {
  chain.append(effects->audit, now, kind, body);
}

std::string_view name_of(ReportReply reply) {
  switch (reply) {
    case ReportReply::Committed:
      return "committed";
    case ReportReply::Repeated:
      return "repeated";
    case ReportReply::Late:
      return "late";
    case ReportReply::Unknown:
      return "unknown";
  }
  return {};
}

Engine::Engine(EngineSpec spec) : impl_(std::make_unique<Impl>(std::move(spec))) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Reply Engine::apply(const telemetry::Input& input, Effects& effects) {
  return impl_->apply(input, effects);
}

Instant Engine::now() const { return impl_->now; }

Status Engine::status() { return impl_->status(); }

void Engine::write_summary(std::string& out, const std::function<void()>& written) {
  impl_->write_summary(out, written);
}

std::string Engine::save() const { return impl_->save(); }

Result<Effects> Engine::restore(std::string_view bytes) { return impl_->restore(bytes); }

Effects Engine::reconfigure(EngineSpec spec) { return impl_->reconfigure(std::move(spec)); }

std::optional<Engine::PermitHolder> Engine::permit_holder(std::string_view permit) const {
  const Permit* found = impl_->permits.find(permit);
  if (found == nullptr) return std::nullopt;
  const Dimensions of = found->dimensions.view();
  return PermitHolder{of[Dimension::Tenant], of[Dimension::Agent]};
}

void Engine::continue_audit(const killswitch::AuditPosition& position) {
  impl_->chain = killswitch::AuditChain(position);
}

void Engine::audit(std::string_view kind, std::string_view body, Effects& effects) {
  impl_->chain.append(effects.audit, impl_->now, kind, body);
}

bool Engine::merge(const killswitch::Order& order) { return impl_->fence.merge(order); }

std::vector<killswitch::Order> Engine::orders() const { return impl_->orders(); }

}  // namespace fusebox::engine
