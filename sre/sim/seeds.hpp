// The same experiment from many seeds, on all cores. A world is never divided among threads, so
// that a result does not depend on their number.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "chaos/result.hpp"
#include "chaos/scenario.hpp"
#include "slo/spec.hpp"
#include "sre/engine/spec.hpp"

namespace fusebox::sim {

struct Sweep {
  std::uint64_t first_seed = 1;
  std::uint64_t last_seed = 1;  // >= first_seed, and with it
  std::string configuration;    // its name in reports
  unsigned threads = 0;         // 0: one for each core
  // A seed is done, in whatever order; one call at a time, from the threads of the sweep. May be
  // empty.
  std::function<void(const chaos::RunResult&)> done;
};

// By ascending seed. Blocks; each thread holds one world at a time.
[[nodiscard]] std::vector<chaos::RunResult> simulate_seeds(const chaos::Scenario& scenario,
                                                           const engine::EngineSpec& engine,
                                                           const std::vector<slo::SloSpec>& slos,
                                                           const Sweep& sweep);

}  // namespace fusebox::sim
