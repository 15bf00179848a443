#include "chaos/injector.hpp"

#include <string_view>

#include "base/text.hpp"
#include "chaos/random.hpp"
#include "telemetry/prices.hpp"

namespace fusebox::chaos {
namespace {

bool matches(const std::string& pattern, std::string_view text) {
  return pattern.empty() || telemetry::matches_glob(pattern, text);
}

bool matches(const Match& match, const CallSite& call) {
  return matches(match.agent, call.agent) && matches(match.tenant, call.tenant) &&
         matches(match.tool, call.tool) && matches(match.model, call.model);
}

bool matches_all(const Match& match) {
  return match.agent.empty() && match.tenant.empty() && match.tool.empty() && match.model.empty();
}

// What a schedule says by the call's number.
bool counts_in(const Schedule& schedule, std::int64_t call_index) {
  if (schedule.nth && call_index + 1 != *schedule.nth) return false;
  if (schedule.every && call_index % schedule.every->n >= schedule.every->length) return false;
  if (schedule.after_calls && call_index < *schedule.after_calls) return false;
  return !schedule.first_n || call_index < *schedule.first_n;
}

// What it says by the time, since its stage began.
bool is_time(const Schedule& schedule, Duration in_stage) {
  if (schedule.from && in_stage < *schedule.from) return false;
  if (schedule.until && in_stage >= *schedule.until) return false;
  return !schedule.burst || in_stage % schedule.burst->period < schedule.burst->length;
}

// The hash of one call for one fault; draws for its other needs have other purposes.
enum class Purpose : std::uint64_t { Decide, Measure };
std::uint64_t hash_of(std::uint64_t identity, const CallSite& call, Purpose purpose) {
  const std::uint64_t hash =
      mix(mix(identity, call.unit), static_cast<std::uint64_t>(call.call_index));
  return mix(hash, static_cast<std::uint64_t>(purpose));
}

}  // namespace

struct Injector::Compiled {
  std::uint64_t identity;  // of (seed, scenario, fault)
  Chance percent;
  bool terminal;
  bool matches_all;
};

Injector::Injector(const Scenario& scenario, std::uint64_t seed) {
  const std::uint64_t run = mix(mix(0, seed), stable_hash(scenario.hash));
  Duration begin{};
  for (std::size_t i = 0; i < scenario.stages.size(); ++i) {
    const Stage& stage = scenario.stages[i];
    for (const FaultSpec& fault : stage.faults) {
      faults_.push_back({&fault, i, begin, begin + stage.duration});
      compiled_.push_back({.identity = mix(run, stable_hash(fault.id)),
                           .percent = Chance(fault.schedule.percent),
                           .terminal = is_terminal(fault.type()),
                           .matches_all = chaos::matches_all(fault.match)});
    }
    begin += stage.duration;
  }
  counts_.resize(faults_.size());
}

Injector::~Injector() = default;
Injector::Injector(Injector&&) noexcept = default;
Injector& Injector::operator=(Injector&&) noexcept = default;

FaultPlan Injector::decide(const CallSite& call) {
  FaultPlan plan;
  if (withdrawn_ || call.arm != Arm::Experiment) return plan;
  bool ended = false;  // by a terminal fault
  for (std::uint32_t i = 0; i < faults_.size() && plan.count < plan.faults.size(); ++i) {
    const PlacedFault& fault = faults_[i];
    if (call.since_start < fault.begin || call.since_start >= fault.end) continue;
    if (fault.spec->target != call.target) continue;
    if (!compiled_[i].matches_all && !matches(fault.spec->match, call)) continue;
    ++counts_[i].eligible;
    if (ended && compiled_[i].terminal) continue;
    if (!is_due(i, call)) continue;
    ++counts_[i].injected;
    plan.faults[plan.count++] = i;
    ended = ended || compiled_[i].terminal;
  }
  return plan;
}

bool Injector::is_due(std::uint32_t fault, const CallSite& call) const {
  const FaultSpec& spec = *faults_[fault].spec;
  if (spec.max_count && counts_[fault].injected >= *spec.max_count) return false;
  return counts_in(spec.schedule, call.call_index) &&
         is_time(spec.schedule, call.since_start - faults_[fault].begin) &&
         compiled_[fault].percent.hits(hash_of(compiled_[fault].identity, call, Purpose::Decide));
}

std::uint64_t Injector::draw(std::uint32_t fault, const CallSite& call) const {
  return hash_of(compiled_[fault].identity, call, Purpose::Measure);
}

}  // namespace fusebox::chaos
