#include "sre/config/scenario.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "tests/config/support.hpp"

namespace fusebox::config {
namespace {

using namespace std::chrono_literals;

std::string example_text() {
  return read_text(std::filesystem::path(FUSEBOX_TEST_DATA) / "accepted/scenario.yaml");
}

ScenarioFile load_one(const std::string& text) {
  Diagnostics diagnostics;
  auto files = load_scenarios({{"test.yaml", text}}, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << format_all(diagnostics);
  EXPECT_EQ(files.size(), 1u);
  return files.empty() ? ScenarioFile{} : std::move(files.front());
}

// A scenario in which one line differs.
std::string with(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// The only fault of a scenario whose inject stage has one of this type.
chaos::FaultEffect effect_of(const std::string& fault) {
  std::string text = example_text();
  const auto begin = text.find("        - {id: slow");
  const auto end = text.find("    - {name: heal");
  text.replace(begin, end - begin, "        - {id: one, " + fault + "}\n");
  text = with(text, "{name: primary-llm, kind: llm, model: m1}",
              "{name: primary-llm, kind: llm, model: m1}\n    - {name: tools, kind: tool}\n"
              "    - {name: spans, kind: telemetry}\n    - {name: clocks, kind: clock}");
  text = with(text, "  mode: both ", "  mode: sim # ");
  const auto file = load_one(text);
  return file.scenario.stages.empty() ? chaos::FaultEffect{}
                                      : file.scenario.stages.at(1).faults.at(0).effect;
}

TEST(ScenarioFaults, EachTypeWithAndWithoutWhatItMayLeaveOut) {
  using namespace chaos;
  const auto rate_limit = [](const std::string& with) {
    return std::get<RateLimit>(effect_of("type: rate_limit, target: primary-llm" + with));
  };
  EXPECT_EQ(rate_limit("").retry_after, std::nullopt);
  EXPECT_EQ(rate_limit(", with: {retry_after: 30s}").retry_after, Duration{30s});
  EXPECT_TRUE(std::holds_alternative<Hang>(effect_of("type: hang, target: tools")));
  const auto slow = effect_of("type: slow_ttft, target: primary-llm, with: {delay: 2s}");
  EXPECT_EQ(std::get<Constant>(std::get<SlowTtft>(slow).delay).value, 2s);
  const auto usage = effect_of("type: usage_inflation, target: primary-llm, with: {factor: 20}");
  EXPECT_EQ(std::get<UsageInflation>(usage).factor, (Ratio{20, 1}));
  const auto tool = effect_of("type: tool_error, target: tools, with: {kind: protocol}");
  EXPECT_EQ(std::get<ToolError>(tool).kind, ToolErrorKind::Protocol);
  const auto loss =
      effect_of("type: telemetry_loss, target: spans, with: {mode: delay, delay: 5s}");
  EXPECT_EQ(std::get<TelemetryLoss>(loss).mode, LossMode::Delay);
  EXPECT_EQ(std::get<TelemetryLoss>(loss).delay, 5s);
  const auto step = [](const std::string& with) {
    return std::get<ClockStep>(effect_of("type: clock_step, target: clocks, with: " + with)).by;
  };
  EXPECT_EQ(step("{forward: 5m}"), 5min);
  EXPECT_EQ(step("{backward: 1h}"), -1h);
}

class ScenarioExample : public testing::Test {
 protected:
  const ScenarioFile file_ = load_one(example_text());
  const chaos::Scenario& scenario_ = file_.scenario;
};

TEST_F(ScenarioExample, Head) {
  EXPECT_EQ(scenario_.name, "provider-brownout");
  EXPECT_EQ(scenario_.title, "The provider slows down, then answers with overloads");
  EXPECT_EQ(scenario_.owner, "sre-agents");
  EXPECT_EQ(scenario_.seed, 7u);
  EXPECT_EQ(scenario_.mode, chaos::Mode::Both);
  EXPECT_EQ(scenario_.slos, (std::vector<std::string>{"task-success", "ttft"}));
  EXPECT_EQ(file_.place.line, 3u);
}

TEST_F(ScenarioExample, World) {
  ASSERT_EQ(scenario_.targets.size(), 1u);
  EXPECT_EQ(scenario_.targets[0].name, "primary-llm");
  EXPECT_EQ(scenario_.targets[0].kind, chaos::TargetKind::Llm);
  EXPECT_EQ(scenario_.targets[0].model, "m1");
  EXPECT_EQ(scenario_.workload.profile, "research-agent");
  EXPECT_EQ(scenario_.workload.process, chaos::ArrivalProcess::Poisson);
  EXPECT_EQ(scenario_.workload.rate, 200);
  EXPECT_EQ(scenario_.workload.per, 1s);
  EXPECT_EQ(scenario_.workload.agents, 5'000);
  EXPECT_EQ(scenario_.population.unit, chaos::Unit::Session);
  EXPECT_EQ(scenario_.population.percent, (Ratio{1, 10}));
  EXPECT_EQ(scenario_.population.control_percent, (Ratio{1, 10}));
}

TEST_F(ScenarioExample, Stages) {
  ASSERT_EQ(scenario_.stages.size(), 3u);
  EXPECT_EQ(scenario_.duration(), 35min);
  EXPECT_EQ(scenario_.inject_begin(), 10min);
  EXPECT_EQ(scenario_.inject_end(), 25min);
  const auto& faults = scenario_.stages[1].faults;
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].id, "slow");
  EXPECT_EQ(faults[0].schedule.percent, (Ratio{3, 5}));
  const auto* slow = std::get_if<chaos::SlowTtft>(&faults[0].effect);
  ASSERT_NE(slow, nullptr);
  const auto* delay = std::get_if<chaos::LogNormal>(&slow->delay);
  ASSERT_NE(delay, nullptr);
  EXPECT_EQ(delay->p50, 4s);
  EXPECT_EQ(delay->p99, 30s);
  const auto* over = std::get_if<chaos::InStreamError>(&faults[1].effect);
  ASSERT_NE(over, nullptr);
  EXPECT_EQ(over->kind, chaos::ProviderError::Overloaded);
  EXPECT_EQ(over->after_events, 12);
}

TEST_F(ScenarioExample, Judgement) {
  ASSERT_EQ(scenario_.hypothesis.steady_state.size(), 1u);
  EXPECT_EQ(scenario_.hypothesis.steady_state[0].op, chaos::Compare::Gte);
  EXPECT_EQ(scenario_.hypothesis.steady_state[0].value, 0.99);
  ASSERT_EQ(scenario_.hypothesis.compare.size(), 1u);
  EXPECT_EQ(scenario_.hypothesis.compare[0].margin, (Ratio{1, 100}));
  EXPECT_EQ(scenario_.hypothesis.min_samples, 2'000);
  ASSERT_EQ(scenario_.guardrails.size(), 1u);
  EXPECT_EQ(scenario_.guardrails[0].lasting, 10s);
  ASSERT_EQ(scenario_.expect.size(), 3u);
  EXPECT_EQ(scenario_.expect[0].text, "breaker models open within 20s");
  EXPECT_EQ(scenario_.expect[1].text, "amplification primary-llm max 1.5");
  EXPECT_EQ(scenario_.expect[2].text, "recovery task-success within 3m hold 2m");
  const auto* recovery = std::get_if<chaos::ExpectRecovery>(&scenario_.expect[2].what);
  ASSERT_NE(recovery, nullptr);
  EXPECT_EQ(recovery->within, 3min);
  EXPECT_EQ(recovery->hold, 2min);
}

TEST_F(ScenarioExample, NamesItsReferences) {
  std::string names;
  for (const Reference& reference : file_.references) names += reference.name + " ";
  EXPECT_EQ(names, "task-success ttft task-success task-success task-success models task-success ");
  EXPECT_EQ(file_.references[5].what, ReferenceKind::Breaker);
  EXPECT_EQ(file_.references[5].place.line, 34u);
}

TEST(ScenarioHash, IsOfTheMeaning) {
  const std::string hash = load_one(example_text()).scenario.hash;
  EXPECT_EQ(hash.rfind("sha256:", 0), 0u);
  EXPECT_EQ(hash.size(), 7u + 64u);
  struct Row {
    std::string name, from, to;
    bool same;
  };
  const Row rows[] = {
      {"a comment", "mode: both                       # sim | live | both", "mode: both", true},
      {"key order", "{process: poisson, rate: 200/s}", "{rate: 200/s, process: poisson}", true},
      {"a default", "percent: 10%, control_percent: 10%", "percent: 0.1", true},
      {"a unit", "duration: 15m", "duration: 900s", true},
      {"the same expectation in seconds", "within: 3m", "within: 180s", true},
      {"another share", "percent: 60%", "percent: 61%", false},
      {"another title", "slows down", "slows", false},
      {"another margin", "margin: 0.01", "margin: 0.02", false},
  };
  for (const Row& row : rows) {
    const std::string other = load_one(with(example_text(), row.from, row.to)).scenario.hash;
    EXPECT_EQ(other == hash, row.same) << row.name;
  }
}

TEST(ScenarioDefaults, ModeIsBothWhereItCouldBe) {
  const std::string text = with(example_text(), "  mode: both ", "  # ");
  EXPECT_EQ(load_one(text).scenario.mode, chaos::Mode::Both);
  const std::string longer = with(text, "duration: 15m", "duration: 2h");
  EXPECT_EQ(load_one(longer).scenario.mode, chaos::Mode::Sim);
}

TEST(ScenarioDefaults, EverybodyIsInTheExperiment) {
  std::string text = with(example_text(), "  population: {", "  # {");
  text = with(text, "    compare:", "    # compare:");
  const chaos::Population population = load_one(text).scenario.population;
  EXPECT_EQ(population.percent, (Ratio{1, 1}));
  EXPECT_EQ(population.control_percent, (Ratio{0, 1}));
}

TEST(ScenarioSamples, TooFewAreANoticeInSimulation) {
  Diagnostics diagnostics;
  const std::string text = with(example_text(), "rate: 200/s", "rate: 60/m");
  EXPECT_EQ(load_scenarios({{"test.yaml", text}}, diagnostics).size(), 1u);
  EXPECT_EQ(format_all(diagnostics),
            "test.yaml:29:61: notice[E0106]: the smaller arm will see about 90 tasks under faults, "
            "and 1826 are needed; expect the verdict `inconclusive`\n"
            "test.yaml:30:18: notice[E0106]: the smaller arm will see about 90 tasks under faults, "
            "and 2000 are needed; expect the verdict `inconclusive`\n");
}

TEST(ScenarioReferences, ThePresetsAnswerWhatTheConfigurationDoesNot) {
  const ScenarioFile file = load_one(example_text());
  Diagnostics diagnostics;
  check_references(file, engine::EngineSpec{}, diagnostics);
  EXPECT_EQ(format_all(diagnostics), "");
  const auto slos = slos_of(file, engine::EngineSpec{});
  ASSERT_EQ(slos.size(), 2u);
  EXPECT_EQ(slos[0].name, "task-success");
  EXPECT_EQ(slos[1].name, "ttft");
}

TEST(ScenarioReferences, TheConfigurationComesBeforeThePresets) {
  engine::EngineSpec engine;
  engine.slos = built_in().engine.slos;
  for (slo::SloSpec& slo : engine.slos) slo.window = 1h;
  EXPECT_EQ(slos_of(load_one(example_text()), engine).at(0).window, Duration{1h});
}

TEST(ScenarioReferences, AnUnknownSloIsAMistakeAndABreakerIsNot) {
  const std::string text =
      with(example_text(), "slos: [task-success, ttft]", "slos: [task-succes]");
  Diagnostics diagnostics;
  check_references(load_one(text), engine::EngineSpec{}, diagnostics);
  EXPECT_EQ(format_all(diagnostics),
            "test.yaml:12:10: error[E0110]: no SLO is named `task-succes`; expected one of the "
            "configuration's, or of the presets; did you mean `task-success`?\n");
}

TEST(ScenarioReferences, ALatencyIsComparedWhereThereIsOne) {
  const std::string text =
      with(example_text(), "{sli: task-success, kind: proportion, margin: 0.01}",
           "{sli: task-success, kind: latency, margin: 0.1}, "
           "{sli: ttft, kind: latency, margin: 0.1}");
  Diagnostics diagnostics;
  check_references(load_one(text), engine::EngineSpec{}, diagnostics, Severity::Notice);
  EXPECT_EQ(format_all(diagnostics),
            "test.yaml:29:21: notice[E0110]: SLO `task-success` has no value whose percentile is "
            "compared; expected one with a thresholdMetric, or `kind: proportion`\n");
}

// A configuration beside a scenario is not disturbed by it, and sees its mistakes.
TEST(ScenarioInAConfiguration, IsCheckedAndLeftOut) {
  const Configuration configuration = load_text(example_text());
  EXPECT_EQ(configuration.engine.slos.size(), 4u) << "the presets: a scenario is no SLO document";
  EXPECT_NE(complaints(with(example_text(), "seed: 7", "seed: x")).find("seed"), std::string::npos);
}

}  // namespace
}  // namespace fusebox::config
