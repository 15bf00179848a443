// The real engine in the simulated world: what it refuses is not done, what it is told is true, and
// its invariants hold while the world goes wrong.
#include "sre/sim/governor.hpp"

#include <set>

#include "sre/engine/engine.hpp"
#include "tests/sim/audit.hpp"
#include "tests/sim/support.hpp"

namespace fusebox::sim {
namespace {

using namespace std::chrono_literals;
using chaos::Arm;
using telemetry::EventKind;
using telemetry::Outcome;

const std::string kModelBreaker = R"(---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: models}
spec:
  key: [model]
  where: kind == "llm"
  window: {count: 20}
  minimum_calls: 5
  failure_rate: 20%
  open: {wait: 10s}
  half_open: {probes: 2, patience: 30s}
)";

std::vector<chaos::FaultSpec> cut_streams() {
  return {fault("cut", kModelTarget, chaos::InStreamError{.after_events = 5})};
}

TEST(Governor, AppendsTheArmToEveryKey) {
  const engine::EngineSpec spec = with_arms(engine_of(kModelBreaker + R"(---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: all}
spec: {scope: [], window: lifetime, budget: {tool_calls: 5}, on_exceed: deny}
)"));
  EXPECT_EQ(spec.breakers.at(0).key.dimensions(),
            (std::vector<Dimension>{Dimension::Model, Dimension::Arm}));
  EXPECT_EQ(spec.limits.at(0).scope.dimensions(), (std::vector<Dimension>{Dimension::Arm}));
}

TEST(Governor, ABreakerOpensForTheExperimentAlone) {
  chaos::Profile profile = steady_profile();
  profile.fallback = 1;
  World world(scenario_with(cut_streams()), profile, governed_by(kModelBreaker));
  const Notes& notes = world.run().notes;
  const auto moves = notes.records_of<telemetry::BreakerRecord>();
  ASSERT_FALSE(moves.empty());
  for (const telemetry::BreakerRecord& move : moves) {
    EXPECT_EQ(move.key, R"({"model":"m1","arm":"experiment"})");
  }
  EXPECT_GT(notes.refusals, 0);
  EXPECT_GT(success(notes.of(EventKind::Task)), 0.9);  // the fallback took over
  EXPECT_EQ(moves.back().to, "closed");
}

TEST(Governor, ARefusedModelGoesToTheFallbackWithoutAnAttempt) {
  chaos::Profile profile = steady_profile();
  profile.fallback = 1;
  World governed(scenario_with(cut_streams()), profile, governed_by(kModelBreaker));
  World free(scenario_with(cut_streams()), profile);
  const auto tried = [](const World& world) {
    return std::count_if(world.notes.attempts.begin(), world.notes.attempts.end(),
                         [](const auto& each) { return each.first.target == kModelTarget; });
  };
  EXPECT_LT(tried(governed.run()), tried(free.run()));
}

TEST(Governor, WithoutAFallbackARefusalFailsTheTask) {
  World world(scenario_with(cut_streams()), steady_profile(), governed_by(kModelBreaker));
  std::set<std::string> errors;
  for (const Seen& each : world.run().notes.of(EventKind::Task, Arm::Experiment)) {
    if (each.outcome == Outcome::Ok) continue;
    EXPECT_EQ(each.outcome, Outcome::Error);
    errors.insert(each.error);
  }
  EXPECT_TRUE(errors.contains("breaker_open"));
  EXPECT_TRUE(errors.contains("stream_error"));
}

TEST(Governor, AThrottledCallWaitsAndAsksAgain) {
  chaos::Scenario scenario = scenario_with({});
  scenario.workload.agents = 1;
  scenario.workload.rate = 1;
  scenario.workload.process = chaos::ArrivalProcess::Uniform;
  scenario.workload.per = 10s;
  scenario.population = {
      .unit = chaos::Unit::Session, .percent = {1, 1}, .control_percent = {0, 1}, .salt = ""};
  World world(scenario, steady_profile(), governed_by(R"(---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: pace}
spec: {scope: [agent], rate: {limit: 30/m, burst: 1}, on_exceed: throttle}
)"));
  const Notes& notes = world.run().notes;
  EXPECT_GT(notes.refusals, 0);
  EXPECT_EQ(success(notes.of(EventKind::Task)), 1);
  Instant last{};
  std::vector<Instant> begins;
  for (const Seen& each : notes.seen) {
    if (each.kind == EventKind::Tool) begins.push_back(each.now - 200ms);
  }
  for (const Instant begin : begins) {
    EXPECT_GE(begin - last, 2s);
    last = begin;
  }
}

TEST(Governor, AThrottleThatNeverEndsIsARefusalAfterThreeMoreAsks) {
  chaos::Scenario scenario = scenario_with({});
  World world(scenario, steady_profile(), governed_by(R"(---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: none}
spec: {scope: [], window: lifetime, budget: {tool_calls: 1}, on_exceed: throttle}
)"));
  const Notes& notes = world.run().notes;
  const auto tasks = notes.of(EventKind::Task);
  std::size_t refused = 0;
  for (const Seen& each : tasks) refused += each.error == "budget_exceeded" ? 1 : 0;
  EXPECT_EQ(refused + 2, tasks.size());  // each arm had its one call
  // Those whose task had not ended yet asked less often.
  EXPECT_NEAR(static_cast<double>(notes.refusals), 4.0 * static_cast<double>(refused), 60);
}

TEST(Governor, AKillStopsAgentsAndNothingIsAdmittedAfterIt) {
  World world(scenario_with({}), steady_profile(), governed_by(kModelBreaker));
  world.notes.kill_at = kStart + 60s;
  world.notes.kill_scope = "global";
  const Notes& notes = world.run().notes;
  const auto kills = notes.records_of<telemetry::KillRecord>();
  ASSERT_EQ(kills.size(), 1u);
  EXPECT_EQ(kills[0].actor, "chaos");
  for (const auto& [attempt, origin] : notes.attempts) {
    EXPECT_LT(origin.started, kStart + 60s);
  }
  std::size_t stopped = 0;
  for (const Seen& each : notes.of(EventKind::Task)) {
    EXPECT_TRUE(each.started < kStart + 60s || each.error == "killed");
    stopped += each.error == "killed" ? 1 : 0;
  }
  EXPECT_GT(stopped, 200u);
}

TEST(Governor, NothingThatAnOrderCoversProceedsAfterIt) {
  for (const char* scope : {"tenant:tenant-0", "agent:agent-3", "tenant:tenant-1/agent:agent-60",
                            "model:m1", "tool:search", "capability:tool"}) {
    SCOPED_TRACE(scope);
    FleetOptions options = governed_by(kModelBreaker);
    Auditor auditor(*options.engine);
    options.watch = auditor.watch();
    World world(scenario_with({}), steady_profile(), std::move(options));
    world.notes.kill_at = kStart + 30s;
    world.notes.kill_scope = scope;
    world.run();
    EXPECT_EQ(auditor.findings().count(), 0) << auditor.findings().text();
    EXPECT_GT(auditor.stops().refused(), 0);
  }
}

TEST(Governor, AKilledAgentsOtherTasksEndAtOnce) {
  chaos::Scenario scenario = scenario_with({});
  scenario.workload.agents = 1;
  World world(scenario, steady_profile(), governed_by(kModelBreaker));
  world.notes.kill_at = kStart + 60s;
  world.notes.kill_scope = "agent:agent-0";
  std::set<Instant> ends;
  for (const Seen& each : world.run().notes.of(EventKind::Task)) {
    if (each.error == "killed" && each.started < kStart + 60s) ends.insert(each.now);
  }
  EXPECT_EQ(ends.size(), 1u);
}

TEST(Governor, CancelledCallsAreReported) {
  chaos::Profile profile = steady_profile();
  profile.task_deadline = 1s;
  World world(scenario_with({}), profile, governed_by(kModelBreaker));
  std::size_t cancelled = 0;
  for (const Seen& each : world.run().notes.delivered) {
    cancelled += each.outcome == Outcome::Cancelled ? 1 : 0;
  }
  EXPECT_GT(cancelled, 400u);
  EXPECT_LE(world.fleet->governor().engine()->status().open_permits, 20);
}

// ---- invariants, in a world where everything goes wrong at once

const std::string kEverything = kModelBreaker + R"(---
apiVersion: fusebox/v1
kind: Config
metadata: {name: c}
spec: {presets: true}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: spend}
spec: {scope: [agent], window: 1m, budget: {tokens: 60000, model_calls: 40}, on_exceed: deny}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: tools}
spec: {scope: [], window: lifetime, budget: {tool_calls: 400}, on_exceed: degrade}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: slots}
spec: {scope: [tenant], concurrency: {max: 12, lease: 1m}, on_exceed: throttle}
)";

std::vector<chaos::FaultSpec> everything() {
  std::vector<chaos::FaultSpec> faults{
      fault("slow", kModelTarget, chaos::SlowTtft{chaos::Exponential{2s}}),
      fault("cut", kModelTarget, chaos::InStreamError{.after_events = 30}),
      fault("hang", kModelTarget, chaos::Hang{}),
      fault("price", kModelTarget, chaos::UsageInflation{{3, 1}}),
      fault("tool", kToolTarget, chaos::ToolError{chaos::ToolErrorKind::Http}),
      fault("lose", kTelemetryTarget, chaos::TelemetryLoss{chaos::LossMode::Drop, {}}),
      fault("late", kTelemetryTarget, chaos::TelemetryLoss{chaos::LossMode::Delay, 11s}),
      fault("twice", kTelemetryTarget, chaos::TelemetryLoss{chaos::LossMode::Duplicate, {}}),
      fault("clock", kClockTarget, chaos::ClockStep{-20s})};
  for (chaos::FaultSpec& each : faults) each.schedule.percent = {1, 5};
  return faults;
}

class Invariants : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Invariants, HoldWhileEverythingGoesWrong) {
  chaos::Profile profile = steady_profile();
  profile.fallback = 1;
  FleetOptions options = governed_by(kEverything);
  options.seed = GetParam();
  Auditor auditor(*options.engine);
  options.watch = auditor.watch();
  World world(scenario_with(everything()), profile, std::move(options));
  world.run();
  EXPECT_EQ(auditor.findings().count(), 0) << auditor.findings().text();
  EXPECT_GT(auditor.budgets().looked_at(), 1'000);
  EXPECT_GT(auditor.breakers().moves(), 0);
  EXPECT_GT(auditor.breakers().probes(), 0);
  EXPECT_GT(auditor.slos().counted(), 1'000);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Invariants, testing::Values(1, 2, 3));

}  // namespace
}  // namespace fusebox::sim
