#include "sre/sim/simulation.hpp"

#include <string>

#include "tests/sim/support.hpp"

namespace fusebox::sim {
namespace {

using namespace std::chrono_literals;

// The example of the design: a provider that slows down and then breaks its streams off, and what
// protects from it, at a tenth of its length and load.
chaos::Scenario brownout() {
  chaos::Schedule most;
  most.percent = {3, 5};
  chaos::Schedule some;
  some.percent = {15, 100};
  chaos::FaultSpec slow =
      fault("slow", 0, chaos::SlowTtft{chaos::LogNormal{.p50 = 4s, .p99 = 30s}});
  slow.schedule = most;
  chaos::FaultSpec over = fault("over", 0, chaos::InStreamError{.after_events = 12});
  over.schedule = some;
  chaos::Scenario scenario;
  scenario.name = "provider-brownout";
  scenario.hash = "sha256:brownout";
  scenario.targets = {target("primary-llm", chaos::TargetKind::Llm)};
  scenario.slos = {"task-success"};
  scenario.workload = {.profile = "research-agent",
                       .process = chaos::ArrivalProcess::Poisson,
                       .rate = 20,
                       .per = 1s,
                       .in_flight_max = 1'000'000,
                       .agents = 500};
  scenario.population.percent = {1, 10};
  scenario.population.control_percent = {1, 10};
  scenario.stages = {{"base", chaos::StageKind::Baseline, 1min, {}, {}},
                     {"brownout", chaos::StageKind::Inject, 2min, {slow, over}, {}},
                     {"heal", chaos::StageKind::Recover, 2min, {}, {}}};
  return scenario;
}

const std::string kProtection = R"(---
apiVersion: fusebox/v1
kind: Config
metadata: {name: c}
spec: {presets: true}
---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: models}
spec:
  key: [model]
  where: kind == "llm"
  window: {duration: 10s}
  minimum_calls: 10
  failure_rate: 10%
  open: {wait: 30s}
  half_open: {probes: 3, patience: 60s}
)";

chaos::RunResult run(std::uint64_t seed, std::string* journal = nullptr) {
  const engine::EngineSpec engine = engine_of(kProtection);
  Options options;
  options.seed = seed;
  options.configuration = "test";
  if (journal != nullptr) options.journal = [=](std::string_view line) { *journal += line; };
  return simulate(brownout(), engine, engine.slos, options);
}

TEST(Simulation, ASeedIsARunToTheByte) {
  std::string one;
  std::string two;
  const chaos::RunResult first = run(7, &one);
  const chaos::RunResult second = run(7, &two);
  EXPECT_EQ(first.run_hash, second.run_hash);
  EXPECT_EQ(first.events, second.events);
  EXPECT_EQ(one, two);
  EXPECT_FALSE(one.empty());
}

// The same with every compiler and on any number of threads.
TEST(Simulation, RunHashesArePinned) {
  EXPECT_EQ(run(7).run_hash, "daadf5a49987614d");
  EXPECT_EQ(run(8).run_hash, "347055c44f879c9f");
}

TEST(Simulation, TheResultSaysWhatTheDriverAloneKnows) {
  const chaos::RunResult result = run(7);
  EXPECT_EQ(result.seed, 7u);
  EXPECT_EQ(result.configuration, "test");
  EXPECT_EQ(result.length, 5min);
  EXPECT_GT(result.events, 20'000);
  EXPECT_GT(result.decisions, 20'000);
}

TEST(Simulation, TheJournalHoldsInjectionsAndTransitionsButNoDecisions) {
  std::string journal;
  const chaos::RunResult result = run(7, &journal);
  EXPECT_NE(journal.find(R"("injection":{"fault":"slow","unit":"agent-)"), std::string::npos);
  EXPECT_NE(journal.find(R"("breaker":{"name":"models")"), std::string::npos);
  EXPECT_NE(journal.find(R"("arm":"experiment")"), std::string::npos);
  EXPECT_EQ(journal.find(R"("decision")"), std::string::npos);
}

TEST(Simulation, TheExperimentOpensNothingForOthers) {
  std::string journal;
  const chaos::RunResult result = run(7, &journal);
  EXPECT_EQ(journal.find(R"("arm":"control")"), std::string::npos);
  EXPECT_EQ(journal.find(R"("arm":"outside")"), std::string::npos);
}

}  // namespace
}  // namespace fusebox::sim
