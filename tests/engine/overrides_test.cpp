// Forced breakers and raised limits, from the order to its end.
#include "killswitch/audit.hpp"
#include "tests/engine/configs.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::engine {
namespace {

using policy::Effect;
using policy::Reason;
using telemetry::BreakerRecord;
using telemetry::LimitRecord;

constexpr std::string_view kSearch = R"({"agent":"bot","action":"tool","target":"search"})";

std::string tool_event(std::string_view outcome) {
  return R"("event":{"kind":"tool","agent":"bot","tool":"search","outcome":")" +
         std::string(outcome) + "\"}";
}

std::string force(std::string_view id, std::string_view state, std::string_view more) {
  return R"("force":{"reason":"r","actor":"alice","id":")" + std::string(id) + R"(","state":")" +
         std::string(state) + "\"," + std::string(more) + "}";
}

std::string raise(std::string_view id, std::string_view more) {
  return R"("raise":{"reason":"r","actor":"alice","id":")" + std::string(id) + "\"," +
         std::string(more) + "}";
}

TEST(EngineForce, OpenRefusesUntilItEndsAndTheBreakerBelowHoldsAgain) {
  Script script(breaker("enforce"));
  script.feed(at(0, tool_event("ok")));
  script.feed(at(1, force("tools:search", "open", R"("for":"60s")")));
  EXPECT_EQ(format_rfc3339(script.reply<OverrideReply>().until), "2026-01-01T00:01:01Z");
  ASSERT_EQ(script.last<BreakerRecord>().size(), 1U);
  EXPECT_EQ(script.last<BreakerRecord>()[0].from, "closed");
  EXPECT_EQ(script.last<BreakerRecord>()[0].to, "open");
  EXPECT_EQ(script.last<BreakerRecord>()[0].detector, "forced");
  EXPECT_EQ(script.last<BreakerRecord>()[0].reason, "until 2026-01-01T00:01:01Z by alice: r");
  const auto refused = script.decide(at(11, check("a", kSearch)));
  EXPECT_EQ(refused.reason, Reason::BreakerOpen);
  EXPECT_EQ(refused.retry_after_ms, 50'000);
  const auto allowed = script.decide(at(61, check("b", kSearch)));
  EXPECT_EQ(allowed.effect, Effect::Allow);
  ASSERT_EQ(script.last<BreakerRecord>().size(), 1U);  // at its own deadline, before the check
  EXPECT_EQ(script.last<BreakerRecord>()[0].to, "closed");
}

TEST(EngineForce, ClosedLetsCallsPassAndHidesWhatTheDetectorsSay) {
  Script script(breaker("enforce"));
  script.feed(at(0, tool_event("ok")));
  script.feed(at(1, force("tools:search", "closed", R"("until":"2026-01-01T00:00:05Z")")));
  for (int i = 2; i < 4; ++i) {
    script.feed(at(i, tool_event("error")));
    EXPECT_TRUE(script.last<BreakerRecord>().empty());
  }
  EXPECT_EQ(script.decide(at(4, check("a", kSearch))).effect, Effect::Allow);
  const auto refused = script.decide(at(5, check("b", kSearch)));
  EXPECT_EQ(refused.reason, Reason::BreakerOpen);
  EXPECT_EQ(script.last<BreakerRecord>()[0].from, "closed");
  EXPECT_EQ(script.last<BreakerRecord>()[0].to, "open");
}

TEST(EngineForce, SecondWordReplacesTheFirst) {
  Script script(breaker("enforce"));
  script.feed(at(0, tool_event("ok")));
  script.feed(at(1, force("tools:search", "open", R"("for":"10s")")));
  script.feed(at(2, force("tools:search", "closed", R"("for":"60s")")));
  script.feed(at(20, R"("tick":true)"));
  EXPECT_TRUE(script.last<BreakerRecord>().empty());
  EXPECT_NE(script.summary().find(R"("forced":{"until":"2026-01-01T00:01:02Z"})"),
            std::string::npos);
}

// Two calls are the limit; a third passes while it is raised, and afterwards the key is overrun.
TEST(EngineRaise, HigherMaximumHoldsUntilItEnds) {
  Script script(call_limit("deny"));
  for (const char* id : {"a", "b"}) script.feed(at(0, check(id, kSearch)));
  EXPECT_EQ(script.decide(at(1, check("c", kSearch))).reason, Reason::BudgetExceeded);
  script.feed(at(2, raise("calls:bot", R"("dimension":"tool_calls","by":1,"for":"60s")")));
  ASSERT_EQ(script.last<LimitRecord>().size(), 1U);
  EXPECT_EQ(script.last<LimitRecord>()[0].change, "raised");
  EXPECT_EQ(script.last<LimitRecord>()[0].max, 3);
  EXPECT_EQ(script.decide(at(3, check("d", kSearch))).effect, Effect::Allow);
  EXPECT_EQ(script.decide(at(4, check("e", kSearch))).reason, Reason::BudgetExceeded);
  EXPECT_NE(script.summary().find(R"("raised":["tool_calls"])"), std::string::npos);
  script.feed(at(62, R"("tick":true)"));
  ASSERT_EQ(script.last<LimitRecord>().size(), 1U);
  EXPECT_EQ(script.last<LimitRecord>()[0].change, "raise_ended");
  EXPECT_EQ(script.last<LimitRecord>()[0].max, 2);
  EXPECT_EQ(script.decide(at(63, check("f", kSearch))).reason, Reason::BudgetExceeded);
}

TEST(EngineRaise, RepeatedOrderRaisesOnce) {
  Script script(call_limit("deny"));
  script.feed(at(0, check("a", kSearch)));
  for (int i = 0; i < 2; ++i) {
    script.feed(at(1, raise("calls:bot", R"("dimension":"tool_calls","by":5,"for":"60s")")));
    EXPECT_EQ(script.last<LimitRecord>()[0].max, 7);
  }
}

struct BadOverride {
  const char* name;
  std::string line;
  ErrorCode code;
};

class EngineOverrideRefused : public testing::TestWithParam<BadOverride> {};

TEST_P(EngineOverrideRefused, IsAnErrorAndChangesNothingButTheAudit) {
  Script script(breaker("enforce") + call_limit("deny"));
  script.feed(at(0, check("a", kSearch)));
  const std::size_t audited = script.audit().size();
  const std::string summary = script.summary().substr(0, script.summary().find("\"events\""));
  script.feed(at(0, GetParam().line));
  EXPECT_EQ(script.refused(), GetParam().code);
  EXPECT_GT(script.audit().size(), audited);
  EXPECT_EQ(script.summary().substr(0, script.summary().find("\"events\"")), summary);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, EngineOverrideRefused,
    testing::Values(BadOverride{"BreakerOfAnotherName",
                                force("tool:search", "open", R"("for":"1s")"),
                                ErrorCode::UnknownSubject},
                    BadOverride{"KeyNeverSeen", force("tools:serach", "open", R"("for":"1s")"),
                                ErrorCode::UnknownSubject},
                    BadOverride{"KeyWithoutItsValue", force("tools", "open", R"("for":"1s")"),
                                ErrorCode::UnknownSubject},
                    BadOverride{"BrokenEscape", force("tools:%2", "open", R"("for":"1s")"),
                                ErrorCode::UnknownSubject},
                    BadOverride{"LimitIsNoBreaker", force("calls:bot", "open", R"("for":"1s")"),
                                ErrorCode::UnknownSubject},
                    BadOverride{"EndThatHasPassed", force("tools:search", "open", R"("until":1)"),
                                ErrorCode::InvalidOverride},
                    BadOverride{"DimensionWithoutABudget",
                                raise("calls:bot", R"("dimension":"tokens","to":9,"for":"1s")"),
                                ErrorCode::InvalidOverride},
                    BadOverride{"NoSuchDimension",
                                raise("calls:bot", R"("dimension":"tool_call","to":9,"for":"1s")"),
                                ErrorCode::InvalidOverride},
                    BadOverride{"NoRaise",
                                raise("calls:bot", R"("dimension":"tool_calls","to":2,"for":"1s")"),
                                ErrorCode::InvalidOverride}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(EngineOverride, StandsInTheAuditFromItsOrderToItsEnd) {
  Script script(breaker("enforce") + call_limit("deny"));
  script.feed(at(0, check("a", kSearch)));
  script.feed(at(1, force("tools:search", "open", R"("for":"10s")")));
  script.feed(at(1, raise("calls:bot", R"("dimension":"tool_calls","to":9,"for":"10s")")));
  script.feed(at(20, R"("tick":true)"));
  for (const char* kind : {R"("kind":"force","body":{"id":"tools:search","state":"open")",
                           R"("kind":"raise","body":{"id":"calls:bot","dimension":"tool_calls")",
                           R"("kind":"force_ended")", R"("kind":"raise_ended")"}) {
    EXPECT_NE(script.audit().find(kind), std::string::npos) << kind << script.audit();
  }
  EXPECT_FALSE(killswitch::verify_chain(script.audit()).first_bad.has_value());
}

TEST(EngineOverride, SurvivesARestartAndEndsThenToo) {
  const std::string yaml = breaker("enforce") + call_limit("deny");
  Script first(yaml);
  first.feed(at(0, check("a", kSearch)));
  first.feed(at(1, force("tools:search", "open", R"("for":"10s")")));
  first.feed(at(1, raise("calls:bot", R"("dimension":"tool_calls","to":9,"for":"10s")")));
  Script second(yaml);
  ASSERT_TRUE(second.engine().restore(first.engine().save()));
  EXPECT_EQ(second.engine().save(), first.engine().save());
  EXPECT_EQ(second.summary(), first.summary());
  for (Script* script : {&first, &second}) {
    EXPECT_EQ(script->decide(at(2, check("b", kSearch))).reason, Reason::BreakerOpen);
  }
  EXPECT_EQ(second.feed(at(30, R"("tick":true)")), first.feed(at(30, R"("tick":true)")));
  EXPECT_EQ(second.summary(), first.summary());
}

}  // namespace
}  // namespace fusebox::engine
