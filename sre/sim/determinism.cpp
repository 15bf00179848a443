#include "sre/sim/determinism.hpp"

#include <cstddef>

namespace fusebox::sim {

std::optional<Divergence> first_divergence(const std::function<void(const TraceSink&)>& run) {
  std::vector<std::uint64_t> hashes;
  Trace last;
  run([&](const Trace& trace) {
    hashes.push_back(trace.hash);
    last = trace;
  });
  std::size_t count = 0;
  std::optional<Divergence> found;
  run([&](const Trace& trace) {
    const std::size_t event = count++;
    if (found || (event < hashes.size() && hashes[event] == trace.hash)) return;
    found = Divergence{static_cast<std::int64_t>(event), trace.at, trace.kind};
  });
  if (found || count == hashes.size()) return found;
  return Divergence{static_cast<std::int64_t>(count), last.at, last.kind};
}

std::optional<Divergence> check_determinism(const chaos::Scenario& scenario,
                                            const engine::EngineSpec& engine,
                                            const std::vector<slo::SloSpec>& slos,
                                            const Options& options) {
  return first_divergence([&](const TraceSink& trace) {
    Options traced;
    traced.seed = options.seed;
    traced.configuration = options.configuration;
    traced.governed = options.governed;
    traced.trace = trace;
    (void)simulate(scenario, engine, slos, traced);
  });
}

}  // namespace fusebox::sim
