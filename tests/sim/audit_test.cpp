// Can the auditor see what it is there for? A small world runs, what the engine says is changed
// on its way to the auditor as a broken engine would say it, and the auditor must find it.
#include "tests/sim/audit.hpp"

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "tests/sim/support.hpp"

namespace fusebox::sim {
namespace {

using namespace std::chrono_literals;

const std::string kSmallConfiguration = R"(---
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
  window: {count: 20}
  minimum_calls: 5
  failure_rate: 20%
  open: {wait: 10s}
  half_open: {probes: 2, patience: 30s}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: tools}
spec: {scope: [], window: lifetime, budget: {tool_calls: 200}, on_exceed: deny}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: slots}
spec: {scope: [tenant], concurrency: {max: 12, lease: 1m}, on_exceed: throttle}
)";

// What the auditor is told of one input, and may be told wrongly.
struct Told {
  const telemetry::Input& input;
  engine::Reply reply;
  std::vector<telemetry::Record> records;
  std::optional<engine::Status> status;  // of a tick

  template <class Body>
  Body* find() {
    for (telemetry::Record& each : records) {
      if (auto* body = std::get_if<Body>(&each.body)) return body;
    }
    return nullptr;
  }
};
// True if there was something to change. Called until then.
using Change = std::function<bool(Told&)>;

struct Row {
  const char* name;
  const char* found;  // a part of what the auditor says
  Change change;
};

telemetry::DecisionRecord* admitted_by(Told& told, policy::Reason reason) {
  auto* decision = told.find<telemetry::DecisionRecord>();
  if (decision == nullptr || decision->reason != reason) return nullptr;
  decision->effect = policy::Effect::Allow;
  decision->permit = decision->id;
  decision->ttl_ms = 600'000;
  return decision;
}

bool is_plain_allow(Told& told) {
  const auto* decision = told.find<telemetry::DecisionRecord>();
  return decision != nullptr && decision->effect == policy::Effect::Allow;
}

breakers::LimitKey* first_key(Told& told, std::size_t limit) {
  if (!told.status || told.status->limits[limit].keys.empty()) return nullptr;
  return &told.status->limits[limit].keys[0];
}

slo::SloKey* counted_key(Told& told) {
  if (!told.status) return nullptr;
  for (slo::SloSnapshot& slo : told.status->slos) {
    for (slo::SloKey& key : slo.keys) {
      if (key.ever.good > 0) return &key;
    }
  }
  return nullptr;
}

breakers::BreakerKey* moved_key(Told& told) {
  if (!told.status) return nullptr;
  for (breakers::BreakerKey& key : told.status->breakers[0].keys) {
    if (key.generation > 1) return &key;
  }
  return nullptr;
}

const Row kRows[] = {
    {"AGrantAboveABudget", "tools of tool_calls is granted away",
     [](Told& told) {
       auto* key = first_key(told, 0);
       if (key == nullptr) return false;
       key->budget[0].reserved = key->budget[0].max - key->budget[0].used + 1;
       return key->overrun = true;
     }},
    {"AnAdmissionAboveABudget", "tools of tool_calls is granted away",
     [](Told& told) { return admitted_by(told, policy::Reason::BudgetExceeded) != nullptr; }},
    {"AChargeThatIsMissing", "tools of tool_calls is ",
     [](Told& told) {
       auto* key = first_key(told, 0);
       if (key != nullptr) --key->budget[0].used;
       return key != nullptr;
     }},
    {"AKeyThatIsForgotten", "tools has forgotten a key",
     [](Told& told) {
       if (first_key(told, 0) == nullptr) return false;
       told.status->limits[0].keys.pop_back();
       return true;
     }},
    {"AnOverrunThatNobodyReported", "tools of tool_calls is overrun",
     [](Told& told) {
       if (!std::holds_alternative<telemetry::Report>(told.input.body)) return false;
       telemetry::LimitRecord record{.name = "tools",
                                     .key = R"({"arm":"control"})",
                                     .dimension = "tool_calls",
                                     .used = 201,
                                     .max = 200,
                                     .threshold = std::nullopt,
                                     .overrun = true};
       told.records.push_back({told.input.at, 1, record});
       return true;
     }},
    {"ASlotTooMany", "slots has 13 calls in flight",
     [](Told& told) {
       auto* key = first_key(told, 1);
       if (key != nullptr) key->slots->in_flight = 13;
       return key != nullptr;
     }},
    {"AnAdmissionAfterAStop", "proceeds, though kill-1 stops agent:agent-7",
     [](Told& told) { return admitted_by(told, policy::Reason::Killed) != nullptr; }},
    {"AStopThatNoRecordTold", "registers are not as the records say",
     [](Told& told) {
       if (told.find<telemetry::KillRecord>() == nullptr) return false;
       told.records.clear();
       return true;
     }},
    {"AStopThatIsForgotten", "registers are not as the records say",
     [](Told& told) {
       if (!told.status || told.status->kills.empty()) return false;
       told.status->kills[0].reg.state = killswitch::RegisterState::Armed;
       return true;
     }},
    {"AMoveThatIsNoEdge",
     R"(models of {"model":"m1","arm":"experiment"} moved from closed to half)",
     [](Told& told) {
       auto* move = told.find<telemetry::BreakerRecord>();
       if (move == nullptr || move->to != "open") return false;
       move->to = "half_open";
       return true;
     }},
    {"AMoveFromElsewhere", "moved from half_open to open while it was closed",
     [](Told& told) {
       auto* move = told.find<telemetry::BreakerRecord>();
       if (move != nullptr) move->from = "half_open";
       return move != nullptr;
     }},
    {"AGenerationThatStands", "in generation 1, not",
     [](Told& told) {
       auto* key = moved_key(told);
       if (key != nullptr) key->generation = 1;
       return key != nullptr;
     }},
    {"AStateThatIsAnother", "is closed in generation",
     [](Told& told) {
       auto* key = moved_key(told);
       if (key == nullptr || key->state == breakers::BreakerState::Closed) return false;
       key->state = breakers::BreakerState::Closed;
       return true;
     }},
    {"AnAdmissionWhileOpen", "models is open and admits",
     [](Told& told) { return admitted_by(told, policy::Reason::BreakerOpen) != nullptr; }},
    {"AProbeTooMany", "is one probe too many of models",
     [](Told& told) { return admitted_by(told, policy::Reason::BreakerProbing) != nullptr; }},
    {"ARefusalWhileClosed", "models is closed and refuses",
     [](Told& told) {
       const auto* check = std::get_if<telemetry::CheckInput>(&told.input.body);
       if (!is_plain_allow(told) || check->check.action != telemetry::Action::Llm) return false;
       auto* decision = told.find<telemetry::DecisionRecord>();
       decision->effect = policy::Effect::Deny;
       decision->reason = policy::Reason::BreakerOpen;
       decision->rule = "models";
       return true;
     }},
    {"AnEventCountedTwice", " good and ",
     [](Told& told) {
       auto* key = counted_key(told);
       if (key != nullptr) ++key->ever.good;
       return key != nullptr;
     }},
    {"AWindowThatForgets", "in its window, not",
     [](Told& told) {
       auto* key = counted_key(told);
       if (key != nullptr) --key->objectives[0].counts.good;
       return key != nullptr;
     }},
    {"AKeyThatIsMissing", "has no key",
     [](Told& told) {
       if (counted_key(told) == nullptr) return false;
       for (slo::SloSnapshot& slo : told.status->slos) slo.keys.clear();
       return true;
     }},
    {"ADuplicateThatCounts", "got the wrong answer",
     [](Told& told) {
       auto* reply = std::get_if<engine::EventReply>(&told.reply);
       if (reply == nullptr || *reply != engine::EventReply::Duplicate) return false;
       *reply = engine::EventReply::Accepted;
       return true;
     }},
    {"AReportThatSettlesAgain", "is committed, not repeated",
     [](Told& told) {
       auto* reply = std::get_if<engine::ReportReply>(&told.reply);
       if (reply == nullptr || *reply != engine::ReportReply::Repeated) return false;
       *reply = engine::ReportReply::Committed;
       return true;
     }},
    {"AReportThatSettlesNothing", "is repeated, not committed",
     [](Told& told) {
       auto* reply = std::get_if<engine::ReportReply>(&told.reply);
       if (reply == nullptr || *reply != engine::ReportReply::Committed) return false;
       *reply = engine::ReportReply::Repeated;
       return true;
     }},
    {"APermitThatStaysOpen", "open permits: ",
     [](Told& told) {
       if (told.status) ++told.status->open_permits;
       return told.status.has_value();
     }},
    {"ARefusalWithAPermit", "has a permit and is refused",
     [](Told& told) {
       if (!is_plain_allow(told)) return false;
       told.find<telemetry::DecisionRecord>()->effect = policy::Effect::Deny;
       return true;
     }},
};

chaos::Scenario trouble() {
  std::vector<chaos::FaultSpec> faults{
      fault("cut", kModelTarget, chaos::InStreamError{.after_events = 5}),
      fault("twice", kTelemetryTarget, chaos::TelemetryLoss{chaos::LossMode::Duplicate, {}})};
  return scenario_with(std::move(faults));
}

Watch changed(Auditor& auditor, Change change, bool& done) {
  return [&auditor, &done, change = std::move(change)](
             engine::Engine& engine, const telemetry::Input& input, const engine::Reply& reply,
             const engine::Effects& effects) {
    Told told{input, reply, effects.records, std::nullopt};
    if (std::holds_alternative<telemetry::Tick>(input.body)) told.status = engine.status();
    if (!done) done = change(told);
    auditor.hear(told.input, told.reply, told.records);
    if (told.status) auditor.look(*told.status);
  };
}

// A minute of faults, with an agent stopped in the middle.
void run(const Watch& watch) {
  chaos::Profile profile = steady_profile();
  profile.fallback = 1;
  FleetOptions options = governed_by(kSmallConfiguration);
  options.watch = watch;
  World world(trouble(), profile, std::move(options));
  world.notes.kill_at = kStart + 60s;
  world.notes.kill_scope = "agent:agent-7";
  world.run();
}

class AuditorFinds : public testing::TestWithParam<Row> {};

TEST_P(AuditorFinds, OneWrongWord) {
  Auditor auditor(engine_of(kSmallConfiguration));
  bool done = false;
  run(changed(auditor, GetParam().change, done));
  EXPECT_TRUE(done) << "the world had nothing to change";
  EXPECT_GT(auditor.findings().count(), 0);
  EXPECT_NE(auditor.findings().text().find(GetParam().found), std::string::npos)
      << auditor.findings().text();
}

std::string name_of(const testing::TestParamInfo<Row>& row) { return row.param.name; }
INSTANTIATE_TEST_SUITE_P(Rows, AuditorFinds, testing::ValuesIn(kRows), name_of);

TEST(Auditor, FindsNothingWhereNothingIsWrong) {
  Auditor auditor(engine_of(kSmallConfiguration));
  bool done = false;
  run(changed(
      auditor, [](Told&) { return false; }, done));
  EXPECT_EQ(auditor.findings().count(), 0) << auditor.findings().text();
}

TEST(Auditor, LetsAnArmedScopeProceedAgain) {
  const engine::EngineSpec spec = engine_of(kSmallConfiguration);
  Auditor auditor(spec);
  engine::Engine engine(with_arms(spec));
  engine::Effects effects;
  Instant now = kStart;
  const auto tell = [&](telemetry::InputBody body) {
    effects.clear();
    const telemetry::Input input{now += 1s, body};
    const engine::Reply reply = engine.apply(input, effects);
    auditor.hear(input, reply, effects.records);
    auditor.look(engine.status());
  };
  telemetry::CheckInput check;
  check.check.dimensions[Dimension::Agent] = "bot";
  check.check.dimensions[Dimension::Kind] = "tool";
  tell(telemetry::KillInput{"agent:bot", "enough", "anna"});
  tell(check);
  tell(telemetry::RearmInput{"kill-1", "looked at it", "anna"});
  tell(check);
  EXPECT_EQ(auditor.stops().refused(), 2);
  tell(telemetry::RearmInput{"kill-1", "looked at it too", "bob"});
  tell(check);
  EXPECT_EQ(auditor.stops().refused(), 2);
  EXPECT_EQ(auditor.findings().count(), 0) << auditor.findings().text();
}

}  // namespace
}  // namespace fusebox::sim
