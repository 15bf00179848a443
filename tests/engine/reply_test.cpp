#include "sre/engine/reply.hpp"

#include "tests/engine/configs.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::engine {
namespace {

constexpr std::string_view kBot = R"({"agent":"bot","action":"tool","target":"search"})";
constexpr std::string_view kReport = R"("report":{"permit":"a","outcome":"ok"})";

std::string event(std::string_view more) {
  return R"("event":{"kind":"tool","agent":"bot","outcome":"ok")" + std::string(more) + "}";
}

std::string order(std::string_view kind, std::string_view body) {
  return "\"" + std::string(kind) + R"(":{"reason":"r",)" + std::string(body) + "}";
}

TEST(EngineReply, EventIsAcceptedOrDuplicateOrLate) {
  Script script(kToolSlo);
  script.feed(at(1000, event(R"(,"id":"e1")")));
  EXPECT_EQ(script.reply<EventReply>(), EventReply::Accepted);
  script.feed(at(1001, event(R"(,"id":"e1")")));
  EXPECT_EQ(script.reply<EventReply>(), EventReply::Duplicate);
  script.feed(at(1002, event(R"(,"at":"2026-01-01T00:00:00Z")")));
  EXPECT_EQ(script.reply<EventReply>(), EventReply::Late);
}

TEST(EngineReply, ReportSaysWhatBecameOfIt) {
  Script script(call_limit("deny"));
  script.feed(at(0, kReport));
  EXPECT_EQ(script.reply<ReportReply>(), ReportReply::Unknown);
  script.feed(at(1, check("a", kBot)));
  script.feed(at(2, kReport));
  EXPECT_EQ(script.reply<ReportReply>(), ReportReply::Committed);
  script.feed(at(3, kReport));
  EXPECT_EQ(script.reply<ReportReply>(), ReportReply::Repeated);
  script.feed(at(4, check("b", kBot)));
  script.feed(at(1000, R"("report":{"permit":"b","outcome":"ok"})"));
  EXPECT_EQ(script.reply<ReportReply>(), ReportReply::Late);
  EXPECT_EQ(name_of(ReportReply::Late), "late");
}

// A kill rule and a limit's threshold give records around the decision.
TEST(EngineReply, CheckPointsAtItsDecisionAmongTheRecords) {
  Engine engine(spec_of(policy(R"(
    - {id: no-rm, trigger: request, when: target == "rm", effect: kill, scope: agent}
)")));
  telemetry::JournalDecoder decoder;
  Effects effects;
  const auto apply = [&](const std::string& line) {
    return engine.apply(**decoder.decode_line(line), effects);
  };
  apply(at(0, check("a", kBot)));
  const Reply reply = apply(at(1, check("b", R"({"agent":"bot","action":"tool","target":"rm"})")));
  const auto* decided = std::get_if<CheckReply>(&reply);
  ASSERT_NE(decided, nullptr);
  ASSERT_GT(effects.records.size(), 2U);
  const auto& body = effects.records[decided->record].body;
  ASSERT_TRUE(std::holds_alternative<telemetry::DecisionRecord>(body));
  EXPECT_EQ(std::get<telemetry::DecisionRecord>(body).id, "b");
}

TEST(EngineReply, KillIsFreshOnceAndThenTheStandingOrder) {
  Script script(call_limit("deny"));
  for (const bool fresh : {true, false}) {
    script.feed(at(0, order("kill", R"("scope":"agent:bot","actor":"alice")")));
    const auto reply = script.reply<OrderReply>();
    EXPECT_EQ(reply.id, "kill-1");
    EXPECT_EQ(reply.scope, "agent:bot");
    EXPECT_EQ(reply.epoch, 1);
    EXPECT_TRUE(reply.tripped);
    EXPECT_EQ(reply.fresh, fresh);
  }
}

TEST(EngineReply, RearmCountsApprovalsAndThenArms) {
  Script script(call_limit("deny"));
  script.feed(at(0, order("kill", R"("scope":"agent:bot","actor":"alice")")));
  script.feed(at(1, order("rearm", R"("id":"kill-1","actor":"bob")")));
  EXPECT_EQ(script.reply<OrderReply>().rearm_approvals, 1);
  EXPECT_TRUE(script.reply<OrderReply>().tripped);
  script.feed(at(2, order("rearm", R"("id":"kill-1","actor":"carol")")));
  EXPECT_EQ(script.reply<OrderReply>().rearm_approvals, 2);
  EXPECT_FALSE(script.reply<OrderReply>().tripped);
  EXPECT_EQ(script.reply<OrderReply>().epoch, 2);
}

struct Refusal {
  const char* name;
  std::string line;
  ErrorCode code;
  const char* audited;
};

class EngineRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(EngineRefusal, IsAnErrorAndStandsInTheAudit) {
  Script script(call_limit("deny"));
  script.feed(at(0, order("kill", R"("scope":"tool:x","actor":"alice")")));
  script.feed(at(1, order("rearm", R"("id":"kill-1","actor":"bob")")));
  const std::size_t audited = script.audit().size();
  script.feed(at(2, GetParam().line));
  EXPECT_EQ(script.refused(), GetParam().code);
  const std::string entry = script.audit().substr(audited);
  EXPECT_NE(entry.find(GetParam().audited), std::string::npos) << entry;
  EXPECT_NE(entry.find(R"("actor":"bob")"), std::string::npos) << entry;
}

INSTANTIATE_TEST_SUITE_P(
    Orders, EngineRefusal,
    testing::Values(Refusal{"KillOfAPattern", order("kill", R"("scope":"agent:*","actor":"bob")"),
                            ErrorCode::InvalidScope, "kill_refused"},
                    Refusal{"RearmOfNothing", order("rearm", R"("id":"kill-9","actor":"bob")"),
                            ErrorCode::UnknownOrder, "rearm_refused"},
                    Refusal{"RearmBySamePerson", order("rearm", R"("id":"kill-1","actor":"bob")"),
                            ErrorCode::SecondActorNeeded, "rearm_refused"},
                    Refusal{"ApprovalOfNothing",
                            order("approval", R"("id":"x","action":"grant","actor":"bob")"),
                            ErrorCode::UnknownApproval, "approval_refused"}),
    [](const auto& row) { return std::string(row.param.name); });

const std::string kAsk = policy(R"(
    - {id: ask, trigger: request, when: target == "pay", effect: require_approval}
)");
constexpr std::string_view kPay =
    R"({"agent":"bot","tenant":"t","session":"s","task":"k","action":"tool","target":"pay"})";

TEST(EngineReply, ApprovalSaysWhenItEnds) {
  Script script(kAsk);
  script.feed(at(0, check("a", kPay)));
  script.feed(at(1, order("approval", R"("id":"a","action":"grant","actor":"bob","for":"5m")")));
  EXPECT_TRUE(script.reply<ApprovalReply>().granted);
  EXPECT_EQ(format_rfc3339(script.reply<ApprovalReply>().expires), "2026-01-01T00:05:01Z");
}

TEST(EngineAudit, RefusedDecisionSaysWhoseItWas) {
  Script script(kAsk);
  script.feed(at(0, check("a", kPay)));
  EXPECT_NE(script.audit().find(R"("tenant":"t","agent":"bot","session":"s","task":"k")"),
            std::string::npos)
      << script.audit();
}

TEST(EngineAudit, GrantStandsInItWhenItIsUsed) {
  Script script(kAsk);
  script.feed(at(0, check("a", kPay)));
  script.feed(at(1, order("approval", R"("id":"a","action":"grant","actor":"bob")")));
  script.feed(at(2, check("b", kPay)));
  EXPECT_NE(script.audit().find(R"("approval_used","body":{"approval":"a","decision":"b"})"),
            std::string::npos)
      << script.audit();
}

TEST(EngineAudit, ApprovalThatExpiresStandsInItWithItsState) {
  for (const std::string_view state : {"pending", "granted", "refused"}) {
    Script script(kAsk);
    script.feed(at(0, check("a", kPay)));
    if (state != "pending") {
      const std::string action = state == "granted" ? "grant" : "deny";
      script.feed(at(1, order("approval", R"("id":"a","actor":"bob","action":")" + action + "\"")));
    }
    script.feed(at(9000, R"("tick":true)"));
    const std::string entry =
        R"("approval_expired","body":{"approval":"a","state":")" + std::string(state);
    EXPECT_NE(script.audit().find(entry), std::string::npos) << script.audit();
  }
}

}  // namespace
}  // namespace fusebox::engine
