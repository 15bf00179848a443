#include "chaos/detail/injection_log.hpp"

#include <algorithm>

#include "chaos/detail/figures.hpp"

namespace fusebox::chaos {
namespace {

using std::chrono::seconds;

std::vector<std::int64_t> by_step(const std::vector<std::int64_t>& by_second, Duration step,
                                  Duration length) {
  std::vector<std::int64_t> out(static_cast<std::size_t>((length + step - Duration{1}) / step));
  for (std::size_t second = 0; second < by_second.size(); ++second) {
    const auto slot = static_cast<std::size_t>(seconds{second} / step);
    if (slot < out.size()) out[slot] += by_second[second];
  }
  return out;
}

}  // namespace

void InjectionLog::add(std::uint32_t fault, Duration at) {
  if (fault >= faults_.size()) faults_.resize(fault + 1);
  Fault& log = faults_[fault];
  const auto second = static_cast<std::size_t>(std::max<std::int64_t>(at / seconds{1}, 0));
  if (log.by_second.empty()) log.first = at;
  if (second >= log.by_second.size()) log.by_second.resize(second + 1);
  ++log.by_second[second];
  log.last = at;
}

std::vector<FaultSummary> InjectionLog::summaries(const Scenario& scenario,
                                                  const Injector& injector, Duration step,
                                                  Duration length) const {
  std::vector<FaultSummary> out;
  for (std::uint32_t i = 0; i < injector.faults().size(); ++i) {
    const FaultSpec& spec = *injector.faults()[i].spec;
    FaultSummary summary{
        .id = spec.id,
        .type = std::string(kFaultTypeNames[static_cast<std::size_t>(spec.type())]),
        .target = scenario.targets[spec.target].name,
        .eligible = injector.eligible(i),
        .injected = injector.injected(i),
        .first = {},
        .last = {},
        .series = {}};
    const Fault log = i < faults_.size() ? faults_[i] : Fault{};
    summary.series = by_step(log.by_second, step, length);
    if (!log.by_second.empty()) summary.first = log.first;
    if (!log.by_second.empty()) summary.last = log.last;
    out.push_back(std::move(summary));
  }
  return out;
}

std::vector<Finding> trigger_findings(const Injector& injector,
                                      const std::vector<FaultSummary>& faults, Duration until) {
  std::vector<Finding> out;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (injector.faults()[i].begin >= until) continue;
    const FaultSummary& fault = faults[i];
    const std::string calls = count_of(fault.eligible, "eligible call");
    out.push_back({.kind = FindingKind::Trigger,
                   .state = fault.injected > 0 ? FindingState::Pass : FindingState::Fail,
                   .name = fault.id + " (" + fault.type + " on " + fault.target + ")",
                   .text = fault.injected > 0
                               ? "injected into " + grouped(fault.injected) + " of " + calls
                               : "never injected, with " + calls,
                   .estimate = {},
                   .margin = {}});
  }
  return out;
}

}  // namespace fusebox::chaos
