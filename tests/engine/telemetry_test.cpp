#include "sre/engine/engine.hpp"
#include "tests/engine/configs.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::engine {
namespace {

std::string event(std::string_view outcome, std::string_view more = "") {
  return R"("event":{"kind":"tool","agent":"bot","tool":"search","outcome":")" +
         std::string(outcome) + "\"" + std::string(more) + "}";
}

bool has(Script& script, std::string_view part) {
  const std::string summary = script.summary();
  if (summary.find(part) != std::string::npos) return true;
  ADD_FAILURE() << part << " is not in " << summary;
  return false;
}

TEST(EngineTelemetry, DuplicateIdCountsOnce) {
  Script script(kToolSlo);
  script.feed(at(0, event("ok", R"(,"id":"e1")")));
  script.feed(at(1, event("ok", R"(,"id":"e1")")));
  script.feed(at(2, R"("event":{"kind":"tool","agent":"other","outcome":"ok","id":"e1"})"));
  EXPECT_TRUE(has(script, R"("counted":2,"duplicate":1)"));
}

TEST(EngineTelemetry, EventOlderThanLatenessIsOnlyCounted) {
  Script script(kToolSlo + config("{lateness: 5m}"));
  script.feed(at(1000, event("ok", R"(,"at":"2026-01-01T00:11:40Z")")));  // exactly 5 min old
  script.feed(at(1000, event("ok", R"(,"at":"2026-01-01T00:11:39Z")")));
  EXPECT_TRUE(has(script, R"("counted":1,"duplicate":0,"late":1)"));
}

TEST(EngineTelemetry, FutureEventIsClampedAndCountedBeyondFiveSeconds) {
  Script script(kToolSlo);
  script.feed(at(0, event("ok", R"(,"at":"2026-01-01T00:00:05Z")")));
  script.feed(at(0, event("ok", R"(,"at":"2026-01-01T00:00:06Z")")));
  EXPECT_TRUE(has(script, R"("counted":2)"));
  EXPECT_TRUE(has(script, R"("future":1)"));
}

TEST(EngineTelemetry, WeightCountsInGoodAndBad) {
  Script script(kToolSlo);
  script.feed(at(0, event("ok", R"(,"weight":9)")));
  script.feed(at(1, event("error", R"(,"weight":1)")));
  EXPECT_TRUE(has(script, R"("good":9,"bad":1)"));
  EXPECT_TRUE(has(script, R"("sampled":1)"));
}

TEST(EngineTelemetry, ArrivalThatGoesBackIsClampedWithANotice) {
  Script script(kToolSlo);
  script.feed(at(10, event("ok")));
  const auto lines = script.feed(at(9, event("ok")));
  ASSERT_FALSE(lines.empty());
  EXPECT_NE(lines[0].find("clock_clamped"), std::string::npos);
  EXPECT_NE(lines[0].find(R"("at":"2026-01-01T00:00:10Z")"), std::string::npos);
}

TEST(EngineTelemetry, HeartbeatIsNoEventOfAnSlo) {
  Script script(kToolSlo);
  script.feed(at(0, R"("event":{"kind":"heartbeat","agent":"bot"})"));
  EXPECT_TRUE(has(script, R"("counted":0)"));
}

TEST(EngineDeadMan, SilenceMakesKeysUncertainAndTelemetryBringsThemBack) {
  Script script(kToolSlo + config("{silence: 10m}"));
  script.feed(at(0, event("ok")));
  const auto silent = script.feed(at(700, R"("tick":true)"));
  ASSERT_EQ(silent.size(), 1U);
  EXPECT_NE(silent[0].find(R"("at":"2026-01-01T00:10:00Z")"), std::string::npos) << silent[0];
  EXPECT_NE(silent[0].find(R"("to":"uncertain")"), std::string::npos) << silent[0];
  const auto back = script.feed(at(701, R"("event":{"kind":"heartbeat","agent":"bot"})"));
  ASSERT_EQ(back.size(), 1U);
  EXPECT_NE(back[0].find(R"("to":"healthy")"), std::string::npos) << back[0];
}

std::string heartbeat(const std::string& tenant) {
  return R"("event":{"kind":"heartbeat","agent":"bot","tenant":")" + tenant + "\"}";
}

// Two customers may call their agents alike; one of them is heard, and the other one is missed.
TEST(EngineDeadMan, TellsAgentsOfOneNameApartByTheirTenant) {
  Script script(kToolSlo + config("{silence: 10m}"));
  script.feed(at(0, R"("event":{"kind":"tool","agent":"bot","tenant":"a","outcome":"ok"})"));
  script.feed(at(0, heartbeat("b")));
  script.feed(at(500, heartbeat("b")));
  EXPECT_EQ(script.feed(at(700, R"("tick":true)")).size(), 1U) << "a is silent";
  EXPECT_EQ(script.feed(at(701, heartbeat("b"))).size(), 0U) << "that was not a";
  script.feed(at(1400, R"("tick":true)"));
  EXPECT_EQ(script.feed(at(1401, heartbeat("b"))).size(), 0U) << "a is still missing";
  EXPECT_EQ(script.feed(at(1402, heartbeat("a"))).size(), 1U) << "both are here";
  const auto agents = script.engine().status().agents;
  ASSERT_EQ(agents.size(), 2U);
  EXPECT_FALSE(agents[0].silent || agents[1].silent);
}

TEST(EngineDeadMan, RemembersWhoIsMissingWhenItsStateIsRestored) {
  const EngineSpec spec = spec_of(kToolSlo + config("{silence: 10m}"));
  Script script(spec);
  script.feed(at(0, R"("event":{"kind":"tool","agent":"bot","tenant":"a","outcome":"ok"})"));
  script.feed(at(0, heartbeat("b")));
  script.feed(at(700, R"("tick":true)"));
  Script restored(spec);
  ASSERT_TRUE(restored.engine().restore(script.engine().save()).has_value());
  for (Script* each : {&script, &restored}) {
    EXPECT_EQ(each->feed(at(701, heartbeat("a"))).size(), 0U) << "b is still missing";
    EXPECT_EQ(each->feed(at(702, heartbeat("b"))).size(), 1U);
  }
}

TEST(EngineTelemetry, SpansSampledAtAnUnknownRateMakeTheirKeysUncertain) {
  Script script(kToolSlo);
  const auto lines = script.feed(
      at(0, R"("event":{"kind":"tool","agent":"bot","outcome":"ok","rate_unknown":true})"));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find(R"("to":"uncertain")"), std::string::npos) << lines[0];
}

TEST(EngineDeadMan, AWorseStatusStaysAndCarriesUncertain) {
  Script script(kToolSlo + config("{silence: 10m}"));
  for (int i = 0; i < 5; ++i) script.feed(at(i, event("error")));
  script.feed(at(700, R"("tick":true)"));
  EXPECT_TRUE(has(script, R"("status":"exhausted","uncertain":true)"));
}

const std::string kRestriction = policy(R"(
    - id: slow-down
      trigger: slo
      when: slo.name == "tools" && slo.burn_rate["5m"] > 5.0
      effect: deny
      scope: agent
)");

TEST(EngineStateRule, RestrictsWhileItsConditionIsTrue) {
  Script script(kToolSlo + kRestriction);
  constexpr std::string_view kBot = R"({"agent":"bot","action":"tool","target":"x"})";
  constexpr std::string_view kOther = R"({"agent":"other","action":"tool","target":"x"})";
  for (int i = 0; i < 4; ++i) script.feed(at(i, event("error")));
  EXPECT_EQ(script.decide(at(5, check("a", kBot))).reason, policy::Reason::Restricted);
  EXPECT_EQ(script.decide(at(5, check("b", kOther))).effect, policy::Effect::Allow);
  script.feed(at(310, R"("tick":true)"));  // the 5 min are over: burn 0
  const auto ended = script.last<telemetry::PolicyRecord>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_FALSE(ended[0].on);
  EXPECT_EQ(script.decide(at(311, check("c", kBot))).effect, policy::Effect::Allow);
}

TEST(EngineStateRule, KillTripsOnceUntilItHasBeenOff) {
  Script script(kToolSlo + policy(R"(
    - {id: stop, trigger: slo, when: slo.budget_remaining <= 0.0, effect: kill, scope: agent}
)"));
  std::size_t kills = 0;
  for (int i = 0; i < 5; ++i) {
    script.feed(at(i, event("error")));
    kills += script.last<telemetry::KillRecord>().size();
  }
  EXPECT_EQ(kills, 1U);
}

TEST(EngineBreaker, TelemetryAloneOpensIt) {
  Script script(breaker("enforce"));
  script.feed(at(0, event("error")));
  script.feed(at(1, event("error")));
  const auto opened = script.last<telemetry::BreakerRecord>();
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_EQ(opened[0].to, "open");
  EXPECT_EQ(opened[0].detector, "consecutive_failures");
}

TEST(EngineBreaker, EvaluationsSayNothingAboutAToolsHealth) {
  Script script(R"(
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: any}
spec: {key: [agent], consecutive_failures: 1, open: {wait: 10s}}
)");
  script.feed(at(0, R"("event":{"kind":"evaluation","agent":"bot","outcome":"error"})"));
  EXPECT_TRUE(script.last<telemetry::BreakerRecord>().empty());
}

TEST(EngineLimit, TelemetryWithoutACheckIsChargedAndOverrunStopsGrants) {
  Script script(call_limit("deny"));
  for (int i = 0; i < 3; ++i) script.feed(at(i, event("ok")));
  EXPECT_TRUE(script.last<telemetry::LimitRecord>().at(0).overrun);
  const auto refused =
      script.decide(at(5, check("a", R"({"agent":"bot","action":"llm","target":"m"})")));
  EXPECT_EQ(refused.reason, policy::Reason::BudgetExceeded);
}

}  // namespace
}  // namespace fusebox::engine
