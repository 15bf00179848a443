// Is a seed a run? Runs twice and compares event by event, so that a difference is found where it
// begins and not where it shows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "chaos/scenario.hpp"
#include "slo/spec.hpp"
#include "sre/engine/spec.hpp"
#include "sre/sim/simulation.hpp"

namespace fusebox::sim {

// The first event that was not the same: of the second run, or of the first where that went on
// after the second had ended.
struct Divergence {
  std::int64_t event = 0;  // from 0
  Instant at{};
  DueKind kind = DueKind::Tick;
};

using TraceSink = std::function<void(const Trace&)>;

// `run` is called twice and tells each event to what it is given. 8 bytes for each event.
[[nodiscard]] std::optional<Divergence> first_divergence(
    const std::function<void(const TraceSink&)>& run);

// Two simulations of the same; twice the time of one. The sinks of the options are not called.
[[nodiscard]] std::optional<Divergence> check_determinism(const chaos::Scenario& scenario,
                                                          const engine::EngineSpec& engine,
                                                          const std::vector<slo::SloSpec>& slos,
                                                          const Options& options);

}  // namespace fusebox::sim
