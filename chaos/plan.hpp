// What a run of a scenario will have to judge by, before anybody runs it: its tasks and units in
// each arm, on average over chance.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ratio.hpp"
#include "chaos/arm.hpp"
#include "chaos/scenario.hpp"
#include "slo/spec.hpp"

namespace fusebox::chaos {

struct ArmPlan {
  double share = 0;        // of the units, at its largest
  std::int64_t tasks = 0;  // that begin in inject stages
  // Units they belong to; absent for tenants, of which a workload does not say how many it has.
  std::optional<std::int64_t> units;
};

// By Arm. All zero but the shares without a workload, as for a live run.
[[nodiscard]] std::array<ArmPlan, kArmCount> plan_of(const Scenario& scenario);

// The highest share of units that any inject stage puts into the experiment.
[[nodiscard]] Ratio highest_share(const Scenario& scenario);

// Tasks that each arm needs for a comparison of shares: the baseline is what steady_state asks of
// the same SLO, or else the SLO's target, if `slos` has it. Absent for comparisons of latency and
// cost, whose spread nobody knows beforehand, and without a baseline.
[[nodiscard]] std::optional<std::int64_t> samples_needed(const Scenario& scenario,
                                                         const Comparison& comparison,
                                                         const std::vector<slo::SloSpec>& slos);

}  // namespace fusebox::chaos
