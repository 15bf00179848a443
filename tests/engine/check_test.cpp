#include "sre/engine/engine.hpp"
#include "tests/engine/configs.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::engine {
namespace {

using policy::Effect;
using policy::Gate;
using policy::Reason;

constexpr std::string_view kBot = R"({"agent":"bot","action":"tool","target":"search"})";

std::string report(std::string_view permit, std::string_view outcome = "ok") {
  return R"("report":{"permit":")" + std::string(permit) + R"(","outcome":")" +
         std::string(outcome) + "\"}";
}

std::string event(std::string_view outcome, std::string_view more = "") {
  return R"("event":{"kind":"tool","agent":"bot","tool":"search","outcome":")" +
         std::string(outcome) + "\"" + std::string(more) + "}";
}

TEST(EngineGates, StrongerEffectDecidesOverEarlierGate) {
  Script script(call_limit("throttle") + breaker("enforce"));
  for (int i = 0; i < 2; ++i) script.feed(at(i, event("error")));
  const auto decision = script.decide(at(2, check("a", kBot)));
  EXPECT_EQ(decision.effect, Effect::Deny);  // the breaker, over a limit that would throttle
  EXPECT_EQ(decision.gate, Gate::Reliability);
}

TEST(EngineGates, EarlierGateDecidesATie) {
  Script script(breaker("enforce") + policy(R"(
    - {id: no-search, trigger: request, when: target == "search", effect: deny}
)"));
  for (int i = 0; i < 2; ++i) script.feed(at(i, event("error")));
  const auto decision = script.decide(at(2, check("a", kBot)));
  EXPECT_EQ(decision.gate, Gate::Governance);
  EXPECT_EQ(decision.rule, "no-search");
}

TEST(EngineGates, PriorityThenNameDecidesWithinAGate) {
  Script script(policy(R"(
    - {id: b, trigger: request, when: "true", effect: deny}
    - {id: a, trigger: request, when: "true", effect: deny}
    - {id: z, trigger: request, when: "true", effect: deny, priority: 1}
)"));
  EXPECT_EQ(script.decide(at(0, check("x", kBot))).rule, "z");
}

TEST(EngineGates, ErroringRestrictionRefuses) {
  Script script(policy(R"(
    - {id: careful, trigger: request, when: args.amount > 5, effect: require_approval}
)"));
  const auto decision = script.decide(at(0, check("x", kBot)));
  EXPECT_EQ(decision.effect, Effect::Deny);
  EXPECT_EQ(decision.reason, Reason::PolicyDenied);
}

TEST(EngineGates, StrictPolicyWithoutADefaultDeniesWhatNoRuleAllows) {
  const std::string document = R"(
apiVersion: fusebox/v1
kind: Policy
metadata: {name: closed}
spec:
  mode: strict
  rules:
    - {id: searching, trigger: request, when: target == "search", effect: allow}
)";
  Script script(document);
  EXPECT_EQ(script.decide(at(0, check("a", kBot))).effect, Effect::Allow);
  const auto other =
      script.decide(at(1, check("b", R"({"agent":"bot","action":"tool","target":"rm"})")));
  EXPECT_EQ(other.effect, Effect::Deny);
  EXPECT_EQ(other.reason, Reason::PolicyDenied);
}

TEST(EngineShadow, SaysWhatItWouldHaveDoneAndDoesNothing) {
  Script script(breaker("shadow") + policy(R"(
    - {id: no-search, trigger: request, when: target == "search", effect: deny, mode: shadow}
)"));
  for (int i = 0; i < 2; ++i) script.feed(at(i, event("error")));
  const auto decision = script.decide(at(2, check("a", kBot)));
  EXPECT_EQ(decision.effect, Effect::Allow);
  ASSERT_EQ(decision.would_be.size(), 2U);
  EXPECT_EQ(decision.would_be[0].rule, "no-search");
  EXPECT_EQ(decision.would_be[1].rule, "tools");
  EXPECT_EQ(decision.would_be[1].reason, Reason::BreakerOpen);
}

TEST(EngineShadow, AuditModeEnforcesNoRule) {
  Script script(policy(R"(
    - {id: no-search, trigger: request, when: target == "search", effect: deny}
)",
                       "mode: audit"));
  const auto decision = script.decide(at(0, check("a", kBot)));
  EXPECT_EQ(decision.effect, Effect::Allow);
  EXPECT_EQ(decision.would_be.size(), 1U);
}

TEST(EngineShadow, ShadowLimitCountsWithoutRefusing) {
  Script script(call_limit("deny", "shadow"));
  for (const char* id : {"a", "b", "c"}) {
    EXPECT_EQ(script.decide(at(0, check(id, kBot))).effect, Effect::Allow) << id;
  }
  EXPECT_EQ(script.last<telemetry::DecisionRecord>()[0].would_be.size(), 1U);
}

TEST(EngineLimit, RefusesTheThirdOfTwoAndReservesNothingForIt) {
  Script script(call_limit("deny"));
  script.decide(at(0, check("a", kBot)));
  script.decide(at(0, check("b", kBot)));
  const auto third = script.decide(at(0, check("c", kBot)));
  EXPECT_EQ(third.reason, Reason::BudgetExceeded);
  EXPECT_EQ(third.rule, "calls");
  script.feed(at(1, report("a", "cancelled")));  // gives its call back
  EXPECT_EQ(script.decide(at(2, check("d", kBot))).effect, Effect::Allow);
}

TEST(EngineLimit, DegradeProceedsAndIsChargedWhenReported) {
  Script script(call_limit("degrade"));
  for (const char* id : {"a", "b"}) script.decide(at(0, check(id, kBot)));
  const auto third = script.decide(at(0, check("c", kBot)));
  EXPECT_EQ(third.effect, Effect::Degrade);
  EXPECT_EQ(third.permit, "c");
  for (const char* id : {"a", "b", "c"}) script.feed(at(1, report(id)));
  EXPECT_NE(script.summary().find(R"("used":{"tool_calls":3})"), std::string::npos)
      << script.summary();
}

TEST(EngineLimit, ApprovalOfAnExceededLimitLetsOneRequestPass) {
  Script script(call_limit("require_approval"));
  for (const char* id : {"a", "b"}) script.decide(at(0, check(id, kBot)));
  EXPECT_EQ(script.decide(at(1, check("c", kBot))).effect, Effect::RequireApproval);
  script.feed(at(2, R"("approval":{"id":"c","action":"grant","reason":"ok","actor":"alice"})"));
  EXPECT_EQ(script.decide(at(3, check("d", kBot))).effect, Effect::Allow);
  EXPECT_EQ(script.decide(at(4, check("e", kBot))).effect, Effect::RequireApproval);
}

TEST(EngineLimit, RefusalNamesTheFieldThatWasLeftOut) {
  Script script(R"(
apiVersion: fusebox/v1
kind: Limit
metadata: {name: per-task}
spec: {scope: [task], window: lifetime, budget: {tool_calls: 1}, on_exceed: deny}
)");
  script.decide(at(0, check("a", kBot)));
  const auto refused = script.decide(at(1, check("b", kBot)));
  EXPECT_EQ(refused.reason, Reason::BudgetExceeded);
  EXPECT_NE(refused.message.find("task"), std::string::npos) << refused.message;
}

TEST(EnginePermit, RefusedCheckHoldsNothing) {
  Script script(breaker("enforce") + call_limit("deny"));
  for (int i = 0; i < 2; ++i) {
    script.feed(at(i, R"("event":{"kind":"tool","agent":"x","tool":"search","outcome":"error"})"));
  }
  EXPECT_EQ(script.decide(at(2, check("a", kBot))).reason, Reason::BreakerOpen);
  EXPECT_EQ(script.summary().find(R"("key":{"agent":"bot"})"), std::string::npos);
}

TEST(EnginePermit, ReportClosesItOnceAndOnlyOnce) {
  Script script(kToolSlo + call_limit("deny"));
  script.decide(at(0, check("a", kBot)));
  script.feed(at(1, report("a")));
  script.feed(at(2, report("a")));
  script.feed(at(3, report("never")));
  const std::string summary = script.summary();
  EXPECT_NE(summary.find(R"("reports":{"committed":1,"repeated":1,"late":0,"unknown":1})"),
            std::string::npos)
      << summary;
  EXPECT_NE(summary.find(R"("good":1,"bad":0)"), std::string::npos) << summary;
}

TEST(EnginePermit, EventThatCarriesItIsItsReport) {
  Script script(kToolSlo + call_limit("deny"));
  script.decide(at(0, check("a", kBot)));
  script.feed(at(1, event("ok", R"(,"id":"a")")));
  script.feed(at(2, report("a")));
  const std::string summary = script.summary();
  EXPECT_NE(summary.find(R"("committed":1,"repeated":1)"), std::string::npos) << summary;
  EXPECT_NE(summary.find(R"("good":1,"bad":0)"), std::string::npos) << summary;
}

TEST(EnginePermit, AnotherAgentsEventDoesNotCloseIt) {
  Script script(kToolSlo + call_limit("deny"));
  script.decide(at(0, check("a", kBot)));
  script.feed(at(1, R"("event":{"kind":"tool","agent":"thief","outcome":"ok","id":"a"})"));
  EXPECT_NE(script.summary().find(R"("committed":0)"), std::string::npos);
  script.feed(at(2, report("a")));
  EXPECT_NE(script.summary().find(R"("committed":1)"), std::string::npos);
}

// Found in review: a success of something else closed the permit, and healed its breaker.
TEST(EnginePermit, EventOfAnotherCallDoesNotCloseIt) {
  Script script(breaker("enforce"));
  for (int i = 0; i < 2; ++i) script.feed(at(i, event("error")));
  script.decide(at(20, check("p", kBot)));
  script.feed(at(21, R"("event":{"kind":"evaluation","agent":"bot","id":"p","score":1})"));
  script.feed(
      at(21, R"("event":{"kind":"tool","agent":"bot","tool":"y","outcome":"ok","id":"p"})"));
  EXPECT_EQ(script.decide(at(22, check("q", kBot))).reason, Reason::BreakerProbing);
  script.feed(at(23, report("p")));
  EXPECT_NE(script.summary().find(R"("committed":1)"), std::string::npos);
}

TEST(EnginePermit, EventWithoutOutcomeClosesItAndSaysNothingToTheBreaker) {
  Script script(breaker("enforce"));
  for (int i = 0; i < 2; ++i) script.feed(at(i, event("error")));
  script.decide(at(20, check("p", kBot)));
  script.feed(at(21, R"("event":{"kind":"tool","agent":"bot","tool":"search","id":"p"})"));
  EXPECT_TRUE(script.last<telemetry::BreakerRecord>().empty());
  EXPECT_EQ(script.decide(at(22, check("q", kBot))).effect, Effect::Allow);  // the slot came back
}

TEST(EnginePermit, IdOfAnotherAgentsPermitIsNoDuplicate) {
  Script script(kToolSlo + call_limit("deny"));
  script.decide(at(0, check("x", kBot)));
  script.feed(at(1, report("x")));
  script.feed(at(2, R"("event":{"kind":"tool","agent":"other","outcome":"error","id":"x"})"));
  EXPECT_NE(script.summary().find(R"("counted":2,"duplicate":0)"), std::string::npos);
}

TEST(EnginePermit, RepeatOfADegradedRequestIsDegradedToo) {
  Script script(call_limit("degrade"));
  for (const char* id : {"a", "b"}) script.decide(at(0, check(id, kBot)));
  constexpr std::string_view kKeyed =
      R"({"agent":"bot","action":"tool","target":"search","idempotency_key":"k"})";
  script.decide(at(1, check("c", kKeyed)));
  const auto repeated = script.decide(at(2, check("d", kKeyed)));
  EXPECT_EQ(repeated.effect, Effect::Degrade);
  EXPECT_EQ(repeated.rule, "calls");
  EXPECT_EQ(repeated.permit, "c");
  EXPECT_EQ(repeated.ttl_ms, 599'000);
}

TEST(EnginePermit, LateReportCountsInSlosAndChangesNoLimit) {
  Script script(kToolSlo + call_limit("deny"));
  script.decide(at(0, check("a", kBot)));
  script.feed(at(601, R"("tick":true)"));  // the lease of 10 min is over: charged in full
  script.feed(at(602, report("a", "cancelled")));
  const std::string summary = script.summary();
  EXPECT_NE(summary.find(R"("used":{"tool_calls":1},"reserved":{"tool_calls":0})"),
            std::string::npos)
      << summary;
  EXPECT_NE(summary.find(R"("late":1)"), std::string::npos) << summary;
}

TEST(EnginePermit, SameIdempotencyKeyGetsTheSamePermit) {
  Script script(call_limit("deny"));
  constexpr std::string_view kKeyed =
      R"({"agent":"bot","action":"tool","target":"search","idempotency_key":"k"})";
  EXPECT_EQ(script.decide(at(0, check("a", kKeyed))).permit, "a");
  EXPECT_EQ(script.decide(at(1, check("b", kKeyed))).permit, "a");
  EXPECT_NE(script.summary().find(R"("reserved":{"tool_calls":1})"), std::string::npos);
  script.feed(at(2, R"("kill":{"scope":"agent:bot","reason":"r"})"));
  EXPECT_EQ(script.decide(at(3, check("c", kKeyed))).reason, Reason::Killed);
}

TEST(EnginePermit, SameIdempotencyKeyForAnotherRequestIsAnotherPermit) {
  Script script(call_limit("deny"));
  script.decide(at(0, check("a", R"({"agent":"bot","action":"tool","target":"search",)"
                                 R"("idempotency_key":"k"})")));
  const auto other = script.decide(
      at(1, check("b", R"({"agent":"bot","action":"tool","target":"rm","idempotency_key":"k"})")));
  EXPECT_EQ(other.permit, "b");
  EXPECT_NE(script.summary().find(R"("reserved":{"tool_calls":2})"), std::string::npos);
}

// Found by cutting random journals: closing an old, late permit forgot the key of the newer one.
TEST(EnginePermit, LateReportLeavesTheIdempotencyKeyToItsNewerPermit) {
  Script script(call_limit("degrade"));
  constexpr std::string_view kKeyed =
      R"({"agent":"bot","action":"tool","target":"search","idempotency_key":"k"})";
  script.decide(at(0, check("old", kKeyed)));
  EXPECT_EQ(script.decide(at(700, check("new", kKeyed))).permit, "new");  // the lease was 10 min
  script.feed(at(701, report("old")));
  EXPECT_EQ(script.decide(at(702, check("again", kKeyed))).permit, "new");
}

TEST(EnginePermit, TakenCheckIdGetsADecisionIdOfItsOwn) {
  Script script(call_limit("deny"));
  script.decide(at(0, check("a", kBot)));
  const auto second = script.decide(at(1, check("a", kBot)));
  EXPECT_EQ(second.id, "d-1");
  EXPECT_EQ(script.last<telemetry::NoticeRecord>()[0].code, "check_id_taken");
}

TEST(EngineBreaker, ProbeOfARefusedCheckIsGivenBack) {
  Script script(breaker("enforce") + policy(R"(
    - {id: no-bad, trigger: request, when: agent == "bad", effect: deny}
)"));
  for (int i = 0; i < 2; ++i) script.feed(at(i, event("error")));
  script.decide(at(20, check("a", R"({"agent":"bad","action":"tool","target":"search"})")));
  EXPECT_EQ(script.decide(at(20, check("b", kBot))).effect, Effect::Allow);  // the one probe
  EXPECT_EQ(script.decide(at(20, check("c", kBot))).reason, Reason::BreakerProbing);
}

TEST(EngineBreaker, DeadlineFiresAtItsOwnTimeBeforeTheNextInput) {
  Script script(breaker("enforce"));
  for (int i = 0; i < 2; ++i) script.feed(at(i, event("error")));
  const auto lines = script.feed(at(60, R"("tick":true)"));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find(R"("at":"2026-01-01T00:00:11Z")"), std::string::npos) << lines[0];
}

TEST(EngineExplain, NamesEveryRuleAndGate) {
  Script script(call_limit("deny") + breaker("enforce") + policy(R"(
    - {id: no-rm, trigger: request, when: target == "rm", effect: deny}
)"));
  telemetry::JournalDecoder decoder;
  const auto input = decoder.decode_check(kBot, from_ns(0));
  ASSERT_TRUE(input);
  telemetry::Input asked = **input;
  std::get<telemetry::CheckInput>(asked.body).explain = true;
  Effects effects;
  script.engine().apply(asked, effects);
  const auto& decision = std::get<telemetry::DecisionRecord>(effects.records.back().body);
  std::vector<std::string> rules;
  for (const auto& line : decision.explain) rules.push_back(line.rule);
  EXPECT_EQ(rules, (std::vector<std::string>{"kill", "no-rm", "calls", "tools"}));
}

}  // namespace
}  // namespace fusebox::engine
