#include "slo/detail/assess.hpp"

#include <algorithm>

namespace fusebox::slo {
namespace {

// The short window first: it is the one that forgets, so it decides most calls. Both rates before
// the evidence of either, which may take logarithms.
bool pair_fires(const SloSpec& spec, const Objective& objective, const AlertPair& pair,
                const WindowedCounts& counts) {
  const Counts brief = counts.counts(pair.short_window);
  if (brief.bad == 0) return false;
  const Counts whole = counts.counts(pair.long_window);
  const auto burns = [&](Counts window) {
    return burns_faster(window, objective.target, pair.factor);
  };
  const auto is_evident = [&](Counts window) {
    return enough_evidence(spec.low_traffic, window, objective.target, pair.factor);
  };
  return burns(brief) && burns(whole) && is_evident(brief) && is_evident(whole);
}

SloStatus status_of_alerts(const Assessment& assessment) {
  const auto fires = [&](AlertSeverity severity) {
    return assessment.firing[static_cast<std::size_t>(severity)].has_value();
  };
  if (fires(AlertSeverity::Page)) return SloStatus::Critical;
  if (fires(AlertSeverity::Ticket)) return SloStatus::Warning;
  return SloStatus::Healthy;
}

}  // namespace

Assessment assess(const SloSpec& spec, const Objective& objective, const WindowedCounts& counts,
                  bool uncertain) {
  Assessment assessment;
  for (std::uint32_t i = 0; i < objective.alerts.size(); ++i) {
    const AlertPair& pair = objective.alerts[i];
    auto& first = assessment.firing[static_cast<std::size_t>(pair.severity)];
    if (!first && pair_fires(spec, objective, pair, counts)) first = i;
  }
  const Counts all = counts.slo_counts();
  SloStatus status = status_of_alerts(assessment);
  if (all.total() == 0) status = std::max(status, SloStatus::NoData);
  if (uncertain) status = std::max(status, SloStatus::Uncertain);
  if (budget_exhausted(all, objective.target)) status = SloStatus::Exhausted;
  assessment.status = status;
  return assessment;
}

}  // namespace fusebox::slo
