#include "sre/engine/status.hpp"

#include <algorithm>

#include "tests/engine/configs.hpp"
#include "tests/engine/random_journal.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::engine {
namespace {

std::string event(std::string_view kind, std::string_view agent, std::string_view more) {
  return R"("event":{"kind":")" + std::string(kind) + R"(","agent":")" + std::string(agent) + "\"" +
         std::string(more) + "}";
}

constexpr std::string_view kSearch = R"({"agent":"bot","action":"tool","target":"search"})";

TEST(EngineStatus, AgentsAreWhoseTelemetryOrPermitsThereAre) {
  Script script(call_limit("deny") + config("{silence: 1m}"));
  script.feed(at(0, event("llm", "bot", R"(,"model":"m","tokens_in":3,"cost_usd":"0.5")")));
  script.feed(at(1, event("llm", "bot", R"(,"model":"n","tokens_out":4,"cost_usd":"0.25")")));
  script.feed(at(2, event("heartbeat", "bot", R"(,"tenant":"t")")));
  script.feed(at(3, check("a", R"({"agent":"quiet","action":"tool","target":"x"})")));
  script.feed(at(30, event("llm", "other", "")));
  script.feed(at(70, R"("tick":true)"));
  const auto agents = script.engine().status().agents;
  ASSERT_EQ(agents.size(), 4U);
  EXPECT_EQ(agents[0].name, "bot");
  EXPECT_EQ(agents[0].events, 2);
  EXPECT_EQ(agents[0].tokens_in, 3);
  EXPECT_EQ(agents[0].tokens_out, 4);
  EXPECT_EQ(agents[0].cost, MicroUsd{750'000});
  EXPECT_EQ(format_rfc3339(agents[0].heard), "2026-01-01T00:00:01Z");
  EXPECT_TRUE(agents[0].silent);
  EXPECT_EQ(agents[1].name, "other");
  EXPECT_FALSE(agents[1].silent);
  EXPECT_EQ(agents[2].name, "quiet");
  EXPECT_EQ(agents[2].open_permits, 1);
  EXPECT_EQ(agents[3].tenant, "t");
  EXPECT_EQ(agents[3].events, 1);
}

TEST(EngineStatus, DurationsStandInTheBucketThatHoldsThem) {
  Script script(call_limit("deny"));
  for (const char* ms : {"5", "5.1", "300000", "300001"}) {
    script.feed(at(0, event("tool", "bot", R"(,"duration_ms":)" + std::string(ms))));
  }
  script.feed(at(0, event("tool", "bot", "")));
  const auto series = script.engine().status().activity;
  ASSERT_EQ(series.size(), 1U);
  const auto& durations = series[0].sums.durations;
  EXPECT_EQ(durations[0], 1);
  EXPECT_EQ(durations[1], 1);
  EXPECT_EQ(durations[kDurationBucketsMs.size() - 1], 1);
  EXPECT_EQ(durations.back(), 1);
  EXPECT_EQ(series[0].sums.duration_us, 600'011'100);
  EXPECT_EQ(series[0].sums.events.without, 5);
}

TEST(EngineStatus, SeriesBeyondTheCapAreCountedTogether) {
  Script script(call_limit("deny"));
  for (int i = 0; i < 10'005; ++i) {
    script.feed(at(0, event("llm", "bot", R"(,"model":"m)" + std::to_string(i) + "\"")));
  }
  const auto series = script.engine().status().activity;
  ASSERT_EQ(series.size(), 10'001U);
  const auto overflow = std::find_if(series.begin(), series.end(),
                                     [](const auto& each) { return each.agent == "_overflow"; });
  ASSERT_NE(overflow, series.end());
  EXPECT_EQ(overflow->sums.events.without, 5);
}

TEST(EngineStatus, DecisionsAreCountedByEffectGateAndReason) {
  Script script(call_limit("deny"));
  for (const char* id : {"a", "b", "c"}) script.feed(at(0, check(id, kSearch)));
  const DecisionCounts counts = script.engine().status().counters.decisions;
  const auto of = [&](policy::Effect effect, policy::Gate gate, policy::Reason reason) {
    return counts[static_cast<std::size_t>(effect)][static_cast<std::size_t>(gate)]
                 [static_cast<std::size_t>(reason)];
  };
  std::int64_t allowed = 0;
  for (const auto& gate : counts[0]) allowed += gate[0];
  EXPECT_EQ(allowed, 2);
  EXPECT_EQ(of(policy::Effect::Deny, policy::Gate::Governance, policy::Reason::BudgetExceeded), 1);
}

TEST(EngineStatus, BreakersSayTheirStateSinceWhenAndWhenToTryAgain) {
  Script script(breaker("enforce"));
  for (int i = 0; i < 2; ++i) {
    script.feed(at(i, event("tool", "bot", R"(,"tool":"search","outcome":"error")")));
  }
  const Status status = script.engine().status();
  ASSERT_EQ(status.breakers.size(), 1U);
  ASSERT_EQ(status.breakers[0].keys.size(), 1U);
  const auto& key = status.breakers[0].keys[0];
  EXPECT_EQ(status.breakers[0].key.value(key.key, Dimension::Tool), "search");
  EXPECT_EQ(key.state, breakers::BreakerState::Open);
  EXPECT_EQ(format_rfc3339(key.since), "2026-01-01T00:00:01Z");
  EXPECT_EQ(format_rfc3339(key.retry_at.value()), "2026-01-01T00:00:11Z");
  EXPECT_EQ(status.counters.breaker_moves.at({"tools", "closed", "open", "consecutive_failures"}),
            1);
}

TEST(EngineStatus, ApprovalsAreForPeopleWithoutTheArguments) {
  Script script(policy(R"(
    - {id: ask, trigger: request, when: target == "pay", effect: require_approval}
)"));
  script.feed(at(0, check("a", R"({"agent":"bot","tenant":"t","action":"tool","target":"pay",)"
                               R"("args":{"card":"4711"}})")));
  const auto approvals = script.engine().status().approvals;
  ASSERT_EQ(approvals.size(), 1U);
  EXPECT_EQ(approvals[0].state, "pending");
  EXPECT_EQ(approvals[0].tenant, "t");
  EXPECT_EQ(approvals[0].agent, "bot");
  EXPECT_EQ(approvals[0].action, "tool");
  EXPECT_EQ(approvals[0].target, "pay");
  EXPECT_EQ(approvals[0].rule, "ask");
  EXPECT_EQ(approvals[0].expires - approvals[0].asked, kApprovalWait);
  EXPECT_EQ(script.engine().save().find("4711"), std::string::npos);
}

TEST(EngineStatus, OverridesAndKillsAndRestrictionsStandInIt) {
  Script script(kToolSlo + breaker("enforce") + policy(R"(
    - id: burning
      trigger: slo
      when: slo.name == "tools" && slo.burn_rate["5m"] > 4.0
      effect: deny
      scope: agent
)"));
  script.feed(at(0, event("tool", "bot", R"(,"tool":"search","outcome":"error")")));
  script.feed(at(1, R"("force":{"id":"tools:search","state":"closed","for":"1h","reason":"r",)"
                    R"("actor":"alice"})"));
  script.feed(at(2, R"("kill":{"scope":"agent:x","reason":"r","actor":"bob"})"));
  const Status status = script.engine().status();
  ASSERT_EQ(status.overrides.size(), 1U);
  EXPECT_EQ(status.overrides[0].id, "tools:search");
  EXPECT_EQ(status.overrides[0].state, "closed");
  ASSERT_EQ(status.kills.size(), 1U);
  EXPECT_EQ(killswitch::format(status.kills[0].scope), "agent:x");
  ASSERT_EQ(status.restrictions.size(), 1U);
  EXPECT_EQ(status.restrictions[0].rule, "burning");
  EXPECT_EQ(status.restrictions[0].scope, "agent:bot");
}

// The events of all kinds and outcomes add up, after a restart too.
TEST(EngineStatus, CountersGoOnAfterARestart) {
  Script script(kEverything);
  for (const std::string& line : random_journal(5, 1500)) script.feed(line);
  Engine restored(spec_of(kEverything));
  ASSERT_TRUE(restored.restore(script.engine().save()));
  for (Engine* engine : {&script.engine(), &restored}) {
    const Status status = engine->status();
    std::int64_t events = 0;
    for (const OutcomeCounts& kind : status.counters.events_by_kind) {
      for (const std::int64_t count : kind.by_outcome) events += count;
      events += kind.without;
    }
    std::int64_t decisions = 0;
    for (const auto& effect : status.counters.decisions) {
      for (const auto& gate : effect) {
        for (const std::int64_t count : gate) decisions += count;
      }
    }
    EXPECT_GT(events, status.counters.events);  // heartbeats besides
    EXPECT_EQ(decisions, status.counters.checks);
    EXPECT_FALSE(status.counters.breaker_moves.empty());
    EXPECT_EQ(status.next_seq, script.engine().status().next_seq);
  }
}

}  // namespace
}  // namespace fusebox::engine
