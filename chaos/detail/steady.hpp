// Is an indicator where it should be? Asked at the end of the baseline, at the end of the run, and
// for every second after the faults ended.
#pragma once

#include <vector>

#include "chaos/detail/engine_watch.hpp"
#include "chaos/detail/run_stages.hpp"
#include "chaos/scenario.hpp"
#include "chaos/slis.hpp"
#include "slo/spec.hpp"

namespace fusebox::chaos {

// The index of the SLO with this name, which must be there.
[[nodiscard]] std::size_t slo_index(const std::vector<slo::SloSpec>& slos, std::string_view name);

// The share of good events over the last `state.window` before `now`. No events: not steady.
[[nodiscard]] Judged judge_steady(const SteadyState& state, const SecondCounts& counts,
                                  Duration now);

// What an SLI must be for its SLO to count as recovered: what the hypothesis asks for, or else the
// target.
struct Bound {
  Compare op = Compare::Gte;
  double value = 0;
};
[[nodiscard]] Bound recovered_bound(const Scenario& scenario, const slo::SloSpec& spec);

// The first second after `ended` from which the SLI over the last minute keeps the bound for
// `hold`. Linear in the seconds until then.
[[nodiscard]] Judged judge_recovery(const ExpectRecovery& expected, Bound bound,
                                    const SecondCounts& counts, const RunStages& stages);

}  // namespace fusebox::chaos
