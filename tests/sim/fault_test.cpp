// Each fault must make a difference that somebody lives through: every test here would fail if its
// fault did nothing.
#include <algorithm>
#include <cmath>

#include "sre/engine/engine.hpp"
#include "tests/sim/support.hpp"

namespace fusebox::sim {
namespace {

using namespace std::chrono_literals;
using chaos::Arm;
using telemetry::EventKind;
using telemetry::Outcome;

const std::string kPresets = R"(---
apiVersion: fusebox/v1
kind: Config
metadata: {name: c}
spec: {presets: true, telemetry: {lateness: 5m}}
)";

// Calls or tasks of one kind that began while the faults were there.
std::vector<Seen> during(const Notes& notes, EventKind kind, Arm arm) {
  std::vector<Seen> out;
  for (const Seen& each : notes.of(kind, arm)) {
    if (each.started >= kStart + 30s && each.started < kStart + 75s) out.push_back(each);
  }
  EXPECT_FALSE(out.empty());
  return out;
}

// Attempts for each logical call on a target, of tasks that began while the faults were there.
double amplification(const Notes& notes, std::size_t target, Arm arm) {
  double upstream = 0;
  double logical = 0;
  for (const auto& [attempt, origin] : notes.attempts) {
    if (attempt.target != target || origin.arm != arm) continue;
    if (origin.started < kStart + 30s || origin.started >= kStart + 60s) continue;
    ++upstream;
    logical += attempt.first ? 1 : 0;
  }
  EXPECT_GT(logical, 0);
  return upstream / logical;
}

// Whatever the fault, the control arm must not feel it.
void expect_control_is_well(const Notes& notes) {
  EXPECT_EQ(success(notes.of(EventKind::Task, Arm::Control)), 1);
  for (const Seen& each : notes.of(EventKind::Llm, Arm::Control)) {
    ASSERT_EQ(each.measured.ttft_ms, 500);
  }
}

TEST(SlowTtft, HoldsTheFirstByteBack) {
  World world(scenario_with({fault("slow", kModelTarget, chaos::SlowTtft{chaos::Constant{3s}})}),
              steady_profile());
  const Notes& notes = world.run().notes;
  for (const Seen& each : during(notes, EventKind::Llm, Arm::Experiment)) {
    if (each.now > kStart + 90s) continue;
    EXPECT_EQ(each.measured.ttft_ms, 3'500);
    EXPECT_EQ(each.outcome, Outcome::Ok);
  }
  expect_control_is_well(notes);
}

TEST(SlowTtft, LongerThanTheTimeoutIsATimeout) {
  chaos::Profile profile = steady_profile();
  profile.retry.timeout = 2s;
  World world(scenario_with({fault("slow", kModelTarget, chaos::SlowTtft{chaos::Constant{3s}})}),
              profile);
  const Notes& notes = world.run().notes;
  EXPECT_EQ(success(during(notes, EventKind::Task, Arm::Experiment)), 0);
  EXPECT_EQ(amplification(notes, kModelTarget, Arm::Experiment), 3);
}

TEST(InStreamError, BreaksOffAfterItsEventsAndIsNotRetriedByTheSdk) {
  World world(scenario_with({fault("cut", kModelTarget,
                                   chaos::InStreamError{.kind = chaos::ProviderError::Overloaded,
                                                        .after_events = 20})}),
              steady_profile());
  const Notes& notes = world.run().notes;
  for (const Seen& each : during(notes, EventKind::Llm, Arm::Experiment)) {
    EXPECT_EQ(each.error, "stream_error");
    EXPECT_EQ(each.measured.duration_ms, 700);  // 500 to the first token, 20 tokens at 100/s
    EXPECT_EQ(each.measured.tokens_out, 20);
    EXPECT_EQ(each.measured.tokens_in, 1'000);  // what was read is paid for
  }
  EXPECT_EQ(amplification(notes, kModelTarget, Arm::Experiment), 1);
  EXPECT_EQ(success(during(notes, EventKind::Task, Arm::Experiment)), 0);
  expect_control_is_well(notes);
}

TEST(InStreamError, AStreamThatIsShorterEndsBeforeIt) {
  World world(scenario_with({fault("cut", kModelTarget,
                                   chaos::InStreamError{.kind = chaos::ProviderError::ApiError,
                                                        .after_events = 200})}),
              steady_profile());
  EXPECT_EQ(success(world.run().notes.of(EventKind::Task, Arm::Experiment)), 1);
}

TEST(RateLimit, IsRetriedWhenItSaysAndThenThrottled) {
  World world(scenario_with({fault("limit", kModelTarget, chaos::RateLimit{5s})}),
              steady_profile());
  const Notes& notes = world.run().notes;
  for (const Seen& each : during(notes, EventKind::Llm, Arm::Experiment)) {
    if (each.now > kStart + 90s) continue;
    EXPECT_EQ(each.outcome, Outcome::Throttled);
    EXPECT_EQ(each.measured.duration_ms, 3 * 50 + 2 * 5'000);
  }
  EXPECT_EQ(amplification(notes, kModelTarget, Arm::Experiment), 3);
  expect_control_is_well(notes);
}

TEST(RateLimit, WithoutAHeaderTheSdkWaitsItsOwn) {
  World world(scenario_with({fault("limit", kModelTarget, chaos::RateLimit{})}), steady_profile());
  for (const Seen& each : during(world.run().notes, EventKind::Llm, Arm::Experiment)) {
    if (each.outcome != Outcome::Throttled) continue;
    EXPECT_GE(*each.measured.duration_ms, 3 * 50 + 0.75 * 1'500);
    EXPECT_LE(*each.measured.duration_ms, 3 * 50 + 1'500);
  }
}

TEST(Hang, LastsUntilTheSdkGivesUp) {
  chaos::Profile profile = steady_profile();
  profile.retry.timeout = 4s;
  World world(scenario_with({fault("hang", kModelTarget, chaos::Hang{})}), profile);
  const Notes& notes = world.run().notes;
  for (const Seen& each : during(notes, EventKind::Llm, Arm::Experiment)) {
    if (each.now > kStart + 90s) continue;
    EXPECT_EQ(each.outcome, Outcome::Timeout);
    EXPECT_GE(*each.measured.duration_ms, 3 * 4'000 + 0.75 * 1'500);
  }
  EXPECT_EQ(amplification(notes, kModelTarget, Arm::Experiment), 3);
  expect_control_is_well(notes);
}

TEST(Hang, EndsWhenTheFaultIsWithdrawn) {
  World world(scenario_with({fault("hang", kModelTarget, chaos::Hang{})}), steady_profile());
  world.notes.withdraw_at = kStart + 60s;
  const Notes& notes = world.run().notes;
  ASSERT_FALSE(notes.held_calls.empty());
  EXPECT_EQ(notes.held_calls.back().second, 0);
  for (const Seen& each : notes.of(EventKind::Task, Arm::Experiment)) {
    EXPECT_EQ(each.outcome, Outcome::Ok);  // none was held for the ten minutes of its timeout
    EXPECT_LT(each.now, std::max(each.started, kStart + 60s) + 10s);
  }
}

TEST(Hang, HoldsCallsUntilThen) {
  World world(scenario_with({fault("hang", kModelTarget, chaos::Hang{})}), steady_profile());
  const Notes& notes = world.run().notes;
  EXPECT_TRUE(notes.held_calls.empty());  // nobody asks before the faults are withdrawn
  const auto hung = std::count_if(notes.seen.begin(), notes.seen.end(), [](const Seen& each) {
    return each.arm == Arm::Experiment && each.started > kStart + 30s &&
           each.started < kStart + 85s && each.kind == EventKind::Task;
  });
  EXPECT_EQ(hung, 0);
}

TEST(SlowTtft, WhatIsHeldIsHandedOutWhenItIsWithdrawn) {
  World world(scenario_with({fault("slow", kModelTarget, chaos::SlowTtft{chaos::Constant{60s}})}),
              steady_profile());
  world.notes.withdraw_at = kStart + 60s;
  const Notes& notes = world.run().notes;
  EXPECT_EQ(notes.held_calls.back().second, 0);
  for (const Seen& each : notes.of(EventKind::Task, Arm::Experiment)) {
    EXPECT_LT(each.now, std::max(each.started, kStart + 60s) + 10s);
  }
}

TEST(UsageInflation, CostsMoreAndWorks) {
  World world(scenario_with({fault("price", kModelTarget, chaos::UsageInflation{{10, 1}})}),
              steady_profile());
  const Notes& notes = world.run().notes;
  const auto cost = [&](Arm arm) {
    double sum = 0;
    const auto calls = during(notes, EventKind::Llm, arm);
    for (const Seen& each : calls) sum += to_usd(*each.measured.cost_usd);
    return sum / static_cast<double>(calls.size());
  };
  EXPECT_NEAR(cost(Arm::Experiment) / cost(Arm::Control), 10, 0.3);
  EXPECT_EQ(success(notes.of(EventKind::Task)), 1);
}

struct ToolErrorCase {
  chaos::ToolErrorKind kind;
  std::string error;
  double attempts;     // for each call
  double model_calls;  // for each task
};

class ToolError : public testing::TestWithParam<ToolErrorCase> {};

TEST_P(ToolError, FailsInItsOwnWay) {
  World world(scenario_with({fault("tool", kToolTarget, chaos::ToolError{GetParam().kind})}),
              steady_profile());
  const Notes& notes = world.run().notes;
  for (const Seen& each : during(notes, EventKind::Tool, Arm::Experiment)) {
    if (each.now > kStart + 90s) continue;
    EXPECT_EQ(each.error, GetParam().error);
  }
  EXPECT_EQ(amplification(notes, kToolTarget, Arm::Experiment), GetParam().attempts);
  const auto tasks = during(notes, EventKind::Task, Arm::Experiment);
  EXPECT_EQ(success(tasks), 0);
  const auto models = during(notes, EventKind::Llm, Arm::Experiment);
  EXPECT_EQ(static_cast<double>(models.size()) / static_cast<double>(tasks.size()),
            GetParam().model_calls);
  expect_control_is_well(notes);
}

// An execution error is an answer, so the model plans again; a broken protocol is not; a server's
// error is tried again by the transport first.
INSTANTIATE_TEST_SUITE_P(
    Kinds, ToolError,
    testing::Values(ToolErrorCase{chaos::ToolErrorKind::Execution, "tool_failed", 1, 2},
                    ToolErrorCase{chaos::ToolErrorKind::Protocol, "protocol_error", 1, 1},
                    ToolErrorCase{chaos::ToolErrorKind::Http, "server_error", 3, 1}),
    [](const auto& each) { return each.param.error; });

std::vector<Seen> delivered(const Notes& notes, EventKind kind, Arm arm) {
  std::vector<Seen> out;
  for (const Seen& each : notes.delivered) {
    if (each.kind == kind && each.arm == arm) out.push_back(each);
  }
  return out;
}

std::vector<chaos::FaultSpec> losing(chaos::LossMode mode, Duration delay = {}) {
  return {fault("loss", kTelemetryTarget, chaos::TelemetryLoss{mode, delay})};
}

TEST(TelemetryLoss, DropIsLivedThroughButNeverHeardOf) {
  World world(scenario_with(losing(chaos::LossMode::Drop)), steady_profile(),
              governed_by(kPresets));
  const Notes& notes = world.run().notes;
  for (const EventKind kind : {EventKind::Task, EventKind::Llm, EventKind::Tool}) {
    const auto arrived = delivered(notes, kind, Arm::Experiment);
    const auto lost = std::none_of(arrived.begin(), arrived.end(), [](const Seen& each) {
      return each.now > kStart + 30s && each.now < kStart + 90s;
    });
    EXPECT_TRUE(lost);
    EXPECT_EQ(delivered(notes, kind, Arm::Control).size(), notes.of(kind, Arm::Control).size());
  }
  EXPECT_EQ(success(notes.of(EventKind::Task)), 1);
}

TEST(TelemetryLoss, APermitWithoutAReportIsChargedInFull) {
  chaos::Scenario scenario = scenario_with(losing(chaos::LossMode::Drop));
  scenario.stages[2].duration = 15min;  // the lease of a call is ten
  World world(scenario, steady_profile(), governed_by(kPresets + R"(---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: calls}
spec: {scope: [agent], window: lifetime, budget: {tool_calls: 1000000}, on_exceed: deny}
)"));
  world.run();
  const engine::Status status = world.fleet->governor().engine()->status();
  std::int64_t used = 0;
  std::int64_t reserved = 0;
  for (const breakers::LimitKey& key : status.limits.at(0).keys) {
    used += key.budget.at(0).used;
    reserved += key.budget.at(0).reserved;
  }
  const auto made = static_cast<std::int64_t>(world.notes.of(EventKind::Tool).size());
  EXPECT_GE(used, made);
  EXPECT_LT(static_cast<std::int64_t>(world.notes.delivered.size()),
            static_cast<std::int64_t>(world.notes.seen.size()));
  EXPECT_LE(reserved, 10);  // those that are under way as the run ends
}

TEST(TelemetryLoss, DelayIsLate) {
  World world(scenario_with(losing(chaos::LossMode::Delay, 7s)), steady_profile(),
              governed_by(kPresets));
  const Notes& notes = world.run().notes;
  std::size_t late = 0;
  for (const Seen& each : delivered(notes, EventKind::Task, Arm::Experiment)) {
    if (each.now - *each.at == 7s) ++late;
  }
  EXPECT_GT(late, 50u);
  for (const Seen& each : delivered(notes, EventKind::Task, Arm::Control)) {
    EXPECT_EQ(each.now, *each.at);
  }
}

TEST(TelemetryLoss, WhatIsDelayedArrivesWhenItIsWithdrawn) {
  World world(scenario_with(losing(chaos::LossMode::Delay, 10min)), steady_profile(),
              governed_by(kPresets));
  world.notes.withdraw_at = kStart + 60s;
  const Notes& notes = world.run().notes;
  EXPECT_EQ(delivered(notes, EventKind::Task, Arm::Experiment).size(),
            notes.of(EventKind::Task, Arm::Experiment).size());
}

TEST(TelemetryLoss, DuplicatesCountOnce) {
  World world(scenario_with(losing(chaos::LossMode::Duplicate)), steady_profile(),
              governed_by(kPresets));
  const Notes& notes = world.run().notes;
  const engine::Counters counters = world.fleet->governor().engine()->status().counters;
  EXPECT_GT(counters.duplicate, 50);  // events of tasks
  EXPECT_GT(counters.repeated, 150);  // reports of calls
  EXPECT_EQ(notes.delivered.size(), notes.seen.size());
}

TEST(ClockStep, StampsTasksWithAnotherTime) {
  World world(scenario_with({fault("step", kClockTarget, chaos::ClockStep{-90s})}),
              steady_profile(), governed_by(kPresets));
  const Notes& notes = world.run().notes;
  std::size_t off = 0;
  for (const Seen& each : delivered(notes, EventKind::Task, Arm::Experiment)) {
    if (*each.at == each.now - 90s) ++off;
  }
  EXPECT_GT(off, 50u);
  for (const Seen& each : delivered(notes, EventKind::Task, Arm::Control)) {
    EXPECT_EQ(*each.at, each.now);
  }
  for (const Seen& each : notes.of(EventKind::Task)) EXPECT_EQ(*each.at, each.now);  // the truth
}

TEST(ClockStep, BeyondTheLatenessNothingCounts) {
  World world(scenario_with({fault("step", kClockTarget, chaos::ClockStep{-10min})}),
              steady_profile(), governed_by(kPresets));
  world.run();
  EXPECT_GT(world.fleet->governor().engine()->status().counters.late, 50);
  EXPECT_LT(delivered(world.notes, EventKind::Task, Arm::Experiment).size(),
            world.notes.of(EventKind::Task, Arm::Experiment).size());
}

TEST(ClockStep, TheFutureIsCounted) {
  World world(scenario_with({fault("step", kClockTarget, chaos::ClockStep{10min})}),
              steady_profile(), governed_by(kPresets));
  world.run();
  EXPECT_GT(world.fleet->governor().engine()->status().counters.future, 50);
}

}  // namespace
}  // namespace fusebox::sim
