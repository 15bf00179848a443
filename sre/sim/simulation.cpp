#include "sre/sim/simulation.hpp"

#include <cstddef>
#include <utility>

#include "chaos/experiment.hpp"
#include "chaos/profile.hpp"
#include "sre/sim/fleet.hpp"
#include "sre/sim/witness.hpp"

namespace fusebox::sim {
namespace {

class ExperimentWitness final : public Witness {
 public:
  explicit ExperimentWitness(chaos::Experiment& experiment) : experiment_(experiment) {}

  void observe(const telemetry::Event& event, const chaos::Origin& origin, Instant now) override {
    experiment_.observe(event, origin, now);
  }
  void deliver(const telemetry::Event& event, chaos::Arm arm, Instant now) override {
    experiment_.deliver(event, arm, now);
  }
  void record(const telemetry::Record& record) override { experiment_.record(record); }
  void attempted(const chaos::Attempt& attempt, const chaos::Origin& origin) override {
    experiment_.attempted(attempt, origin);
  }
  void refused(const chaos::Origin& origin) override { experiment_.refused(origin); }
  void injected(std::uint32_t fault, Instant now) override { experiment_.injected(fault, now); }
  chaos::Directive tick(Instant now) override { return experiment_.tick(now); }
  void held(std::int64_t calls, Instant now) override { experiment_.held(calls, now); }

 private:
  chaos::Experiment& experiment_;
};

// Sixteen hexadecimal digits.
std::string hex_of(std::uint64_t hash) {
  std::string out(16, '0');
  for (std::size_t i = out.size(); i-- > 0; hash >>= 4) out[i] = "0123456789abcdef"[hash & 15];
  return out;
}

}  // namespace

chaos::RunResult simulate(const chaos::Scenario& scenario, const engine::EngineSpec& engine,
                          const std::vector<slo::SloSpec>& slos, const Options& options) {
  chaos::Experiment experiment(scenario, slos, kRunStart);
  ExperimentWitness witness(experiment);
  const chaos::Profile profile = chaos::profile_of(scenario);
  FleetOptions fleet_options;
  fleet_options.seed = options.seed;
  fleet_options.start = kRunStart;
  if (options.governed) fleet_options.engine = engine;
  fleet_options.journal = options.journal;
  fleet_options.progress = options.progress;
  fleet_options.trace = options.trace;
  fleet_options.watch = options.watch;
  Fleet fleet(scenario, profile, std::move(fleet_options), witness);
  fleet.run();
  chaos::RunResult result = experiment.finish(fleet.injector(), fleet.now());
  result.configuration = options.configuration;
  result.seed = options.seed;
  result.run_hash = hex_of(fleet.hash());
  result.length = fleet.now() - kRunStart;
  result.events = fleet.events();
  result.decisions = fleet.governor().decisions();
  return result;
}

}  // namespace fusebox::sim
