// A whole experiment in virtual time: scenario, configuration and seed in, what it came to out.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "chaos/result.hpp"
#include "chaos/scenario.hpp"
#include "slo/spec.hpp"
#include "sre/engine/spec.hpp"
#include "sre/sim/due.hpp"
#include "sre/sim/governor.hpp"

namespace fusebox::sim {

// When every simulated run begins, so that a seed is a run on any day: 2026-01-01T00:00:00Z.
inline constexpr Instant kRunStart{std::chrono::seconds{1'767'225'600}};

struct Options {
  std::uint64_t seed = 1;     // of the run; may differ from the scenario's
  std::string configuration;  // its name in reports: "provider-brownout.protected"
  bool governed = true;       // false: no engine at all, for measuring the fleet alone
  // Output lines of the engine but its decisions, and one line for each injection:
  // {"at":…,"injection":{"fault":…,"unit":…,"target":…,"call":…}}. May be empty.
  JournalSink journal;
  std::function<void(Duration since_start)> progress;  // each virtual minute; may be empty
  std::function<void(const Trace&)> trace;             // each event; may be empty
  Watch watch;                                         // each input of the engine; may be empty
};

// `slos` are those that the scenario names, as the configuration or the presets have them; they
// need not be among those of `engine`. One thread; two seconds of processor time for each million
// of virtual model and tool calls, or less.
[[nodiscard]] chaos::RunResult simulate(const chaos::Scenario& scenario,
                                        const engine::EngineSpec& engine,
                                        const std::vector<slo::SloSpec>& slos,
                                        const Options& options);

}  // namespace fusebox::sim
