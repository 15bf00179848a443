// The worked example loads, and every value of it arrives.
#include <chrono>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "sre/config/load.hpp"
#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

using namespace std::chrono_literals;
using breakers::Resource;

class WorkedExample : public testing::Test {
 protected:
  const Configuration configuration_ =
      load_text(read_text(std::filesystem::path(FUSEBOX_TEST_DATA) / "accepted/example.yaml"));
  const engine::EngineSpec& engine_ = configuration_.engine;
};

std::vector<Dimension> dimensions(std::initializer_list<Dimension> list) { return list; }

TEST_F(WorkedExample, Config) {
  const Settings& settings = configuration_.settings;
  EXPECT_EQ(settings.name, "example");
  EXPECT_EQ(settings.listen_api, "127.0.0.1:7100");
  EXPECT_EQ(settings.listen_otlp_http, "127.0.0.1:4318");
  EXPECT_EQ(settings.state, "./state");
  EXPECT_EQ(engine_.lateness, 5min);
  EXPECT_EQ(engine_.silence, Duration{10min});
}

TEST_F(WorkedExample, RatioSlo) {
  ASSERT_EQ(engine_.slos.size(), 2u);
  const slo::SloSpec& slo = engine_.slos[0];
  EXPECT_EQ(slo.name, "tool-success");
  EXPECT_EQ(slo.service, "agents");
  EXPECT_EQ(slo.description, "Tool calls of agents succeed.");
  EXPECT_EQ(slo.group_by.dimensions(), dimensions({Dimension::Agent, Dimension::Tool}));
  EXPECT_EQ(slo.max_keys, 10'000u);
  EXPECT_EQ(slo.window, Duration{std::chrono::days{30}});
  const auto* ratio = std::get_if<slo::RatioIndicator>(&slo.indicator);
  ASSERT_NE(ratio, nullptr);
  EXPECT_EQ(ratio->part.text(), R"(kind == "tool" && outcome == "ok")");
  EXPECT_EQ(ratio->total.text(), R"(kind == "tool" && outcome in ["ok", "error", "timeout"])");
  EXPECT_TRUE(ratio->part_is_good);
  ASSERT_EQ(slo.objectives.size(), 1u);
  EXPECT_EQ(slo.objectives[0].name, "standard");
  EXPECT_EQ(slo.objectives[0].target, (Ratio{99, 100}));
  std::vector<Ratio> factors;
  for (const slo::AlertPair& pair : slo.objectives[0].alerts) factors.push_back(pair.factor);
  EXPECT_EQ(factors, (std::vector<Ratio>{{72, 5}, {6, 1}, {3, 1}, {1, 1}}));
  EXPECT_EQ(slo.low_traffic.min_bad, 2);
  EXPECT_EQ(slo.low_traffic.alpha, (Ratio{1, 100}));
}

TEST_F(WorkedExample, ThresholdSlo) {
  ASSERT_EQ(engine_.slos.size(), 2u);
  const slo::SloSpec& slo = engine_.slos[1];
  EXPECT_EQ(slo.name, "llm-latency");
  EXPECT_EQ(slo.window, Duration{std::chrono::days{7}});
  const auto* threshold = std::get_if<slo::ThresholdIndicator>(&slo.indicator);
  ASSERT_NE(threshold, nullptr);
  EXPECT_EQ(threshold->where.text(), R"(kind == "llm")");
  EXPECT_EQ(threshold->value, telemetry::NumericField::DurationMs);
  ASSERT_EQ(slo.objectives.size(), 1u);
  EXPECT_EQ(slo.objectives[0].op, slo::Comparison::Lte);
  EXPECT_EQ(slo.objectives[0].bound, 2000);
  EXPECT_EQ(slo.objectives[0].target, (Ratio{19, 20}));
}

TEST_F(WorkedExample, Breaker) {
  ASSERT_EQ(engine_.breakers.size(), 1u);
  const breakers::BreakerSpec& breaker = engine_.breakers[0];
  EXPECT_EQ(breaker.name, "tools");
  EXPECT_EQ(breaker.key.dimensions(), dimensions({Dimension::Agent, Dimension::Tool}));
  ASSERT_TRUE(breaker.where.has_value());
  EXPECT_EQ(breaker.where->text(), R"(kind == "tool")");
  ASSERT_TRUE(breaker.window.has_value());
  ASSERT_TRUE(std::holds_alternative<breakers::CountWindow>(*breaker.window));
  EXPECT_EQ(std::get<breakers::CountWindow>(*breaker.window).calls, 10u);
  EXPECT_EQ(breaker.minimum_calls, 4u);
  EXPECT_EQ(breaker.failure_rate, (Ratio{1, 2}));
  ASSERT_TRUE(breaker.slow.has_value());
  EXPECT_EQ(breaker.slow->longer_than, 5s);
  EXPECT_EQ(breaker.slow->rate, (Ratio{4, 5}));
  EXPECT_EQ(breaker.consecutive_failures, 5u);
  EXPECT_EQ(breaker.open_wait, 10s);
  EXPECT_EQ(breaker.open_backoff, (Ratio{2, 1}));
  EXPECT_EQ(breaker.open_max, 5min);
  EXPECT_EQ(breaker.probes, 2u);
  EXPECT_EQ(breaker.patience, 30s);
  EXPECT_EQ(breaker.mode, policy::Enforcement::Enforce);
}

TEST_F(WorkedExample, Limits) {
  ASSERT_EQ(engine_.limits.size(), 2u);
  const breakers::LimitSpec& budget = engine_.limits[0];
  EXPECT_EQ(budget.name, "task-budget");
  EXPECT_EQ(budget.scope.dimensions(), dimensions({Dimension::Task}));
  EXPECT_EQ(budget.window, std::nullopt);
  const auto amount = [&](Resource resource) {
    return budget.budget[static_cast<std::size_t>(resource)];
  };
  EXPECT_EQ(amount(Resource::Tokens), 8000);
  EXPECT_EQ(amount(Resource::ToolCalls), 20);
  EXPECT_EQ(amount(Resource::CostUsd), 500'000);
  EXPECT_EQ(amount(Resource::FilesChanged), 15);
  EXPECT_EQ(amount(Resource::TokensIn), std::nullopt);
  EXPECT_EQ(budget.on_exceed, breakers::OnExceed::Deny);

  const breakers::LimitSpec& rate = engine_.limits[1];
  ASSERT_TRUE(rate.rate.has_value());
  EXPECT_EQ(rate.rate->limit, 60);
  EXPECT_EQ(rate.rate->per, 1min);
  EXPECT_EQ(rate.rate->burst, 5);
  ASSERT_TRUE(rate.concurrency.has_value());
  EXPECT_EQ(rate.concurrency->max, 8);
  EXPECT_EQ(rate.concurrency->lease, 2min);
  EXPECT_EQ(rate.on_exceed, breakers::OnExceed::Throttle);
}

TEST_F(WorkedExample, Policy) {
  ASSERT_EQ(engine_.policies.size(), 1u);
  const policy::PolicySpec& policy = engine_.policies[0];
  EXPECT_EQ(policy.name, "production");
  EXPECT_EQ(policy.mode, policy::PolicyMode::Strict);
  EXPECT_EQ(policy.default_effect, policy::Effect::Allow);
  ASSERT_EQ(policy.rules.size(), 3u);
  EXPECT_EQ(policy.rules[0].id, "no-production-deletes");
  EXPECT_EQ(policy.rules[0].effect, policy::Effect::RequireApproval);
  EXPECT_EQ(policy.rules[0].on_error, policy::Effect::Deny);
  EXPECT_EQ(policy.rules[0].message, "Deleting production files needs an approval.");
  EXPECT_EQ(policy.rules[1].effect, policy::Effect::Deny);
  EXPECT_EQ(policy.rules[1].when.text(), R"(action == "tool" && target.startsWith("sql") && )"
                                         R"re(args.query.matches("(?i)\\bdrop\\s+table\\b"))re");
  const policy::RuleSpec& kill = policy.rules[2];
  EXPECT_EQ(kill.trigger, policy::Trigger::Slo);
  EXPECT_EQ(kill.effect, policy::Effect::Kill);
  EXPECT_EQ(kill.mode, policy::Enforcement::Shadow);
  ASSERT_TRUE(kill.scope.has_value());
  EXPECT_EQ(kill.scope->dimension, Dimension::Agent);
}

TEST_F(WorkedExample, PolicyDigest) {
  EXPECT_EQ(engine_.policy_digest.size(), std::string("sha256:").size() + 64);
  EXPECT_EQ(engine_.policy_digest.rfind("sha256:", 0), 0u);
}

}  // namespace
}  // namespace fusebox::config
