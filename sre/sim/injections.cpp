#include "sre/sim/injections.hpp"

#include <variant>

#include "base/json_writer.hpp"
#include "base/overload.hpp"
#include "base/ratio.hpp"

namespace fusebox::sim {
namespace {

std::optional<chaos::Sampler> delay_of(const chaos::FaultSpec& fault) {
  const auto* slow = std::get_if<chaos::SlowTtft>(&fault.effect);
  if (slow == nullptr) return std::nullopt;
  return chaos::Sampler(slow->delay);
}

// `factor` is in [1, 1000], so that the four faults of a call multiply to 10^18 at most.
std::int64_t inflated(std::int64_t millionths, Ratio factor) {
  return static_cast<std::int64_t>(Int128{millionths} * factor.num / factor.den);
}

void lose(const chaos::TelemetryLoss& loss, Impairment& out) {
  switch (loss.mode) {
    case chaos::LossMode::Drop:
      out.lost = true;
      return;
    case chaos::LossMode::Delay:
      out.telemetry_held += loss.delay;
      return;
    case chaos::LossMode::Duplicate:
      out.twice = true;
      return;
  }
}

}  // namespace

Injections::Injections(const Run& run, Roster& roster, Witness& witness, const JournalSink& journal)
    : run_(run),
      roster_(roster),
      witness_(witness),
      journal_(journal),
      injector_(run.scenario, run.seed) {
  for (const chaos::PlacedFault& fault : injector_.faults()) {
    delays_.push_back(delay_of(*fault.spec));
  }
}

Impairment Injections::meet(const Call& call, Instant now) {
  Impairment out;
  for (const std::size_t target : call.targets) {
    chaos::CallSite site;
    site.target = target;
    site.call_index = roster_.count_call(call.caller, target);
    site.arm = call.caller.arm;
    if (site.arm != chaos::Arm::Experiment) continue;
    Name agent;
    Name tenant;
    site.unit = call.caller.unit;
    site.since_start = now - run_.start;
    site.agent = name_agent(call.caller.agent, agent).view();
    site.tenant = name_tenant(tenant_of(call.caller.agent), tenant).view();
    site.model = call.model;
    site.tool = call.tool;
    const chaos::FaultPlan plan = injector_.decide(site);
    for (std::uint32_t i = 0; i < plan.count; ++i) {
      apply(plan.faults[i], site, out);
      tell(plan.faults[i], site, call.caller, now);
    }
  }
  return out;
}

void Injections::apply(std::uint32_t fault, const chaos::CallSite& site, Impairment& out) const {
  const chaos::FaultEffect& effect = injector_.faults()[fault].spec->effect;
  const auto end = [&](const auto&) {
    if (out.ends == nullptr) out.ends = &effect;
  };
  std::visit(Overload{
                 [&](const chaos::SlowTtft&) {
                   out.first_byte_held += delays_[fault]->draw(injector_.draw(fault, site));
                 },
                 [&](const chaos::UsageInflation& inflation) {
                   out.usage_millionths = inflated(out.usage_millionths, inflation.factor);
                 },
                 [&](const chaos::TelemetryLoss& loss) { lose(loss, out); },
                 [&](const chaos::ClockStep& step) { out.clock_off += step.by; },
                 [&](const chaos::InStreamError& each) { end(each); },
                 [&](const chaos::RateLimit& each) { end(each); },
                 [&](const chaos::Hang& each) { end(each); },
                 [&](const chaos::ToolError& each) { end(each); },
             },
             effect);
}

void Injections::tell(std::uint32_t fault, const chaos::CallSite& site, const Membership& caller,
                      Instant now) {
  witness_.injected(fault, now);
  if (!journal_) return;
  Name unit;
  roster_.name_unit(caller, unit);
  line_.clear();
  JsonWriter json(line_);
  json.begin_object();
  json.field("at", now);
  json.key("injection");
  json.begin_object();
  json.field("fault", injector_.faults()[fault].spec->id);
  json.field("unit", unit.view());
  json.field("target", run_.scenario.targets[site.target].name);
  json.field("call", site.call_index);
  json.end_object();
  json.end_object();
  line_ += '\n';
  journal_(line_);
}

}  // namespace fusebox::sim
