#include "exporters/prometheus/metrics.hpp"

#include "tests/engine/configs.hpp"
#include "tests/engine/random_journal.hpp"
#include "tests/prometheus/exposition.hpp"
#include "tests/prometheus/support.hpp"

namespace fusebox::prometheus {
namespace {

using engine::at;
using engine::check;

std::string tool_event(std::string_view agent, std::string_view outcome) {
  return R"("event":{"kind":"tool","agent":")" + std::string(agent) +
         R"(","tool":"x","outcome":")" + std::string(outcome) + "\"}";
}

Exposition read(engine::Script& script, const Caps& caps = {}) {
  return Exposition(page_of(script, caps));
}

std::string slo_events(std::string_view agent, std::string_view result) {
  return R"(fusebox_slo_events_total{slo="tools",agent=")" + std::string(agent) + R"(",result=")" +
         std::string(result) + "\"}";
}

TEST(PrometheusMetrics, BothResultsOfAKeyShowZeroForFifteenSeconds) {
  engine::Script script(engine::kToolSlo);
  script.feed(at(0, tool_event("bot", "error")));
  EXPECT_EQ(read(script).at(slo_events("bot", "bad")), 0);
  EXPECT_EQ(read(script).at(slo_events("bot", "good")), 0);
  script.feed(at(14, tool_event("bot", "ok")));
  EXPECT_EQ(read(script).at(slo_events("bot", "bad")), 0);
  script.feed(at(15, R"("tick":true)"));
  EXPECT_EQ(read(script).at(slo_events("bot", "bad")), 1);
  EXPECT_EQ(read(script).at(slo_events("bot", "good")), 1);
  EXPECT_EQ(read(script).at(R"(fusebox_slo_burn_rate_ratio{slo="tools",agent="bot",window="5m"})"),
            5);
}

TEST(PrometheusMetrics, CountersHaveEverythingAndNotOnlyTheWindow) {
  engine::Script script(engine::kToolSlo);
  script.feed(at(0, tool_event("bot", "ok")));
  script.feed(at(40 * 86'400, tool_event("bot", "ok")));
  EXPECT_EQ(read(script).at(slo_events("bot", "good")), 2);
}

TEST(PrometheusMetrics, SeveralObjectivesDifferInALabel) {
  std::string yaml = engine::kToolSlo;
  yaml.replace(yaml.find("{displayName: standard"), std::string::npos,
               "{displayName: standard, target: 0.9}, {displayName: gold, target: 0.99}]\n");
  engine::Script script(yaml);
  script.feed(at(0, tool_event("bot", "ok")));
  const Exposition page = read(script);
  const std::string key = R"({slo="tools",agent="bot")";
  EXPECT_EQ(page.at("fusebox_slo_objective_ratio" + key + R"(,objective="gold"})"), 0.99);
  EXPECT_EQ(page.at("fusebox_slo_objective_ratio" + key + R"(,objective="standard"})"), 0.9);
  EXPECT_EQ(page.at("fusebox_slo_status" + key + R"(,objective="gold",status="healthy"})"), 1);
  EXPECT_TRUE(page.has("fusebox_slo_burn_rate_ratio" + key + R"(,objective="gold",window="1h"})"));
  EXPECT_TRUE(page.has(slo_events("bot", "good")));
}

TEST(PrometheusMetrics, KeysBeyondTheCapAreSummedInCountersAndLeftOutOfGauges) {
  engine::Script script(engine::kToolSlo);
  script.feed(at(0, tool_event("z", "ok")));
  for (const char* agent : {"c", "b", "a"}) script.feed(at(1, tool_event(agent, "error")));
  script.feed(at(60, R"("tick":true)"));
  const Exposition page = read(script, {.keys_max = 2});
  EXPECT_EQ(page.at(slo_events("z", "good")), 1);
  EXPECT_EQ(page.at(slo_events("a", "bad")), 1);  // of those born together the first by key
  EXPECT_EQ(page.at(slo_events("_overflow", "bad")), 2);
  EXPECT_FALSE(page.has(slo_events("b", "bad")));
  EXPECT_TRUE(page.has(R"(fusebox_slo_objective_ratio{slo="tools",agent="a"})"));
  EXPECT_FALSE(page.has(R"(fusebox_slo_objective_ratio{slo="tools",agent="_overflow"})"));
  EXPECT_EQ(page.at(R"(fusebox_exporter_keys_dropped{table="slo"})"), 2);
  EXPECT_EQ(page.at(R"(fusebox_exporter_keys_dropped{table="activity"})"), 2);
  EXPECT_EQ(read(script).at(R"(fusebox_exporter_keys_dropped{table="slo"})"), 0);
}

TEST(PrometheusMetrics, TheEnginesOverflowKeyStaysAndJoinsTheSum) {
  std::string yaml = engine::kToolSlo;
  yaml.replace(yaml.find("{fusebox.dev/group-by"), 1, "{fusebox.dev/max-keys: \"2\", ");
  engine::Script script(yaml);
  for (const char* agent : {"a", "b", "c"}) script.feed(at(0, tool_event(agent, "ok")));
  script.feed(at(60, R"("tick":true)"));
  EXPECT_EQ(read(script).at(slo_events("_overflow", "good")), 1);
  EXPECT_EQ(read(script, {.keys_max = 1}).at(slo_events("_overflow", "good")), 2);
  EXPECT_EQ(read(script, {.keys_max = 2}).at(R"(fusebox_exporter_keys_dropped{table="slo"})"), 0);
}

TEST(PrometheusMetrics, StandingStopOrdersAreShownBeforeRearmedOnes) {
  engine::Script script(engine::kToolSlo);
  script.feed(at(0, R"("kill":{"scope":"agent:a","reason":"r","actor":"p"})"));
  script.feed(at(1, R"("rearm":{"id":"kill-1","reason":"r","actor":"p"})"));
  script.feed(at(1, R"("rearm":{"id":"kill-1","reason":"r","actor":"q"})"));
  script.feed(at(2, R"("kill":{"scope":"tenant:t/agent:b","reason":"r","actor":"p"})"));
  EXPECT_EQ(read(script).at(R"(fusebox_kill_active{scope="agent:a"})"), 0);
  const Exposition page = read(script, {.keys_max = 1});
  EXPECT_EQ(page.at(R"(fusebox_kill_active{scope="tenant:t/agent:b"})"), 1);
  EXPECT_FALSE(page.has(R"(fusebox_kill_active{scope="agent:a"})"));
  EXPECT_EQ(page.at(R"(fusebox_exporter_keys_dropped{table="kill"})"), 1);
}

TEST(PrometheusMetrics, LimitsAreInBaseUnitsWithConcurrencyAndRateAsDimensions) {
  engine::Script script(R"(---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: all}
spec:
  scope: [agent]
  window: lifetime
  budget: {tokens: 100, cost_usd: 0.5, wall_clock: 10s}
  rate: {limit: 10/m, burst: 4}
  concurrency: {max: 2, lease: 40s}
  on_exceed: deny
)");
  script.feed(at(0, check("a", R"({"agent":"b","action":"llm","target":"m",)"
                               R"("estimate":{"tokens":25,"cost_usd":"0.1"}})")));
  script.feed(at(3, R"("tick":true)"));
  const Exposition page = read(script);
  const auto of = [&](std::string_view name, std::string_view dimension) {
    return page.at("fusebox_limit_" + std::string(name) + R"({limit="all",agent="b",dimension=")" +
                   std::string(dimension) + "\"}");
  };
  EXPECT_EQ(of("reserved", "tokens"), 25);
  EXPECT_EQ(of("reserved", "cost_usd"), 0.1);
  EXPECT_EQ(of("max", "cost_usd"), 0.5);
  EXPECT_EQ(of("used", "wall_clock"), 3);
  EXPECT_EQ(of("used_ratio", "wall_clock"), 0.3);
  EXPECT_EQ(of("used", "concurrency"), 1);
  EXPECT_EQ(of("used_ratio", "concurrency"), 0.5);
  EXPECT_EQ(of("max", "rate"), 4);
  EXPECT_FALSE(page.has(R"(fusebox_limit_reserved{limit="all",agent="b",dimension="rate"})"));
}

TEST(PrometheusMetrics, FirstMovesAndRefusalsAreIncreases) {
  engine::Script script(engine::breaker("enforce"));
  const std::string opened =
      R"(fusebox_breaker_transitions_total{breaker="tools",from="closed",to="open",)"
      R"(detector="consecutive_failures"})";
  const std::string refused =
      R"(fusebox_decisions_total{effect="deny",gate="reliability",reason="breaker_open"})";
  EXPECT_EQ(read(script).at(opened), 0);
  EXPECT_EQ(read(script).at(refused), 0);
  script.feed(at(0, tool_event("bot", "error")));
  script.feed(at(0, tool_event("bot", "error")));
  script.feed(at(1, check("a", R"({"agent":"bot","action":"tool","target":"x"})")));
  EXPECT_EQ(read(script).at(opened), 1);
  EXPECT_EQ(read(script).at(refused), 1);
  EXPECT_EQ(read(script).at(R"(fusebox_breaker_state{breaker="tools",tool="x",state="open"})"), 1);
  EXPECT_EQ(read(script).at(R"(fusebox_breaker_state{breaker="tools",tool="x",state="closed"})"),
            0);
}

TEST(PrometheusMetrics, LatenciesAreOfTheSlosThatTheHostNames) {
  engine::Script script(engine::kEverything);
  script.feed(at(0, R"("event":{"kind":"llm","agent":"b","session":"s","duration_ms":250})"));
  const engine::Status status = script.engine().status();
  HostNumbers host;
  std::string out;
  append_metrics(out, status, host);
  EXPECT_EQ(out.find("fusebox_latency_seconds{"), std::string::npos);
  out.clear();
  host.latency_slos = {"fast"};
  append_metrics(out, status, host);
  EXPECT_NEAR(
      Exposition(out).at(R"(fusebox_latency_seconds{slo="fast",session="s",quantile="0.99"})"),
      0.25, 0.25 * 0.008);
}

TEST(PrometheusMetrics, WhatTheHostDoesNotKnowIsLeftOut) {
  std::string out;
  append_metrics(out, {}, {});
  const Exposition page(out);
  EXPECT_FALSE(page.types().contains("process_open_fds"));
  EXPECT_FALSE(page.types().contains("fusebox_kill_latency_seconds"));
  EXPECT_FALSE(page.types().contains("fusebox_http_requests_total"));
}

// A group-by name must be a label name that nothing else of its families uses.
TEST(PrometheusMetrics, DimensionsAreLabelNamesOfTheirOwn) {
  for (const std::string_view name : dimension_names()) {
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos);
    EXPECT_FALSE(name.starts_with("_"));
    for (const char* used : {"slo", "result", "objective", "window", "status", "quantile", "limit",
                             "dimension", "breaker", "state", "job", "instance"}) {
      EXPECT_NE(name, used);
    }
  }
}

}  // namespace
}  // namespace fusebox::prometheus
