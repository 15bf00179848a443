#include "sre/sim/fleet.hpp"

#include <cmath>
#include <set>

#include "tests/sim/support.hpp"

namespace fusebox::sim {
namespace {

using namespace std::chrono_literals;
using chaos::Arm;
using telemetry::EventKind;
using telemetry::Outcome;

TEST(Fleet, ATaskIsARoundAndAnAnswer) {
  World world(scenario_with({}), steady_profile());
  const Notes& notes = world.run().notes;
  const auto tasks = notes.of(EventKind::Task);
  ASSERT_GT(tasks.size(), 400u);
  EXPECT_EQ(success(tasks), 1);
  std::size_t models = 0;
  std::size_t tools = 0;
  for (const Seen& each : notes.seen) {
    if (each.task != tasks.front().task) continue;
    models += each.kind == EventKind::Llm;
    tools += each.kind == EventKind::Tool;
  }
  EXPECT_EQ(models, 2u);
  EXPECT_EQ(tools, 1u);
}

TEST(Fleet, CallsTakeTheirServicesTime) {
  World world(scenario_with({}), steady_profile());
  const Notes& notes = world.run().notes;
  for (const Seen& each : notes.of(EventKind::Tool)) EXPECT_EQ(each.measured.duration_ms, 200);
  double tokens = 0;
  for (const Seen& each : notes.of(EventKind::Llm)) {
    EXPECT_EQ(each.measured.ttft_ms, 500);
    const auto out = static_cast<double>(*each.measured.tokens_out);
    EXPECT_NEAR(*each.measured.duration_ms, 500 + out * 10, 1e-6);
    EXPECT_EQ(each.measured.cost_usd->value,
              *each.measured.tokens_in * 3 + *each.measured.tokens_out * 15);
    tokens += out;
  }
  EXPECT_NEAR(tokens / static_cast<double>(notes.of(EventKind::Llm).size()), 100, 5);
}

TEST(Fleet, TaskLatencyCountsFromTheIntendedStart) {
  World world(scenario_with({}), steady_profile());
  for (const Seen& each : world.run().notes.of(EventKind::Task)) {
    EXPECT_EQ(Duration{std::llround(*each.measured.duration_ms * 1e6)}, each.now - each.started);
  }
}

TEST(Fleet, ArrivalsKeepTheirRateWhateverHappens) {
  chaos::Scenario scenario = scenario_with({fault("hang", kModelTarget, chaos::Hang{})});
  World faulty(scenario, steady_profile());
  World healthy(scenario_with({}), steady_profile());
  EXPECT_EQ(faulty.run().fleet->tasks(), healthy.run().fleet->tasks());
  EXPECT_NEAR(static_cast<double>(healthy.fleet->tasks()), 5 * 120, 4 * std::sqrt(5.0 * 120));
}

TEST(Fleet, UniformArrivalsAreExact) {
  chaos::Scenario scenario = scenario_with({});
  scenario.workload.process = chaos::ArrivalProcess::Uniform;
  World world(scenario, steady_profile());
  std::set<Instant> starts;
  for (const Seen& each : world.run().notes.of(EventKind::Task)) starts.insert(each.started);
  for (const Instant start : starts) EXPECT_EQ((start - kStart) % 200ms, 0ns);
  EXPECT_EQ(world.fleet->tasks(), 599);  // the last would begin as the run ends
}

TEST(Fleet, TicksComeEachSecond) {
  World world(scenario_with({}), steady_profile());
  const std::vector<Instant>& ticks = world.run().notes.ticks;
  ASSERT_EQ(ticks.size(), 121u);
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    EXPECT_EQ(ticks[i], kStart + std::chrono::seconds{i});
  }
}

TEST(Fleet, ATaskThatNobodyHasRoomForHasFailed) {
  chaos::Scenario scenario = scenario_with({});
  scenario.workload.in_flight_max = 1;
  World world(scenario, steady_profile());
  const Notes& notes = world.run().notes;
  EXPECT_GT(world.fleet->dropped(), 0);
  std::int64_t dropped = 0;
  for (const Seen& each : notes.of(EventKind::Task)) dropped += each.error == "dropped";
  EXPECT_EQ(dropped, world.fleet->dropped());
}

TEST(Fleet, AnOverloadedServiceQueuesThenRefuses) {
  chaos::Profile profile = steady_profile();
  profile.fallback.reset();
  profile.models[0].service.capacity = 4;
  profile.models[0].service.queue = 2;
  World world(scenario_with({}), profile);
  const Notes& notes = world.run().notes;
  bool refused = false;
  bool queued = false;
  for (const Seen& each : notes.of(EventKind::Llm)) {
    refused = refused || each.error == "overloaded";
    queued = queued || (each.outcome == Outcome::Ok && *each.measured.ttft_ms > 500);
  }
  EXPECT_TRUE(refused);
  EXPECT_TRUE(queued);
}

TEST(Fleet, AFailedModelCallIsRetriedAndNeverSentToTheFallback) {
  chaos::Profile profile = steady_profile();
  profile.models[0].service.errors = Ratio{1, 1};
  profile.fallback = 1;
  World world(scenario_with({}), profile);
  const Notes& notes = world.run().notes;
  EXPECT_EQ(success(notes.of(EventKind::Task)), 0);
  std::size_t upstream = 0;
  std::size_t logical = 0;
  for (const auto& [attempt, origin] : notes.attempts) {
    if (attempt.target != kModelTarget) continue;
    ++upstream;
    logical += attempt.first;
  }
  EXPECT_NEAR(static_cast<double>(upstream) / static_cast<double>(logical), 3, 0.05);
  for (const Seen& each : notes.of(EventKind::Llm)) {
    EXPECT_EQ(each.outcome, Outcome::Error);
    EXPECT_EQ(each.model, "m1");
  }
}

TEST(Fleet, AgentsRetryOnTopOfTheirSdk) {
  chaos::Profile profile = steady_profile();
  profile.models[0].service.errors = Ratio{1, 1};
  profile.agent_retries = 1;
  profile.calls_max = 100;
  World world(scenario_with({}), profile);
  const Notes& notes = world.run().notes;
  std::map<Instant, std::size_t> upstream;  // by task
  for (const auto& [attempt, origin] : notes.attempts) ++upstream[origin.started];
  EXPECT_EQ(upstream.begin()->second, 6u);
}

TEST(Fleet, AToolThatFailsIsPlannedAgain) {
  chaos::Profile profile = steady_profile();
  profile.tools[0].service.errors = Ratio{1, 1};
  profile.tool_retries = 2;
  profile.calls_max = 100;
  World world(scenario_with({}), profile);
  const Notes& notes = world.run().notes;
  const auto tasks = notes.of(EventKind::Task);
  EXPECT_EQ(success(tasks), 0);
  std::size_t calls = 0;
  for (const Seen& each : notes.seen) {
    calls += each.task == tasks.front().task && each.kind != EventKind::Task;
  }
  EXPECT_EQ(calls, 6u);  // three plans and three tools
}

TEST(Fleet, AnAgentGivesUpAfterItsCalls) {
  chaos::Profile profile = steady_profile();
  profile.calls_max = 2;
  World world(scenario_with({}), profile);
  for (const Seen& each : world.run().notes.of(EventKind::Task)) {
    EXPECT_EQ(each.error, "calls_exhausted");
  }
}

TEST(Fleet, ADeadlineEndsATask) {
  chaos::Profile profile = steady_profile();
  profile.task_deadline = 1s;
  World world(scenario_with({}), profile);
  for (const Seen& each : world.run().notes.of(EventKind::Task)) {
    EXPECT_EQ(each.outcome, Outcome::Timeout);
    EXPECT_EQ(each.measured.duration_ms, 1'000);
  }
}

// What hangs until the end of the run must not be missing from what callers lived through.
TEST(Fleet, WhatIsOpenAtTheEndTimedOut) {
  chaos::Profile profile = steady_profile();
  profile.models[0].ttft = chaos::Constant{std::chrono::hours{1}};
  profile.retry.timeout = std::chrono::hours{1};
  World world(scenario_with({}), profile);
  const Notes& notes = world.run().notes;
  ASSERT_FALSE(notes.unfinished.empty());
  for (const Seen& each : notes.unfinished) {
    EXPECT_EQ(each.outcome, Outcome::Timeout);
    EXPECT_EQ(each.now, world.fleet->now());
  }
  EXPECT_TRUE(notes.delivered.empty());
}

TEST(Fleet, SessionsHaveTheirTurnsAndOneArm) {
  chaos::Scenario scenario = scenario_with({});
  std::string sessions;
  FleetOptions options;
  World world(scenario, steady_profile(), std::move(options));
  std::set<std::uint64_t> units;
  std::map<std::uint64_t, std::set<Arm>> arms;
  std::map<std::uint64_t, std::set<Instant>> turns;
  for (const auto& [attempt, origin] : world.run().notes.attempts) {
    arms[origin.unit].insert(origin.arm);
    turns[origin.unit].insert(origin.started);
  }
  for (const auto& [unit, seen] : arms) EXPECT_EQ(seen.size(), 1u);
  for (const auto& [unit, started] : turns) EXPECT_LE(started.size(), 3u);
}

// What the arms of an experiment are made of must not depend on the load of the others.
TEST(Fleet, SeedsDifferAndRepeat) {
  const auto hash = [](std::uint64_t seed) {
    FleetOptions options;
    options.seed = seed;
    World world(scenario_with({}), steady_profile(), std::move(options));
    return world.run().fleet->hash();
  };
  EXPECT_EQ(hash(1), hash(1));
  EXPECT_NE(hash(1), hash(2));
}

TEST(Fleet, AnAgentTakesAtMost128Bytes) {
  chaos::Scenario scenario = scenario_with({});
  scenario.workload.agents = 10'000;
  scenario.workload.rate = 1'000;
  World world(scenario, steady_profile());
  EXPECT_LE(world.run().fleet->roster_bytes(), 128u * 10'000u);
}

}  // namespace
}  // namespace fusebox::sim
