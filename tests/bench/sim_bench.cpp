// The simulator: what a fleet costs alone and under the real engine, and what a fault costs that
// does not strike.
//   sim_bench --benchmark_filter=Fleet
// Counters: events/s and governed actions/s (a check and its report) of one core; bytes of memory
// for each agent (with its session and its unit), and for each task under way.
#include <cstdlib>
#include <string>

#include <benchmark/benchmark.h>

#include "chaos/injector.hpp"
#include "sre/config/load.hpp"
#include "sre/sim/fleet.hpp"

namespace fusebox::sim {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart{std::chrono::seconds{1'767'225'600}};

// Looks at nothing, and ends the run.
class Nobody final : public Witness {
 public:
  explicit Nobody(Duration length) : ends_(kStart + length) {}
  void observe(const telemetry::Event&, const chaos::Origin&, Instant) override {}
  void deliver(const telemetry::Event&, chaos::Arm, Instant) override {}
  void record(const telemetry::Record&) override {}
  void attempted(const chaos::Attempt&, const chaos::Origin&) override {}
  void refused(const chaos::Origin&) override {}
  void injected(std::uint32_t, Instant) override {}
  chaos::Directive tick(Instant now) override {
    chaos::Directive out;
    out.finished = now >= ends_;
    return out;
  }
  void held(std::int64_t, Instant) override {}

 private:
  Instant ends_;
};

chaos::FaultSpec brownout(const char* id, chaos::FaultEffect effect, Ratio percent) {
  chaos::FaultSpec fault;
  fault.id = id;
  fault.effect = std::move(effect);
  fault.schedule.percent = percent;
  return fault;
}

// Each agent begins a task every twenty seconds or so: about half of them are at work.
chaos::Scenario scenario_of(std::int64_t agents) {
  chaos::Scenario scenario;
  scenario.name = "bench";
  chaos::Target target;
  target.name = "primary-llm";
  scenario.targets = {target};
  scenario.workload.profile = "research-agent";
  scenario.workload.agents = agents;
  scenario.workload.rate = agents;
  scenario.workload.per = 20s;
  scenario.population.percent = {1, 10};
  scenario.population.control_percent = {1, 10};
  scenario.stages = {
      {"base", chaos::StageKind::Baseline, 10s, {}, {}},
      {"inject",
       chaos::StageKind::Inject,
       1h,
       {brownout("slow", chaos::SlowTtft{chaos::LogNormal{.p50 = 4s, .p99 = 30s}}, {3, 5}),
        brownout("over", chaos::InStreamError{.after_events = 12}, {15, 100})},
       {}}};
  return scenario;
}

chaos::Profile unlimited_profile(const chaos::Scenario& scenario) {
  chaos::Profile profile = chaos::profile_of(scenario);
  for (chaos::ModelProfile& model : profile.models) model.service.capacity.reset();
  for (chaos::ToolProfile& tool : profile.tools) tool.service.capacity.reset();
  return profile;
}

const char* const kProtection = R"(
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: models}
spec:
  key: [model]
  where: kind == "llm"
  window: {duration: 60s}
  minimum_calls: 20
  failure_rate: 20%
  open: {wait: 30s}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: spend}
spec: {scope: [agent], window: 1h, budget: {tokens: 100000000, cost_usd: 10000}, on_exceed: deny}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: task-success}
spec:
  service: agents
  indicator:
    spec:
      ratioMetric:
        good: {metricSource: {type: fusebox, spec: {where: 'kind == "task" && outcome == "ok"'}}}
        total: {metricSource: {type: fusebox, spec: {where: kind == "task"}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
)";

engine::EngineSpec protection() {
  Diagnostics diagnostics;
  auto loaded = config::load({{"bench.yaml", kProtection}}, diagnostics);
  if (!loaded) std::abort();
  return std::move(loaded->engine);
}

void run(benchmark::State& state, bool governed) {
  const chaos::Scenario scenario = scenario_of(state.range(0));
  const chaos::Profile profile = unlimited_profile(scenario);
  // About two million events, or four hundred thousand governed ones, whatever the size.
  const double tasks = governed ? 100'000 : 500'000;
  const auto length =
      Duration{static_cast<std::int64_t>(20e9 * tasks / static_cast<double>(state.range(0)))};
  double events = 0;
  double actions = 0;
  for (auto _ : state) {
    Nobody nobody(std::max<Duration>(length, 20s));
    FleetOptions options;
    options.start = kStart;
    if (governed) options.engine = protection();
    Fleet fleet(scenario, profile, std::move(options), nobody);
    fleet.run();
    events += static_cast<double>(fleet.events());
    actions += static_cast<double>(fleet.governor().decisions());
    const auto agents = static_cast<double>(state.range(0));
    state.counters["bytes/agent"] = static_cast<double>(fleet.roster_bytes()) / agents;
    state.counters["bytes/task"] = static_cast<double>(Fleet::bytes_per_task());
    state.counters["tasks"] = static_cast<double>(fleet.tasks());
  }
  state.counters["events/s"] = benchmark::Counter(events, benchmark::Counter::kIsRate);
  if (governed)
    state.counters["actions/s"] = benchmark::Counter(actions, benchmark::Counter::kIsRate);
}

void FleetAlone(benchmark::State& state) { run(state, false); }
BENCHMARK(FleetAlone)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void FleetGoverned(benchmark::State& state) { run(state, true); }
BENCHMARK(FleetGoverned)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

// One decision of two faults in the experiment arm, within their stage.
void InjectionDecision(benchmark::State& state) {
  const chaos::Scenario scenario = scenario_of(1'000);
  chaos::Injector injector(scenario, 7);
  chaos::CallSite call;
  call.arm = chaos::Arm::Experiment;
  call.since_start = 1min;
  call.agent = "agent-17";
  call.model = "m1";
  std::int64_t hits = 0;
  for (auto _ : state) {
    call.unit = chaos::scatter(static_cast<std::uint64_t>(++call.call_index) / 8);
    hits += injector.decide(call).count;
  }
  benchmark::DoNotOptimize(hits);
}
BENCHMARK(InjectionDecision);

}  // namespace
}  // namespace fusebox::sim
