// A scenario with everything in it, small enough for a unit test.
#pragma once

#include <string>

#include "tests/sim/support.hpp"

namespace fusebox::sim {

// The example of the design: a provider that slows down and then breaks its streams off, and what
// protects from it, at a tenth of its length and load.
inline chaos::Scenario brownout() {
  using namespace std::chrono_literals;
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

inline const std::string kBrownoutProtection = R"(---
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

}  // namespace fusebox::sim
