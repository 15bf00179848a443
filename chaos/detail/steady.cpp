#include "chaos/detail/steady.hpp"

#include <algorithm>
#include <optional>

#include "base/assert.hpp"
#include "chaos/detail/figures.hpp"

namespace fusebox::chaos {
namespace {

using std::chrono::seconds;

constexpr Duration kRecoveryWindow = std::chrono::minutes{1};

std::string_view sign_of(Compare op) {
  switch (op) {
    case Compare::Lt:
      return "<";
    case Compare::Lte:
      return "<=";
    case Compare::Gt:
      return ">";
    case Compare::Gte:
      return ">=";
  }
  return "?";
}

bool keeps(const SecondCounts& counts, Duration now, Bound bound) {
  const auto sli = slo::sli(counts.between(now - kRecoveryWindow, now));
  return sli && holds(*sli, bound.op, bound.value);
}

std::string bound_text(Compare op, double value) {
  return std::string(sign_of(op)) + " " + percent(value);
}

std::string last_minute(const SecondCounts& counts, Duration now) {
  const auto sli = slo::sli(counts.between(now - kRecoveryWindow, now));
  return sli ? percent(*sli) : "without events";
}

}  // namespace

std::size_t slo_index(const std::vector<slo::SloSpec>& slos, std::string_view name) {
  const auto found = std::find_if(slos.begin(), slos.end(),
                                  [name](const slo::SloSpec& spec) { return spec.name == name; });
  FUSEBOX_ASSERT(found != slos.end());
  return static_cast<std::size_t>(found - slos.begin());
}

Judged judge_steady(const SteadyState& state, const SecondCounts& counts, Duration now) {
  const slo::Counts seen = counts.between(now - state.window, now);
  const auto sli = slo::sli(seen);
  if (!sli) return {FindingState::Fail, "no events in " + in_words(state.window)};
  const bool steady = holds(*sli, state.op, state.value);
  return {steady ? FindingState::Pass : FindingState::Fail,
          percent(*sli) + " of " + count_of(seen.total(), "event") + " in " +
              in_words(state.window) + ", asked for " + bound_text(state.op, state.value)};
}

Bound recovered_bound(const Scenario& scenario, const slo::SloSpec& spec) {
  for (const SteadyState& state : scenario.hypothesis.steady_state) {
    if (state.slo == spec.name) return {.op = state.op, .value = state.value};
  }
  return {.op = Compare::Gte, .value = spec.objectives.front().target.to_double()};
}

// `kept_from` is the first of the seconds, without a break until `at`, that keep the bound.
Judged judge_recovery(const ExpectRecovery& expected, Bound bound, const SecondCounts& counts,
                      const RunStages& stages) {
  const Duration ended = stages.inject_end();
  const std::string asked = bound_text(bound.op, bound.value);
  bool keeping = false;
  Duration kept_from{};
  for (Duration at = ended; at <= stages.end(); at += seconds{1}) {
    if (!keeps(counts, at, bound)) {
      keeping = false;
      if (at >= ended + expected.within) break;
      continue;
    }
    if (!keeping) kept_from = at;
    keeping = true;
    if (at - kept_from < expected.hold) continue;
    const Duration took = kept_from - ended;
    return {FindingState::Pass,
            (took > Duration{} ? "back at " + asked + " " + in_words(took) + " after"
                               : "at " + asked + " already when") +
                " the faults ended, and held for " + in_words(expected.hold)};
  }
  return {FindingState::Fail, "not back at " + asked + " for " + in_words(expected.hold) +
                                  " within " + in_words(expected.within) +
                                  "; the last minute of the run was " +
                                  last_minute(counts, stages.end())};
}

}  // namespace fusebox::chaos
