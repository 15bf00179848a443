#include "sre/sim/seeds.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>

#include "base/assert.hpp"
#include "sre/sim/simulation.hpp"

namespace fusebox::sim {

std::vector<chaos::RunResult> simulate_seeds(const chaos::Scenario& scenario,
                                             const engine::EngineSpec& engine,
                                             const std::vector<slo::SloSpec>& slos,
                                             const Sweep& sweep) {
  FUSEBOX_ASSERT(sweep.last_seed >= sweep.first_seed);
  std::vector<chaos::RunResult> results(sweep.last_seed - sweep.first_seed + 1);
  std::atomic<std::size_t> next{0};
  std::mutex telling;
  const auto work = [&] {
    for (std::size_t i = next++; i < results.size(); i = next++) {
      Options options;
      options.seed = sweep.first_seed + i;
      options.configuration = sweep.configuration;
      results[i] = simulate(scenario, engine, slos, options);
      if (!sweep.done) continue;
      const std::scoped_lock lock(telling);
      sweep.done(results[i]);
    }
  };
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t threads =
      std::min<std::size_t>(sweep.threads == 0 ? cores : sweep.threads, results.size());
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  return results;
}

}  // namespace fusebox::sim
