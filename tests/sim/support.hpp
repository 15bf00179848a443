// What tests of the fleet share: small worlds, a witness that writes down what it sees, and the
// numbers that come out.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sre/config/load.hpp"
#include "sre/sim/fleet.hpp"

namespace fusebox::sim {

inline constexpr Instant kStart{std::chrono::seconds{1'767'225'600}};

// Which call, task or refusal somebody lived through.
struct Seen {
  telemetry::EventKind kind;
  std::string task, model, tool, error;
  telemetry::Outcome outcome;
  std::optional<Instant> at;
  telemetry::Measurements measured;
  chaos::Arm arm;
  Instant started;
  Instant now;
};

inline Seen seen_of(const telemetry::Event& event, chaos::Arm arm, Instant started, Instant now) {
  return {event.kind,
          std::string(event.dimensions[Dimension::Task]),
          std::string(event.dimensions[Dimension::Model]),
          std::string(event.dimensions[Dimension::Tool]),
          std::string(event.error),
          *event.outcome,
          event.at,
          event.measured,
          arm,
          started,
          now};
}

// Writes everything down, and ends the run when told to.
class Notes : public Witness {
 public:
  explicit Notes(Duration length) : ends_(kStart + length) {}

  void observe(const telemetry::Event& event, const chaos::Origin& origin, Instant now) override {
    (event.error == "unfinished" ? unfinished : seen)
        .push_back(seen_of(event, origin.arm, origin.started, now));
  }
  void deliver(const telemetry::Event& event, chaos::Arm arm, Instant now) override {
    delivered.push_back(seen_of(event, arm, {}, now));
  }
  void record(const telemetry::Record& record) override { records.push_back(record); }
  void attempted(const chaos::Attempt& attempt, const chaos::Origin& origin) override {
    attempts.emplace_back(attempt, origin);
  }
  void refused(const chaos::Origin&) override { ++refusals; }
  void injected(std::uint32_t fault, Instant now) override { injections.emplace_back(fault, now); }
  chaos::Directive tick(Instant now) override {
    ticks.push_back(now);
    chaos::Directive out;
    out.withdraw_faults = withdraw_at && now >= *withdraw_at;
    if (kill_at && now == *kill_at) out.kill = kill_scope;
    out.finished = now >= ends_;
    return out;
  }
  void held(std::int64_t calls, Instant now) override { held_calls.emplace_back(now, calls); }

  // Of one kind and arm.
  [[nodiscard]] std::vector<Seen> of(telemetry::EventKind kind,
                                     std::optional<chaos::Arm> arm = std::nullopt) const {
    std::vector<Seen> out;
    for (const Seen& each : seen) {
      if (each.kind == kind && (!arm || each.arm == *arm)) out.push_back(each);
    }
    return out;
  }
  template <class Body>
  [[nodiscard]] std::vector<Body> records_of() const {
    std::vector<Body> out;
    for (const telemetry::Record& each : records) {
      if (const auto* body = std::get_if<Body>(&each.body)) out.push_back(*body);
    }
    return out;
  }

  std::vector<Seen> unfinished;  // tasks, told when the run ends
  std::vector<Seen> seen;
  std::vector<Seen> delivered;
  std::vector<telemetry::Record> records;
  std::vector<std::pair<chaos::Attempt, chaos::Origin>> attempts;
  std::vector<std::pair<std::uint32_t, Instant>> injections;
  std::vector<std::pair<Instant, std::int64_t>> held_calls;
  std::vector<Instant> ticks;
  std::int64_t refusals = 0;
  std::optional<Instant> withdraw_at;
  std::optional<Instant> kill_at;
  std::string kill_scope;

 private:
  Instant ends_;
};

// Share of `ok` among them; fails the test if there are none.
inline double success(const std::vector<Seen>& seen) {
  EXPECT_FALSE(seen.empty());
  std::size_t good = 0;
  for (const Seen& each : seen) good += each.outcome == telemetry::Outcome::Ok ? 1 : 0;
  return static_cast<double>(good) / static_cast<double>(seen.size());
}

// One model and one tool that take a fixed time and never fail by themselves; a fallback where
// asked for. One round: model, tool, model.
inline chaos::Profile steady_profile() {
  using namespace std::chrono_literals;
  chaos::ModelProfile first;
  first.name = "m1";
  first.ttft = chaos::Constant{500ms};
  first.tokens_per_s = 100;
  first.tokens_in = 1'000;
  first.tokens_out = 100;
  first.usd_per_million_in_micros = 3'000'000;
  first.usd_per_million_out_micros = 15'000'000;
  chaos::ModelProfile second = first;
  second.name = "m2";
  chaos::ToolProfile tool;
  tool.name = "search";
  tool.latency = chaos::Constant{200ms};
  chaos::Profile profile;
  profile.name = "steady";
  profile.models = {first, second};
  profile.tools = {tool};
  profile.rounds_min = 1;
  profile.rounds_max = 1;
  profile.turns = 3;
  return profile;
}

inline chaos::Target target(std::string name, chaos::TargetKind kind) {
  chaos::Target out;
  out.name = std::move(name);
  out.kind = kind;
  return out;
}

inline chaos::FaultSpec fault(std::string id, std::size_t at, chaos::FaultEffect effect) {
  chaos::FaultSpec out;
  out.id = std::move(id);
  out.target = at;
  out.effect = std::move(effect);
  return out;
}

inline constexpr std::size_t kModelTarget = 0;
inline constexpr std::size_t kToolTarget = 1;
inline constexpr std::size_t kTelemetryTarget = 2;
inline constexpr std::size_t kClockTarget = 3;

// Half a minute of baseline, a minute of `faults` for half of the sessions against the other half,
// half a minute of recovery; five tasks a second of a hundred agents.
inline chaos::Scenario scenario_with(std::vector<chaos::FaultSpec> faults) {
  using namespace std::chrono_literals;
  chaos::Scenario scenario;
  scenario.name = "test";
  scenario.hash = "sha256:test";
  scenario.targets = {
      target("model", chaos::TargetKind::Llm), target("tool", chaos::TargetKind::Tool),
      target("telemetry", chaos::TargetKind::Telemetry), target("clock", chaos::TargetKind::Clock)};
  scenario.workload.rate = 5;
  scenario.workload.agents = 100;
  scenario.population.percent = {1, 2};
  scenario.population.control_percent = {1, 2};
  scenario.stages = {{"base", chaos::StageKind::Baseline, 30s, {}, {}},
                     {"inject", chaos::StageKind::Inject, 60s, std::move(faults), {}},
                     {"heal", chaos::StageKind::Recover, 30s, {}, {}}};
  return scenario;
}

inline engine::EngineSpec engine_of(const std::string& yaml) {
  Diagnostics diagnostics;
  auto loaded = config::load({{"test.yaml", yaml}}, diagnostics);
  for (const Diagnostic& each : diagnostics.all()) {
    if (each.severity == Severity::Error) ADD_FAILURE() << format(each);
  }
  return loaded ? std::move(loaded->engine) : engine::EngineSpec{};
}

// A run and all that was seen in it.
struct World {
  World(chaos::Scenario of, chaos::Profile with, FleetOptions options = {})
      : scenario(std::move(of)), profile(std::move(with)), notes(scenario.duration()) {
    options.start = kStart;
    fleet = std::make_unique<Fleet>(scenario, profile, std::move(options), notes);
  }
  World& run() {
    fleet->run();
    return *this;
  }

  chaos::Scenario scenario;
  chaos::Profile profile;
  Notes notes;
  std::unique_ptr<Fleet> fleet;
};

inline FleetOptions governed_by(const std::string& yaml) {
  FleetOptions options;
  options.engine = engine_of(yaml);
  return options;
}

}  // namespace fusebox::sim
