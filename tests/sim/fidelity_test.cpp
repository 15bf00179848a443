// The simulated agents against the table that the real SDKs are held to by
// tests/integration/sdk_fidelity_test.py.
#include <fstream>
#include <limits>
#include <sstream>

#include "sre/sim/retry.hpp"
#include "tests/sim/support.hpp"

namespace fusebox::sim {
namespace {

using namespace std::chrono_literals;
using chaos::Arm;
using telemetry::Outcome;

struct Bounds {
  double least_ms = 0;
  double most_ms = 0;
};

struct Row {
  std::string sdk, fault, argument, timeout, outcome;
  std::size_t attempts = 0;
  std::vector<Bounds> waits;
};

std::vector<Bounds> waits_of(const std::string& text) {
  std::vector<Bounds> out;
  std::istringstream list(text == "-" ? "" : text);
  for (std::string each; std::getline(list, each, ',');) {
    const std::size_t dots = each.find("..");
    const double least = std::stod(each);
    out.push_back({least, dots == std::string::npos ? least : std::stod(each.substr(dots + 2))});
  }
  return out;
}

std::vector<Row> table() {
  std::ifstream file(std::string(FUSEBOX_TEST_DATA) + "/sdk_fidelity.txt");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    Row row;
    std::string waits;
    std::istringstream(line) >> row.sdk >> row.fault >> row.argument >> row.timeout >>
        row.attempts >> waits >> row.outcome;
    row.waits = waits_of(waits);
    rows.push_back(std::move(row));
  }
  return rows;
}

Duration seconds(const std::string& text) {
  return Duration{static_cast<std::int64_t>(std::stod(text) * 1e9)};
}

chaos::RetryRules rules_of(const Row& row) {
  chaos::RetryRules rules;
  rules.timeout = seconds(row.timeout);
  // The SDK of Anthropic waits as long as it is told, up to 49 days.
  if (row.sdk == "anthropic") rules.retry_after_max = 4'294'967s;
  return rules;
}

chaos::FaultEffect effect_of(const Row& row) {
  if (row.fault == "rate_limit") {
    if (row.argument == "-") return chaos::RateLimit{};
    return chaos::RateLimit{seconds(row.argument)};
  }
  if (row.fault == "in_stream_error") return chaos::InStreamError{.after_events = 1};
  if (row.fault == "slow_ttft") return chaos::SlowTtft{chaos::Constant{seconds(row.argument)}};
  EXPECT_EQ(row.fault, "hang");
  return chaos::Hang{};
}

// How the first call of each agent goes under the fault, with time
// enough for the longest waits of the table.
std::unique_ptr<World> world_of(const Row& row) {
  chaos::Scenario scenario = scenario_with({fault("fault", kModelTarget, effect_of(row))});
  scenario.workload.per = 5min;
  scenario.population.percent = {1, 1};
  scenario.population.control_percent = {0, 1};
  scenario.stages[1].duration = 3h;
  chaos::Profile profile = steady_profile();
  profile.models[0].ttft = chaos::Constant{100ms};
  profile.task_deadline = 24h;
  profile.retry = rules_of(row);
  return std::make_unique<World>(scenario, profile);
}

// The call that an agent made first while the fault was there.
std::optional<Seen> first_call(const Notes& notes) {
  for (const Seen& each : notes.of(telemetry::EventKind::Llm)) {
    if (each.started > kStart + 30s) return each;
  }
  return std::nullopt;
}

// What an attempt takes by itself.
double attempt_ms(const Row& row) {
  return row.fault == "rate_limit" ? 50 : std::stod(row.timeout) * 1e3;
}

TEST(Fidelity, TheTableIsThere) { EXPECT_GE(table().size(), 8u); }

TEST(Fidelity, SimulatedAgentsMakeTheAttemptsOfTheSdks) {
  for (const Row& row : table()) {
    SCOPED_TRACE(row.sdk + " " + row.fault + " " + row.argument + " " + row.timeout);
    const auto world = world_of(row);
    const auto call = first_call(world->run().notes);
    ASSERT_TRUE(call);
    EXPECT_EQ(telemetry::name_of(call->outcome), row.outcome);
    std::size_t attempts = 0;
    for (const auto& [attempt, origin] : world->notes.attempts) {
      const bool same = origin.started == call->started && attempt.target == kModelTarget;
      attempts += same ? 1 : 0;
    }
    // A call that went well is followed by a second one, to write the answer.
    EXPECT_EQ(attempts, row.outcome == "ok" ? 2 * row.attempts : row.attempts);
    if (row.attempts == 1) continue;
    const double waited =
        *call->measured.duration_ms - static_cast<double>(row.attempts) * attempt_ms(row);
    double least = 0;
    double most = 0;
    for (const Bounds& wait : row.waits) {
      least += wait.least_ms;
      most += wait.most_ms;
    }
    EXPECT_GE(waited, least - 1e-3);
    EXPECT_LE(waited, most + 1e-3);
  }
}

// Each wait by itself, at both ends of its jitter.
TEST(Fidelity, SimulatedWaitsSpanThoseOfTheSdks) {
  for (const Row& row : table()) {
    SCOPED_TRACE(row.sdk + " " + row.fault + " " + row.argument);
    const bool limited = row.fault == "rate_limit";
    FailedAttempt failed{limited ? AttemptEnd::RateLimited : AttemptEnd::TimedOut, std::nullopt};
    if (limited && row.argument != "-") failed.retry_after = seconds(row.argument);
    for (std::size_t i = 0; i < row.waits.size(); ++i) {
      const auto retries = static_cast<std::int64_t>(i);
      const auto ms = [&](std::uint64_t draw) {
        return static_cast<double>(retry_wait(rules_of(row), retries, failed, draw)->count()) / 1e6;
      };
      EXPECT_NEAR(ms(std::numeric_limits<std::uint64_t>::max()), row.waits[i].least_ms, 1e-3);
      EXPECT_NEAR(ms(0), row.waits[i].most_ms, 1e-3);
    }
  }
}

}  // namespace
}  // namespace fusebox::sim
