// From one configuration to the next: what keeps its state, what begins afresh, and that a restart
// under another configuration is the same as a reload.
#include "sre/engine/engine.hpp"
#include "tests/engine/configs.hpp"
#include "tests/engine/random_journal.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::engine {
namespace {

using policy::Effect;
using policy::Reason;

constexpr std::string_view kSearch = R"({"agent":"bot","action":"tool","target":"search"})";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string tool_event(std::string_view outcome, std::string_view more = "") {
  return R"("event":{"kind":"tool","agent":"bot","tool":"search","outcome":")" +
         std::string(outcome) + "\"" + std::string(more) + "}";
}

std::vector<std::string> notices(const Effects& effects) {
  std::vector<std::string> out;
  for (const telemetry::Record& record : effects.records) {
    const auto* notice = std::get_if<telemetry::NoticeRecord>(&record.body);
    if (notice != nullptr) out.push_back(notice->text.substr(0, notice->text.find(':')));
  }
  return out;
}

std::vector<std::string> reload(Script& script, const std::string& yaml) {
  return notices(script.engine().reconfigure(spec_of(yaml)));
}

// Everything of the summary but the audit, which tells of the reloads.
std::string figures(Script& script) {
  const std::string summary = script.summary();
  return summary.substr(0, summary.find("\"audit\""));
}

TEST(EngineReload, WithoutAChangeInTheMiddleOfAStreamChangesNoNumber) {
  const EngineSpec spec = spec_of(kEverything);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Script plain(spec);
    Script reloaded(spec);
    RandomSource random(seed ^ 0x5EED);
    for (const std::string& line : random_journal(seed, 1000)) {
      if (random.one_in(100)) {
        EXPECT_TRUE(reloaded.engine().reconfigure(spec).records.empty());
      }
      ASSERT_EQ(reloaded.feed(line), plain.feed(line)) << line;
    }
    EXPECT_EQ(figures(reloaded), figures(plain));
  }
}

const std::vector<std::pair<std::string, std::string>> kChanges{
    {"consecutive_failures: 2", "consecutive_failures: 3"},          // a breaker begins afresh
    {"max-keys: \"2\"", "max-keys: \"3\""},                          // an SLO
    {"window: 10m", "window: 20m"},                                  // a limit
    {"slo.burn_rate[\"5m\"] > 4.0", "slo.burn_rate[\"5m\"] > 5.0"},  // a rule
    {"metadata: {name: sessions}", "metadata: {name: others}"},
    {"tool_calls: 30", "tool_calls: 3"},  // only a number
    {"{silence: 2m}", "{lateness: 5m}"},
};

TEST(EngineReload, IsTheSameAsARestartUnderTheOtherConfiguration) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    for (const auto& [from, to] : kChanges) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " to " + to);
      const EngineSpec other = spec_of(replaced(kEverything, from, to));
      Script live(kEverything);
      const auto journal = random_journal(seed, 1000);
      for (std::size_t i = 0; i < 600; ++i) live.feed(journal[i]);
      Script restarted(other);
      const auto restored = restarted.engine().restore(live.engine().save());
      ASSERT_TRUE(restored) << restored.error().message;
      const Effects reloaded = live.engine().reconfigure(other);
      EXPECT_EQ(notices(*restored), notices(reloaded));
      EXPECT_EQ(restored->records.size(), reloaded.records.size());
      for (std::size_t i = 600; i < journal.size(); ++i) {
        ASSERT_EQ(restarted.feed(journal[i]), live.feed(journal[i])) << journal[i];
      }
      EXPECT_EQ(figures(restarted), figures(live));
    }
  }
}

TEST(EngineReload, ChangedBreakerBeginsAfreshAndSaysSo) {
  const std::string yaml = breaker("enforce");
  Script script(yaml);
  for (int i = 0; i < 2; ++i) script.feed(at(i, tool_event("error")));
  EXPECT_EQ(script.decide(at(2, check("a", kSearch))).reason, Reason::BreakerOpen);
  EXPECT_EQ(reload(script, replaced(yaml, "wait: 10s", "wait: 20s")),
            std::vector<std::string>{"breaker tools"});
  EXPECT_EQ(script.decide(at(3, check("b", kSearch))).effect, Effect::Allow);
}

TEST(EngineReload, BreakerPutInForceKeepsWhatItSawInShadow) {
  Script script(breaker("shadow"));
  for (int i = 0; i < 2; ++i) script.feed(at(i, tool_event("error")));
  EXPECT_EQ(script.decide(at(2, check("a", kSearch))).effect, Effect::Allow);
  EXPECT_TRUE(reload(script, breaker("enforce")).empty());
  EXPECT_EQ(script.decide(at(3, check("b", kSearch))).reason, Reason::BreakerOpen);
}

TEST(EngineReload, LoweredBudgetDoesNotForgetWhatWasUsed) {
  const std::string yaml = replaced(call_limit("deny"), "tool_calls: 2", "tool_calls: 9");
  Script script(yaml);
  for (const char* id : {"a", "b", "c"}) script.decide(at(0, check(id, kSearch)));
  EXPECT_TRUE(reload(script, call_limit("deny")).empty());
  EXPECT_EQ(script.decide(at(1, check("d", kSearch))).reason, Reason::BudgetExceeded);
}

TEST(EngineReload, CallUnderWayEndsWellWithoutTheLimitThatItHolds) {
  const std::string both = breaker("enforce") + call_limit("deny");
  Script script(both);
  script.decide(at(0, check("a", kSearch)));
  script.decide(at(0, check("b", kSearch)));
  EXPECT_EQ(reload(script, breaker("enforce")), std::vector<std::string>{"limit calls"});
  script.feed(at(1, R"("report":{"permit":"a","outcome":"ok"})"));
  EXPECT_EQ(script.reply<ReportReply>(), ReportReply::Committed);
  EXPECT_TRUE(reload(script, both).empty());  // a new document leaves nothing behind
  EXPECT_EQ(script.decide(at(2, check("c", kSearch))).effect, Effect::Allow);
  script.feed(at(1000, R"("tick":true)"));  // the lease of b, which holds nothing any more
  EXPECT_NE(script.summary().find(R"("used":{"tool_calls":1})"), std::string::npos)
      << script.summary();
}

TEST(EngineReload, OrderOfDocumentsDoesNotMatter) {
  const std::string other = replaced(call_limit("deny"), "name: calls", "name: more");
  Script script(call_limit("deny") + other);
  script.decide(at(0, check("a", kSearch)));
  EXPECT_TRUE(reload(script, other + call_limit("deny")).empty());
  script.feed(at(1, R"("report":{"permit":"a","outcome":"ok"})"));
  const Status status = script.engine().status();
  for (const auto& limit : status.limits) {
    EXPECT_EQ(limit.keys.at(0).budget.at(0).used, 1) << limit.name;
    EXPECT_EQ(limit.keys.at(0).budget.at(0).reserved, 0) << limit.name;
  }
}

TEST(EngineReload, StopOrdersApprovalsAndSeenIdsStay) {
  const std::string ask = policy(R"(
    - {id: ask, trigger: request, when: target == "pay", effect: require_approval}
)");
  constexpr std::string_view kPay = R"({"agent":"bot","action":"tool","target":"pay"})";
  Script script(ask);
  script.feed(at(0, check("a", kPay)));
  script.feed(at(0, tool_event("ok", R"(,"id":"e1")")));
  script.feed(at(1, R"("approval":{"id":"a","action":"grant","reason":"r","actor":"p"})"));
  script.feed(at(1, R"("kill":{"scope":"agent:evil","reason":"r","actor":"p"})"));
  reload(script, ask + call_limit("deny"));
  EXPECT_EQ(script.decide(at(2, check("b", kPay))).effect, Effect::Allow);
  EXPECT_EQ(script.decide(at(2, check("c", R"({"agent":"evil","action":"task"})"))).reason,
            Reason::Killed);
  script.feed(at(3, tool_event("ok", R"(,"id":"e1")")));
  EXPECT_EQ(script.reply<EventReply>(), EventReply::Duplicate);
}

const std::string kRestriction = policy(R"(
    - id: burning
      trigger: slo
      when: slo.name == "tools" && slo.burn_rate["5m"] > 4.0
      effect: deny
      scope: agent
)");

TEST(EngineReload, RestrictionStaysAsLongAsItsRuleAndItsSloDo) {
  Script script(kToolSlo + kRestriction);
  script.feed(at(0, tool_event("error")));
  EXPECT_TRUE(reload(script, kToolSlo + kRestriction + breaker("enforce")).empty());
  EXPECT_EQ(script.decide(at(1, check("a", kSearch))).reason, Reason::Restricted);
  const std::string changed = replaced(kToolSlo, "target: 0.9", "target: 0.8");
  EXPECT_EQ(reload(script, changed + kRestriction),
            std::vector<std::string>({"slo tools", "breaker tools"}));
  EXPECT_EQ(script.decide(at(2, check("b", kSearch))).effect, Effect::Allow);
}

TEST(EngineReload, WordOnWhatBeginsAfreshEnds) {
  const std::string yaml = breaker("enforce");
  Script script(yaml);
  script.feed(at(0, tool_event("ok")));
  script.feed(at(1, R"("force":{"id":"tools:search","state":"open","for":"1h","reason":"r",)"
                    R"("actor":"p"})"));
  EXPECT_TRUE(reload(script, yaml).empty());
  EXPECT_EQ(script.decide(at(2, check("a", kSearch))).reason, Reason::BreakerOpen);
  EXPECT_EQ(reload(script, replaced(yaml, "wait: 10s", "wait: 20s")),
            std::vector<std::string>({"breaker tools", "force of breaker tools"}));
  EXPECT_EQ(script.decide(at(3, check("b", kSearch))).effect, Effect::Allow);
}

TEST(EngineReload, SilenceThatIsSwitchedOffIsForgivenAndCanComeBack) {
  const std::string watched = kToolSlo + config("{silence: 1m}");
  const std::string unwatched = kToolSlo + config("{lateness: 5m}");
  Script script(watched);
  script.feed(at(0, tool_event("ok")));
  script.feed(at(100, R"("tick":true)"));
  EXPECT_NE(script.summary().find(R"("uncertain":true)"), std::string::npos);
  reload(script, unwatched);
  EXPECT_EQ(script.summary().find(R"("uncertain":true)"), std::string::npos);
  reload(script, watched);
  script.feed(at(200, tool_event("ok")));
  script.feed(at(300, R"("tick":true)"));
  EXPECT_NE(script.summary().find(R"("uncertain":true)"), std::string::npos);
}

TEST(EngineReload, StandsInTheAudit) {
  Script script(breaker("enforce"));
  const Effects effects = script.engine().reconfigure(spec_of(call_limit("deny")));
  EXPECT_NE(effects.audit.find(R"("kind":"configuration")"), std::string::npos);
  EXPECT_NE(effects.audit.find(R"("afresh":["breaker tools"])"), std::string::npos);
}

TEST(EngineReload, OrderKeptElsewhereIsMerged) {
  Script script(call_limit("deny"));
  killswitch::Order order;
  order.id = "kill-7";
  order.scope = *killswitch::parse_scope("agent:bot");
  order.reg = {3, killswitch::RegisterState::Tripped};
  EXPECT_TRUE(script.engine().merge(order));
  EXPECT_FALSE(script.engine().merge(order));
  EXPECT_EQ(script.decide(at(0, check("a", kSearch))).epoch, 3);
  ASSERT_EQ(script.engine().orders().size(), 1U);
  EXPECT_EQ(script.engine().orders()[0].id, "kill-7");
}

}  // namespace
}  // namespace fusebox::engine
