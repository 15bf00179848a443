#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "sre/config/load.hpp"
#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

std::vector<std::string> slo_names(const Configuration& configuration) {
  std::vector<std::string> names;
  names.reserve(configuration.engine.slos.size());
  for (const slo::SloSpec& slo : configuration.engine.slos) names.push_back(slo.name);
  return names;
}

const std::vector<std::string> kPresetNames{"task-success", "tool-success", "latency", "ttft"};

constexpr std::string_view kOwnSlo = R"(
apiVersion: openslo/v1
kind: SLO
metadata: {name: latency}
spec:
  service: agents
  indicator:
    spec:
      thresholdMetric: {metricSource: {type: fusebox, spec: {where: kind == "llm", value: ttft_ms}}}
  timeWindow: [{duration: 1d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{op: lt, value: 1, target: 0.5}]
)";

std::string config_with(std::string_view spec) {
  return "apiVersion: fusebox/v1\nkind: Config\nmetadata: {name: c}\nspec: {" + std::string(spec) +
         "}\n";
}

TEST(BuiltIn, HasThePresetsAndNothingElse) {
  const Configuration configuration = built_in();
  EXPECT_EQ(slo_names(configuration), kPresetNames);
  EXPECT_TRUE(configuration.engine.breakers.empty());
  EXPECT_TRUE(configuration.engine.limits.empty());
  EXPECT_TRUE(configuration.engine.policies.empty());
  EXPECT_EQ(configuration.engine.policy_digest, "");
  EXPECT_EQ(configuration.engine.silence, std::nullopt);
  EXPECT_EQ(configuration.settings.name, "default");
}

TEST(BuiltIn, PresetsKeepAllFourAlerts) {
  for (const slo::SloSpec& slo : built_in().engine.slos) {
    EXPECT_EQ(slo.window, Duration{std::chrono::days{28}}) << slo.name;
    EXPECT_EQ(slo.objectives[0].alerts.size(), 4u) << slo.name;
  }
}

TEST(Presets, AreOnWithoutAnySloDocument) {
  Diagnostics diagnostics;
  const auto configuration = load({{"c.yaml", config_with("")}}, diagnostics);
  ASSERT_TRUE(configuration.has_value());
  EXPECT_EQ(slo_names(*configuration), kPresetNames);
  EXPECT_TRUE(diagnostics.all().empty()) << "presets say nothing of their own";
}

TEST(Presets, AreOffWithAnSloDocument) {
  EXPECT_EQ(slo_names(load_text(std::string(kOwnSlo))), (std::vector<std::string>{"latency"}));
}

TEST(Presets, CanBeSwitchedOff) {
  EXPECT_TRUE(slo_names(load_text(config_with("presets: false"))).empty());
}

TEST(Presets, GiveWayToAnSloOfTheSameName) {
  const auto names =
      slo_names(load_text(config_with("presets: true") + "---" + std::string(kOwnSlo)));
  EXPECT_EQ(names, (std::vector<std::string>{"latency", "task-success", "tool-success", "ttft"}));
}

}  // namespace
}  // namespace fusebox::config
