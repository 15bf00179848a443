// Defaults and spellings of each kind that the worked example does not show.
#include <chrono>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "sre/config/load.hpp"
#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

using namespace std::chrono_literals;

std::string document(std::string_view kind, std::string_view spec) {
  return "apiVersion: fusebox/v1\nkind: " + std::string(kind) +
         "\nmetadata: {name: x}\nspec: " + std::string(spec) + "\n";
}

breakers::BreakerSpec breaker(std::string_view spec) {
  return load_text(document("Breaker", spec)).engine.breakers.at(0);
}

breakers::LimitSpec limit(std::string_view spec) {
  return load_text(document("Limit", spec)).engine.limits.at(0);
}

policy::PolicySpec policy_of(std::string_view spec) {
  return load_text(document("Policy", spec)).engine.policies.at(0);
}

slo::SloSpec slo_of(std::string_view annotations, std::string_view objectives,
                    std::string_view window = "30d") {
  return load_text("apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: x, annotations: {" +
                   std::string(annotations) + R"(}}
spec:
  service: agents
  indicator:
    spec:
      ratioMetric:
        bad: {metricSource: {type: fusebox, spec: {where: kind == "task" && outcome == "error"}}}
        total: {metricSource: {type: fusebox, spec: {where: kind == "task"}}}
  budgetingMethod: Occurrences
  timeWindow: [{duration: )" +
                   std::string(window) +
                   ", isRolling: true}]\n  objectives: " + std::string(objectives) + "\n")
      .engine.slos.at(0);
}

TEST(BreakerKind, Defaults) {
  const auto spec = breaker("{key: [], consecutive_failures: 3}");
  EXPECT_TRUE(spec.key.dimensions().empty());
  EXPECT_FALSE(spec.where.has_value());
  EXPECT_FALSE(spec.window.has_value());
  EXPECT_EQ(spec.open_wait, 60s);
  EXPECT_EQ(spec.open_backoff, (Ratio{1, 1}));
  EXPECT_EQ(spec.open_max, 5min);
  EXPECT_EQ(spec.probes, 1u);
  EXPECT_EQ(spec.patience, 30s);
  EXPECT_EQ(spec.mode, policy::Enforcement::Enforce);
}

TEST(BreakerKind, MinimumCallsFollowsTheWindow) {
  EXPECT_EQ(breaker("{key: [], window: {count: 4}, failure_rate: 50%}").minimum_calls, 4u);
  EXPECT_EQ(breaker("{key: [], window: {count: 40}, failure_rate: 50%}").minimum_calls, 10u);
  EXPECT_EQ(breaker("{key: [], window: {duration: 60s}, failure_rate: 50%}").minimum_calls, 10u);
}

TEST(BreakerKind, MaxIsAtLeastTheWait) {
  EXPECT_EQ(breaker("{key: [], consecutive_failures: 1, open: {wait: 10m}}").open_max, 10min);
  EXPECT_EQ(breaker("{key: [], consecutive_failures: 1, open: {wait: 10m, backoff: 2}}").open_max,
            10min);
}

TEST(BreakerKind, TimeWindow) {
  const auto spec = breaker("{key: [], window: {duration: 60s}, slow: {duration: 5s, rate: 0.8}}");
  ASSERT_TRUE(spec.window && std::holds_alternative<breakers::TimeWindow>(*spec.window));
  EXPECT_EQ(std::get<breakers::TimeWindow>(*spec.window).length, 60s);
}

TEST(LimitKind, Defaults) {
  const auto spec = limit("{scope: [agent], rate: {limit: 100/5m}, concurrency: {max: 3}}");
  EXPECT_EQ(spec.rate->limit, 100);
  EXPECT_EQ(spec.rate->per, 5min);
  EXPECT_EQ(spec.rate->burst, 100);
  EXPECT_EQ(spec.concurrency->lease, 10min);
  EXPECT_EQ(spec.on_exceed, breakers::OnExceed::Deny);
}

TEST(LimitKind, EveryResourceInItsUnit) {
  const auto spec = limit(
      "{scope: [tenant, agent], window: 24h, thresholds: [50%, 0.8, 1], on_exceed: kill, "
      "budget: {tokens: 1, tokens_in: 2, tokens_out: 3, cost_usd: 0.000004, tool_calls: 5, "
      "model_calls: 6, files_changed: 7, wall_clock: 8s, depth: 9}}");
  const std::array<std::optional<std::int64_t>, breakers::kResourceCount> expected{
      1, 2, 3, 4, 5, 6, 7, 8'000'000'000, 9};
  EXPECT_EQ(spec.budget, expected);
  EXPECT_EQ(spec.window, Duration{24h});
  EXPECT_EQ(spec.thresholds, (std::vector<Ratio>{{1, 2}, {4, 5}, {1, 1}}));
  EXPECT_EQ(spec.on_exceed, breakers::OnExceed::Kill);
}

TEST(PolicyKind, DefaultIsDenyInStrictAlone) {
  EXPECT_EQ(policy_of("{rules: []}").default_effect, policy::Effect::Deny);
  EXPECT_EQ(policy_of("{mode: permissive, rules: []}").default_effect, policy::Effect::Allow);
  EXPECT_EQ(policy_of("{mode: audit, rules: []}").default_effect, policy::Effect::Allow);
}

struct ModeRow {
  std::string mode;
  std::string effect;
  policy::Enforcement expected;
};
class PolicyModes : public testing::TestWithParam<ModeRow> {};

TEST_P(PolicyModes, DecideWhatIsEnforced) {
  const ModeRow& row = GetParam();
  const std::string scope = row.effect == "kill" ? ", scope: agent" : "";
  const auto spec = policy_of("{mode: " + row.mode + ", rules: [{id: r, trigger: request, when: " +
                              "'true', effect: " + row.effect + scope + "}]}");
  EXPECT_EQ(spec.rules.at(0).mode, row.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, PolicyModes,
    testing::Values(ModeRow{"strict", "require_approval", policy::Enforcement::Enforce},
                    ModeRow{"permissive", "deny", policy::Enforcement::Enforce},
                    ModeRow{"permissive", "kill", policy::Enforcement::Enforce},
                    ModeRow{"permissive", "allow", policy::Enforcement::Enforce},
                    ModeRow{"permissive", "require_approval", policy::Enforcement::Shadow},
                    ModeRow{"audit", "deny", policy::Enforcement::Shadow},
                    ModeRow{"audit", "kill", policy::Enforcement::Shadow}),
    [](const auto& row) { return row.param.mode + "_" + row.param.effect; });

TEST(PolicyKind, RestrictingRulesRefuseOnError) {
  const auto spec = policy_of(
      "{rules: [{id: a, trigger: request, when: 'true', effect: deny}, "
      "{id: b, trigger: request, when: 'true', effect: allow}, "
      "{id: c, trigger: request, when: 'true', effect: deny, on_error: allow, priority: -5}]}");
  EXPECT_EQ(spec.rules.at(0).on_error, policy::Effect::Deny);
  EXPECT_EQ(spec.rules.at(1).on_error, policy::Effect::Allow);
  EXPECT_EQ(spec.rules.at(2).on_error, policy::Effect::Allow);
  EXPECT_EQ(spec.rules.at(2).priority, -5);
}

TEST(PolicyKind, FixedScopes) {
  const auto spec = policy_of(
      "{rules: [{id: a, trigger: slo, when: slo.budget_remaining < 0.0, effect: deny, "
      "scope: 'tool:shell'}]}");
  ASSERT_TRUE(spec.rules.at(0).scope.has_value());
  EXPECT_EQ(spec.rules.at(0).scope->dimension, std::nullopt);
  EXPECT_EQ(spec.rules.at(0).scope->fixed, "tool:shell");
}

// A rule without a demand on slo.name is about every SLO, and not all presets group by agent.
TEST(PolicyKind, AScopeMustBeAKeyOfEverySloItIsAbout) {
  const auto rule = [](std::string_view when) {
    return document("Policy", "{rules: [{id: a, trigger: slo, effect: kill, scope: agent, when: '" +
                                  std::string(when) + "'}]}");
  };
  EXPECT_EQ(complaints(rule("slo.name == \"task-success\" && slo.sli < 0.5")), "");
  EXPECT_EQ(
      complaints(rule("slo.sli < 0.5")),
      "test.yaml:4:59: error[E0106]: `scope` is `agent`; expected a dimension that SLO `latency` "
      "groups by; name it in fusebox.dev/group-by, or demand another slo.name\n"
      "test.yaml:4:59: error[E0106]: `scope` is `agent`; expected a dimension that SLO `ttft` "
      "groups "
      "by; name it in fusebox.dev/group-by, or demand another slo.name\n");
}

TEST(SloKind, TargetsAreExact) {
  EXPECT_EQ(slo_of("", "[{target: 0.999}]").objectives[0].target, (Ratio{999, 1000}));
  EXPECT_EQ(slo_of("", "[{targetPercent: 99.95}]").objectives[0].target, (Ratio{1999, 2000}));
  EXPECT_EQ(slo_of("", "[{target: 0}]").objectives[0].target, (Ratio{0, 1}));
}

TEST(SloKind, BadEventsAreThePartThatIsNotGood) {
  const auto spec = slo_of("", "[{target: 0.9}]");
  EXPECT_FALSE(std::get<slo::RatioIndicator>(spec.indicator).part_is_good);
}

TEST(SloKind, Annotations) {
  const auto spec = slo_of(
      "fusebox.dev/group-by: ' tool ,agent', fusebox.dev/min-events: '20', "
      "fusebox.dev/min-bad: 3, fusebox.dev/alpha: '0.05', fusebox.dev/max-keys: '7', "
      "other.tool/x: y",
      "[{target: 0.9}]");
  EXPECT_EQ(spec.group_by.dimensions(),
            (std::vector<Dimension>{Dimension::Tool, Dimension::Agent}));
  EXPECT_EQ(spec.low_traffic.min_events, 20);
  EXPECT_EQ(spec.low_traffic.min_bad, 3);
  EXPECT_EQ(spec.low_traffic.alpha, (Ratio{1, 20}));
  EXPECT_EQ(spec.max_keys, 7u);
}

TEST(SloKind, DefaultAlertsAreThoseThatCanFire) {
  const auto alerts = [](std::string_view annotations) {
    return slo_of(annotations, "[{target: 0.9}]").objectives[0].alerts;
  };
  EXPECT_EQ(alerts("").size(), 3u) << "14.4 needs 93.06 %";
  EXPECT_EQ(alerts("fusebox.dev/burn-alerts: default").size(), 3u);
  EXPECT_TRUE(alerts("fusebox.dev/burn-alerts: off").empty());
}

TEST(SloKind, OwnAlertsReplaceTheDefaultOnes) {
  const auto spec = slo_of("fusebox.dev/burn-alerts: '7.2@1h/5m=page, 3.6@6h/30m=ticket'",
                           "[{target: 0.9, displayName: a}, {target: 0.99, displayName: b}]");
  for (const slo::Objective& objective : spec.objectives) {
    ASSERT_EQ(objective.alerts.size(), 2u);
    EXPECT_EQ(objective.alerts[0].factor, (Ratio{36, 5}));
    EXPECT_EQ(objective.alerts[0].long_window, slo::BurnWindow::H1);
    EXPECT_EQ(objective.alerts[0].short_window, slo::BurnWindow::M5);
    EXPECT_EQ(objective.alerts[0].severity, slo::AlertSeverity::Page);
    EXPECT_EQ(objective.alerts[1].severity, slo::AlertSeverity::Ticket);
  }
}

TEST(SloKind, IndicatorsByReference) {
  const auto configuration = load_text(R"(apiVersion: openslo/v1
kind: SLO
metadata: {name: by-reference}
spec:
  service: agents
  indicatorRef: task-success
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{op: gt, value: -1.5e1, target: 50%}]
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: task-success}
spec: {thresholdMetric: {metricSource: {type: fusebox, spec: {where: 'true', value: score}}}}
)");
  const slo::SloSpec& spec = configuration.engine.slos.at(0);
  EXPECT_EQ(std::get<slo::ThresholdIndicator>(spec.indicator).value,
            telemetry::NumericField::Score);
  EXPECT_EQ(spec.objectives[0].op, slo::Comparison::Gt);
  EXPECT_EQ(spec.objectives[0].bound, -15);
}

TEST(ConfigKind, ListenersCanBeOff) {
  const auto settings =
      load_text(document("Config", "{listen: {api: off, otlp_http: false, otlp_grpc: off}}"))
          .settings;
  EXPECT_EQ(settings.listen_api, std::nullopt);
  EXPECT_EQ(settings.listen_otlp_http, std::nullopt);
}

TEST(ConfigKind, SilenceCanBeOff) {
  EXPECT_EQ(load_text(document("Config", "{telemetry: {silence: off}}")).engine.silence,
            std::nullopt);
}

class Loopback : public testing::TestWithParam<std::string> {};
TEST_P(Loopback, IsTakenWithoutAuthentication) {
  EXPECT_EQ(complaints(document("Config", "{listen: {api: '" + GetParam() + "'}}")), "");
}
INSTANTIATE_TEST_SUITE_P(Addresses, Loopback,
                         testing::Values("127.0.0.1:0", "127.8.9.255:65535", "[::1]:7100",
                                         "localhost:7100"));

class NotLoopback : public testing::TestWithParam<std::string> {};
TEST_P(NotLoopback, IsRefused) {
  EXPECT_NE(complaints(document("Config", "{listen: {api: '" + GetParam() + "'}}")), "");
}
INSTANTIATE_TEST_SUITE_P(Addresses, NotLoopback,
                         testing::Values("0.0.0.0:7100", ":7100", "[::]:7100", "::1:7100", "7100",
                                         "127.0.0.1:65536", "127.0.0.256:1", "127.0.0.1.evil.com:1",
                                         "127.1:1", "127.0.0.1:", "localhost.example.com:1"));

TEST(Yaml, ByteOrderMarkAndWindowsLinesAreTaken) {
  EXPECT_EQ(complaints("\xEF\xBB\xBF"
                       "apiVersion: fusebox/v1\r\nkind: Config\r\nmetadata: {name: x}\r\n"
                       "spec: {}\r\n"),
            "");
}

TEST(Yaml, EmptyFilesAndDocumentsSayNothing) {
  EXPECT_EQ(complaints(""), "");
  EXPECT_EQ(complaints("# nothing\n---\n---\n# nothing\n...\n"), "");
}

}  // namespace
}  // namespace fusebox::config
