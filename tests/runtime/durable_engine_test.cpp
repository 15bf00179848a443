#include "sre/runtime/durable_engine.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "telemetry/journal.hpp"
#include "tests/base/draw.hpp"
#include "tests/engine/configs.hpp"
#include "tests/engine/spec.hpp"
#include "tests/store/crash_files.hpp"
#include "tests/store/failing_files.hpp"

namespace fusebox::runtime {
namespace {

const std::string kYaml = engine::kToolSlo + R"(---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: tools}
spec: {key: [tool], window: {count: 10}, minimum_calls: 4, failure_rate: 50%, open: {wait: 10s}}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: task}
spec: {scope: [task], window: lifetime, budget: {tool_calls: 5}, on_exceed: deny}
---
apiVersion: fusebox/v1
kind: Policy
metadata: {name: rules}
spec:
  mode: strict
  default: allow
  rules:
    - id: no-prod
      trigger: request
      when: args.path.startsWith("/prod")
      effect: deny
      on_error: allow
)";

DurableOptions options(std::string yaml = kYaml) {
  auto spec = engine::parse_spec(yaml);
  return {.root = "/state",
          .process_id = 1,
          .secret = {1, 2, 3},
          .configuration = {std::move(yaml), std::move(*spec)},
          .parse = engine::parse_spec,
          .wall = {}};
}

// Random traffic as journal lines, by its own clock.
class Traffic {
 public:
  explicit Traffic(std::uint64_t seed) : draw(seed) {}

  std::string next() {
    at_ms_ += draw.below(4'000);
    switch (draw.below(12)) {
      case 0:
        return line(R"("event":{"agent":"bot","kind":"tool","tool":"sql","outcome":"error"})");
      case 1:
        return line(R"("tick":true)");
      case 2:
        return line(R"("kill":{"scope":"agent:a)" + number(40) +
                    R"(","reason":"r","actor":"alice"})");
      case 3:
      case 4:
      case 5:
        return line(R"("report":{"permit":"c)" + number(checks_ + 1) + R"(","outcome":")" +
                    (draw.below(4) == 0 ? "error" : "ok") + R"("})");
      default:
        return line(R"("id":"c)" + std::to_string(checks_++) + R"(","check":{"agent":"a)" +
                    number(50) + R"(","action":"tool","target":"t)" + number(3) + R"(","task":"t)" +
                    number(30) + R"(","args":{"path":"/)" + (draw.below(5) == 0 ? "prod" : "tmp") +
                    R"("}})");
    }
  }

  Draw draw;

 private:
  std::string number(std::int64_t end) { return std::to_string(draw.below(end)); }
  std::string line(const std::string& body) {
    const std::int64_t at = 1'767'225'600'000 + at_ms_;
    return "{\"at\":" + std::to_string(at * 1'000'000) + "," + body + "}";
  }

  std::int64_t at_ms_ = 0;
  std::int64_t checks_ = 0;
};

// The engine on a disk in memory that can be taken away.
class Machine {
 public:
  Machine() { start(); }

  void start(std::string yaml = kYaml) {
    auto opened = DurableEngine::open(files, options(std::move(yaml)));
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    recovery = opened->recovery;
    engine.emplace(std::move(opened->engine));
  }
  void kill() {
    engine.reset();
    files.kill_process();
  }

  engine::Reply feed(const std::string& line) {
    const auto input = decoder_.decode_line(line);
    EXPECT_TRUE(input.has_value()) << line;
    effects.clear();
    return engine->apply(**input, effects);
  }
  [[nodiscard]] std::int64_t inputs() { return engine->engine().status().counters.inputs; }
  [[nodiscard]] bool is_tripped(const std::string& id) {
    for (const killswitch::Order& order : engine->engine().orders()) {
      if (order.id == id) return order.reg.state == killswitch::RegisterState::Tripped;
    }
    return false;
  }

  store::CrashFiles files;
  std::optional<DurableEngine> engine;
  Recovery recovery;
  engine::Effects effects;

 private:
  telemetry::JournalDecoder decoder_;
};

// A process that is killed at any moment after write() continues as if nothing had happened: the
// same bytes as an engine that was never interrupted and never saw a disk.
TEST(DurableEngine, AKilledProcessLosesNothing) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Traffic traffic(seed);
    Machine machine;
    engine::Engine model(engine::spec_of(kYaml));
    telemetry::JournalDecoder decoder;
    engine::Effects effects;
    for (int i = 0; i < 300; ++i) {
      const std::string line = traffic.next();
      (void)machine.feed(line);
      const WriteFault fault = machine.engine->write();
      ASSERT_FALSE(fault.state || fault.latch);
      effects.clear();
      (void)model.apply(**decoder.decode_line(line), effects);
      if (traffic.draw.below(20) == 0) {
        machine.kill();
        machine.start();
      }
      ASSERT_EQ(machine.engine->engine().save(), model.save()) << "after line " << i;
    }
  }
}

TEST(DurableEngine, APowerCutLosesAnEndAndNoStopOrder) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    Traffic traffic(seed);
    Machine machine;
    std::int64_t synced = 0;
    std::vector<std::string> stopped;
    for (int i = 0; i < 120; ++i) {
      const engine::Reply reply = machine.feed(traffic.next());
      const WriteFault fault = machine.engine->write();
      ASSERT_FALSE(fault.state || fault.latch);
      if (const auto* order = std::get_if<engine::OrderReply>(&reply)) stopped.push_back(order->id);
      if (traffic.draw.below(15) == 0) {
        ASSERT_TRUE(machine.engine->pending().run().has_value());
        synced = machine.inputs();
      }
      if (traffic.draw.below(25) != 0) continue;
      const std::int64_t before = machine.inputs();
      machine.engine.reset();
      using Loss = store::CrashFiles::Loss;
      machine.files.crash(traffic.draw, static_cast<Loss>(traffic.draw.below(2)));
      machine.start();
      ASSERT_LE(synced, machine.inputs());
      ASSERT_LE(machine.inputs(), before);
      synced = machine.inputs();
      for (const std::string& id : stopped) ASSERT_TRUE(machine.is_tripped(id)) << id;
    }
  }
}

// Whatever single operation of a start or of the work fails: an error that says so or no effect,
// and the next start has everything that was written without a fault.
TEST(DurableEngine, EveryFailingOperationIsReportedOrHarmless) {
  for (std::int64_t n = 0;; ++n) {
    SCOPED_TRACE(n);
    store::CrashFiles disk;
    store::FailingFiles files(disk);
    Traffic traffic(7);
    std::int64_t kept = 0;
    files.fail_once(n);
    if (auto opened = DurableEngine::open(files, options())) {
      telemetry::JournalDecoder decoder;
      engine::Effects effects;
      bool whole = true;
      for (int i = 0; i < 12; ++i) {
        (void)opened->engine.apply(**decoder.decode_line(traffic.next()), effects);
        whole = !opened->engine.write().state;
        if (whole) kept = opened->engine.engine().status().counters.inputs;
      }
      if (auto saved = opened->engine.checkpoint()) {
        (void)opened->engine.write_checkpoint(*saved, opened->engine.pending());
      }
    }
    const bool failed = files.has_failed();
    files.heal();
    disk.kill_process();
    auto again = DurableEngine::open(disk, options());
    ASSERT_TRUE(again.has_value()) << again.error().message;
    ASSERT_GE(again->engine.engine().status().counters.inputs, kept);
    if (!failed) {
      EXPECT_GT(n, 30);  // there were that many operations to fail
      return;
    }
  }
}

TEST(DurableEngine, CleanStopsNeedNoReplay) {
  Traffic traffic(3);
  Machine machine;
  for (int i = 0; i < 50; ++i) (void)machine.feed(traffic.next());
  const std::string before = machine.engine->engine().save();
  ASSERT_TRUE(machine.engine->close({}).has_value());
  machine.kill();
  machine.start();
  EXPECT_EQ(machine.recovery.replayed, 0U);
  EXPECT_EQ(machine.engine->engine().save(), before);
}

// The log behind the checkpoint is replayed by the rules of then, so a tightened limit takes
// nothing back that was granted.
TEST(DurableEngine, ARestartWithAnotherConfigurationDecidesNothingAnew) {
  Machine machine;
  for (int i = 0; i < 4; ++i) {
    (void)machine.feed(R"({"at":1767225600000000000,"id":"c)" + std::to_string(i) +
                       R"(","check":{"agent":"a","action":"tool","target":"t","task":"x"}})");
  }
  ASSERT_FALSE(machine.engine->write().state);
  machine.kill();
  std::string tighter = kYaml;
  tighter.replace(tighter.find("tool_calls: 5"), 13, "tool_calls: 2");
  machine.start(tighter);
  EXPECT_EQ(machine.recovery.replayed, 4U);
  const engine::Status status = machine.engine->engine().status();
  EXPECT_EQ(status.open_permits, 4);
  (void)machine.feed(R"({"at":1767225601000000000,"id":"d","check":{"agent":"a","action":"tool",)"
                     R"("target":"t","task":"x"}})");
  const auto& decision = std::get<telemetry::DecisionRecord>(machine.effects.records.back().body);
  EXPECT_EQ(decision.effect, policy::Effect::Deny);
}

TEST(DurableEngine, AMissingLatchStartsStopped) {
  Machine machine;
  ASSERT_TRUE(machine.engine->close({}).has_value());
  machine.kill();
  ASSERT_TRUE(machine.files.remove("/state/latch").has_value());
  machine.start();
  ASSERT_TRUE(machine.recovery.tripped.has_value());
  (void)machine.feed(
      R"({"at":1767225600000000000,"check":{"agent":"a","action":"tool","target":"t"}})");
  const auto& decision = std::get<telemetry::DecisionRecord>(machine.effects.records.back().body);
  EXPECT_EQ(decision.reason, policy::Reason::Killed);
}

TEST(DurableEngine, AMissingCheckpointIsRefusedAndNothingOverwritten) {
  Machine machine;
  ASSERT_TRUE(machine.engine->close({}).has_value());
  machine.kill();
  ASSERT_TRUE(machine.files.remove("/state/fusebox.db").has_value());
  const auto opened = DurableEngine::open(machine.files, options());
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::StateCorrupt);
}

// A disk that is full at the stop: the log has everything, and the next start goes on from there.
TEST(DurableEngine, AStopOnAFullDiskKeepsWhatTheLogHas) {
  Traffic traffic(11);
  Machine machine;
  for (int i = 0; i < 60; ++i) (void)machine.feed(traffic.next());
  ASSERT_FALSE(machine.engine->write().state);
  const std::string state = machine.engine->engine().save();
  machine.files.limit_bytes(machine.files.bytes_used());
  const auto closed = machine.engine->close({});
  EXPECT_TRUE(closed.has_value()) << closed.error().message;
  machine.files.limit_bytes(std::nullopt);
  machine.kill();
  machine.start();
  EXPECT_EQ(machine.engine->engine().save(), state);
}

TEST(DurableEngine, AStopOnAFullDiskSaysWhatIsLost) {
  Traffic traffic(11);
  Machine machine;
  for (int i = 0; i < 20; ++i) (void)machine.feed(traffic.next());
  ASSERT_FALSE(machine.engine->write().state);
  const Instant kept = machine.engine->engine().now();
  machine.files.limit_bytes(machine.files.bytes_used());
  for (int i = 0; i < 20; ++i) (void)machine.feed(traffic.next());
  ASSERT_TRUE(machine.engine->write().state);
  const auto closed = machine.engine->close(kept);
  ASSERT_FALSE(closed.has_value());
  EXPECT_EQ(closed.error().code, ErrorCode::StorageFailed);
  EXPECT_NE(closed.error().message.find("after " + format_rfc3339(kept) + " is lost"),
            std::string::npos)
      << closed.error().message;
  EXPECT_NE(closed.error().message.find("stop orders are kept"), std::string::npos)
      << closed.error().message;
}

}  // namespace
}  // namespace fusebox::runtime
