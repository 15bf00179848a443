#include "killswitch/audit.hpp"
#include "sre/engine/engine.hpp"
#include "tests/engine/configs.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::engine {
namespace {

using policy::Effect;
using policy::Gate;
using policy::Reason;

constexpr std::string_view kBot = R"({"agent":"bot","action":"tool","target":"search"})";
constexpr std::string_view kKillBot =
    R"("kill":{"scope":"agent:bot","reason":"r","actor":"alice"})";

std::string rearm(std::string_view actor) {
  return R"("rearm":{"id":"kill-1","reason":"fixed","actor":")" + std::string(actor) + "\"}";
}

TEST(EngineKill, RefusesFromTheOrderOnAndNamesItsEpoch) {
  Script script(call_limit("deny"));
  EXPECT_EQ(script.decide(at(0, check("a", kBot))).effect, Effect::Allow);
  script.feed(at(1, kKillBot));
  const auto refused = script.decide(at(1, check("b", kBot)));
  EXPECT_EQ(refused.effect, Effect::Deny);
  EXPECT_EQ(refused.gate, Gate::Kill);
  EXPECT_EQ(refused.reason, Reason::Killed);
  EXPECT_EQ(refused.rule, "kill-1");
  EXPECT_EQ(refused.epoch, 1);
  EXPECT_EQ(refused.permit, "");
}

TEST(EngineKill, NeedsTwoDifferentPeopleToReArm) {
  Script script(call_limit("deny"));
  script.feed(at(0, kKillBot));
  script.feed(at(1, rearm("bob")));
  EXPECT_EQ(script.decide(at(2, check("a", kBot))).reason, Reason::Killed);
  script.feed(at(3, rearm("bob")));
  ASSERT_EQ(script.last<telemetry::NoticeRecord>().size(), 1U);
  EXPECT_EQ(script.decide(at(4, check("b", kBot))).reason, Reason::Killed);
  script.feed(at(5, rearm("carol")));
  const auto allowed = script.decide(at(6, check("c", kBot)));
  EXPECT_EQ(allowed.effect, Effect::Allow);
  EXPECT_EQ(allowed.epoch, 2);
}

TEST(EngineDenial, IsAuditedAndChangesNothingElse) {
  Script script(call_limit("deny"));
  const auto lines = script.feed(at(
      0, R"("denial":{"actor":"bots","tenant":"acme","agent":"other","route":"POST /v1/check"})"));
  EXPECT_TRUE(lines.empty());
  EXPECT_NE(script.audit().find(R"("kind":"identity_refused")"), std::string::npos);
  EXPECT_NE(script.audit().find(R"("agent":"other")"), std::string::npos);
  EXPECT_EQ(script.decide(at(1, check("a", kBot))).effect, Effect::Allow);
}

struct ScopeCase {
  std::string_view scope;
  std::string_view hit;
  std::string_view miss;
};

class EngineKillScope : public testing::TestWithParam<ScopeCase> {};

TEST_P(EngineKillScope, StopsWhatItCoversAndNothingElse) {
  Script script(call_limit("deny"));
  script.feed(at(0, R"("kill":{"scope":")" + std::string(GetParam().scope) + R"(","reason":"r"})"));
  EXPECT_EQ(script.decide(at(1, check("hit", GetParam().hit))).reason, Reason::Killed);
  if (!GetParam().miss.empty()) {
    EXPECT_EQ(script.decide(at(2, check("miss", GetParam().miss))).effect, Effect::Allow);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Scopes, EngineKillScope,
    testing::Values(
        ScopeCase{"global", R"({"agent":"a","action":"task"})", ""},
        ScopeCase{"tenant:t", R"({"agent":"a","action":"task","tenant":"t"})",
                  R"({"agent":"a","action":"task"})"},
        ScopeCase{"agent:a", R"({"agent":"a","action":"task","tenant":"t"})",
                  R"({"agent":"b","action":"task"})"},
        ScopeCase{"tenant:t/agent:a", R"({"agent":"a","action":"task","tenant":"t"})",
                  R"({"agent":"a","action":"task","tenant":"u"})"},
        ScopeCase{"session:s", R"({"agent":"a","action":"task","session":"s"})",
                  R"({"agent":"a","action":"task","session":"u"})"},
        ScopeCase{"task:s", R"({"agent":"a","action":"task","task":"s"})",
                  R"({"agent":"a","action":"task","root_task":"s"})"},
        ScopeCase{"root_task:s", R"({"agent":"a","action":"task","root_task":"s"})",
                  R"({"agent":"a","action":"task","task":"s"})"},
        ScopeCase{"tool:x", R"({"agent":"a","action":"tool","target":"x"})",
                  R"({"agent":"a","action":"llm","target":"x"})"},
        ScopeCase{"model:x", R"({"agent":"a","action":"llm","target":"x"})",
                  R"({"agent":"a","action":"tool","target":"x"})"},
        ScopeCase{"provider:p", R"({"agent":"a","action":"llm","target":"x","provider":"p"})",
                  R"({"agent":"a","action":"llm","target":"x"})"},
        ScopeCase{
            "capability:shell",
            R"({"agent":"a","action":"tool","target":"x","attributes":{"capability":"shell"}})",
            R"({"agent":"a","action":"tool","target":"x"})"}));

TEST(EngineKill, DrillStopsNoRealRequest) {
  Script script(call_limit("deny"));
  script.feed(at(0, R"("kill":{"scope":"drill:monday","reason":"drill"})"));
  EXPECT_EQ(script.decide(at(1, check("a", kBot))).effect, Effect::Allow);
}

TEST(EngineKill, RuleTripsItsScopeOnceAndAnswersWithItsOwnId) {
  Script script(policy(R"(
    - {id: no-rm, trigger: request, when: target == "rm", effect: kill, scope: agent}
)"));
  const auto first =
      script.decide(at(0, check("a", R"({"agent":"bot","action":"tool","target":"rm"})")));
  EXPECT_EQ(first.gate, Gate::Kill);
  EXPECT_EQ(first.rule, "no-rm");
  EXPECT_EQ(script.last<telemetry::KillRecord>().size(), 1U);
  script.decide(at(1, check("b", R"({"agent":"bot","action":"tool","target":"rm"})")));
  EXPECT_EQ(script.last<telemetry::KillRecord>().size(), 0U);
  EXPECT_EQ(script.decide(at(2, check("c", kBot))).rule, "kill-1");
}

TEST(EngineKill, LimitWithOnExceedKillStopsItsOwnKey) {
  Script script(call_limit("kill"));
  for (const char* id : {"a", "b", "c"}) script.decide(at(0, check(id, kBot)));
  const auto kills = script.last<telemetry::KillRecord>();
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_EQ(kills[0].scope, "agent:bot");
  EXPECT_EQ(kills[0].actor, "limit:calls");
}

TEST(EngineKill, LimitTripsOnAnOverrunThatTelemetryAloneShows) {
  Script script(call_limit("kill"));
  std::size_t kills = 0;
  for (int i = 0; i < 4; ++i) {
    script.feed(at(i, R"("event":{"kind":"tool","agent":"bot","tool":"x","outcome":"ok"})"));
    kills += script.last<telemetry::KillRecord>().size();
  }
  EXPECT_EQ(kills, 1U);
  EXPECT_EQ(script.decide(at(5, check("a", kBot))).reason, Reason::Killed);
}

TEST(EngineKill, FieldLeftOutIsNoWayAroundIt) {
  Script script(policy(R"(
    - {id: no-rm, trigger: request, when: target == "rm", effect: kill, scope: session}
)"));
  script.decide(at(0, check("a", R"({"agent":"bot","action":"tool","target":"rm"})")));
  EXPECT_EQ(script.decide(at(1, check("b", kBot))).reason, Reason::Killed);
}

// Found in review: such an order made the saved state unreadable.
TEST(EngineKill, ScopeThatARequestMadeUpSurvivesARestart) {
  const std::string yaml = R"(
apiVersion: fusebox/v1
kind: Limit
metadata: {name: calls}
spec: {scope: [tenant, agent], window: lifetime, budget: {tool_calls: 1}, on_exceed: kill}
)";
  for (const char* tenant : {"", "x/agent:vip", "\\u0007"}) {
    Script script(yaml);
    const std::string body =
        std::string(R"({"agent":"bot","action":"tool","target":"x","tenant":")") + tenant + "\"}";
    for (const char* id : {"a", "b"}) script.decide(at(0, check(id, body)));
    ASSERT_EQ(script.last<telemetry::KillRecord>().size(), 1U) << tenant;
    Engine restored(spec_of(yaml));
    EXPECT_TRUE(restored.restore(script.engine().save())) << tenant;
  }
}

// Found in review: an agent that loops decided whether people could ever re-arm it.
TEST(EngineKill, StoppedAgentCannotTakeBackApprovalsOfReArming) {
  Script script(policy(R"(
    - {id: no-rm, trigger: request, when: target == "rm", effect: kill, scope: agent}
)"));
  constexpr std::string_view kRm = R"({"agent":"bot","action":"tool","target":"rm"})";
  script.decide(at(0, check("a", kRm)));
  script.feed(at(1, rearm("p1")));
  script.decide(at(2, check("b", kRm)));
  script.feed(at(3, rearm("p2")));
  EXPECT_EQ(script.decide(at(4, check("c", kBot))).effect, Effect::Allow);
}

TEST(EngineKill, OrderThatLooksLikeAStopAndIsNoneIsRefused) {
  Script script(call_limit("deny"));
  for (const char* scope : {"agent:*", "agent: bot", "agent:bot/tool:x", "global:", "Agent:bot"}) {
    script.feed(at(0, R"("kill":{"scope":")" + std::string(scope) + R"(","reason":"r"})"));
    ASSERT_EQ(script.last<telemetry::NoticeRecord>().size(), 1U) << scope;
    EXPECT_EQ(script.last<telemetry::NoticeRecord>()[0].code, "kill_refused");
  }
}

TEST(EngineAudit, EveryRefusalAndOrderIsInTheChain) {
  Script script(call_limit("deny"));
  script.decide(at(0, check("a", kBot)));
  script.feed(at(1, kKillBot));
  script.decide(at(2, check("b", kBot)));
  script.feed(at(3, rearm("bob")));
  const auto verified = killswitch::verify_chain(script.audit());
  EXPECT_FALSE(verified.first_bad.has_value());
  EXPECT_EQ(verified.entries, 3);
}

const std::string kApprovalPolicy = policy(R"(
    - {id: ask, trigger: request, when: target == "pay", effect: require_approval}
)");

std::string pay(std::string_view id, int amount) {
  return check(id, R"({"agent":"bot","action":"tool","target":"pay","args":{"amount":)" +
                       std::to_string(amount) + "}}");
}

std::string answer_of(std::string_view id, std::string_view action) {
  return R"("approval":{"id":")" + std::string(id) + R"(","action":")" + std::string(action) +
         R"(","reason":"ok","actor":"alice"})";
}

TEST(EngineApproval, GrantLetsTheSameRequestPassOnce) {
  Script script(kApprovalPolicy);
  const auto asked = script.decide(at(0, pay("a", 5)));
  EXPECT_EQ(asked.effect, Effect::RequireApproval);
  ASSERT_TRUE(asked.approval.has_value());
  EXPECT_EQ(asked.approval->id, "a");
  EXPECT_EQ(script.decide(at(1, pay("b", 5))).approval->id, "a");
  script.feed(at(2, answer_of("a", "grant")));
  EXPECT_EQ(script.decide(at(3, pay("c", 5))).effect, Effect::Allow);
  EXPECT_EQ(script.decide(at(4, pay("d", 5))).effect, Effect::RequireApproval);
}

TEST(EngineApproval, GrantDoesNotCoverChangedArguments) {
  Script script(kApprovalPolicy);
  script.decide(at(0, pay("a", 5)));
  script.feed(at(1, answer_of("a", "grant")));
  const auto other = script.decide(at(2, pay("b", 6)));
  EXPECT_EQ(other.effect, Effect::RequireApproval);
  EXPECT_EQ(other.approval->id, "b");
}

TEST(EngineApproval, ExpiresWhenNobodyAnswers) {
  Script script(kApprovalPolicy);
  script.decide(at(0, pay("a", 5)));
  script.feed(at(3601, R"("tick":true)"));
  ASSERT_EQ(script.last<telemetry::NoticeRecord>().size(), 1U);
  EXPECT_EQ(script.last<telemetry::NoticeRecord>()[0].code, "approval_expired");
  script.feed(at(3602, answer_of("a", "grant")));
  EXPECT_EQ(script.last<telemetry::NoticeRecord>()[0].code, "approval_refused");
  EXPECT_EQ(script.decide(at(3603, pay("b", 5))).effect, Effect::RequireApproval);
}

TEST(EngineApproval, LateAnswerDoesNotMeetAnotherRequest) {
  Script script(kApprovalPolicy);
  script.decide(at(0, pay("a", 5)));
  script.feed(at(3601, R"("tick":true)"));
  EXPECT_NE(script.decide(at(3602, pay("a", 999))).id, "a");
  script.feed(at(3603, answer_of("a", "grant")));
  EXPECT_EQ(script.decide(at(3604, pay("b", 999))).effect, Effect::RequireApproval);
}

TEST(EngineApproval, RefusalByAPersonIsADenial) {
  Script script(kApprovalPolicy);
  script.decide(at(0, pay("a", 5)));
  script.feed(at(1, answer_of("a", "deny")));
  EXPECT_EQ(script.decide(at(2, pay("b", 5))).effect, Effect::Deny);
}

TEST(EngineApproval, GrantDoesNotOverrideAStopOrder) {
  Script script(kApprovalPolicy);
  script.decide(at(0, pay("a", 5)));
  script.feed(at(1, answer_of("a", "grant")));
  script.feed(at(2, kKillBot));
  EXPECT_EQ(script.decide(at(3, pay("b", 5))).reason, Reason::Killed);
}

}  // namespace
}  // namespace fusebox::engine
