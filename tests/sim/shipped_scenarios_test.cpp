// The scenarios that come with fusebox, under both of their configurations, with an auditor beside
// the engine: whatever an experiment comes to, the engine keeps what it promises.
//
// One seed each, a hundred with FUSEBOX_PROVE=1 but not under a sanitizer, which makes each run ten
// times as long. FUSEBOX_SEEDS says how many in any case.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "sre/config/scenario.hpp"
#include "sre/sim/simulation.hpp"
#include "tests/sim/audit.hpp"
#include "tests/sim/support.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FUSEBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FUSEBOX_SANITIZED 1
#endif
#endif

namespace fusebox::sim {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

#ifdef FUSEBOX_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// NOLINTNEXTLINE(concurrency-mt-unsafe): tests have one thread
const char* variable(const char* name) { return std::getenv(name); }

std::uint64_t seeds() {
  if (const char* count = variable("FUSEBOX_SEEDS")) return std::stoull(count);
  if (kSanitized) return 1;
  return variable("FUSEBOX_PROVE") != nullptr ? 100 : 1;
}

constexpr Duration kLookEvery = 1min;

const fs::path& folder() {
  static const fs::path path = fs::path(FUSEBOX_SOURCE_DIR) / "scenarios";
  return path;
}

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const auto& each : fs::directory_iterator(folder())) {
    if (each.path().extension() == ".yaml") out.push_back(each.path().stem());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// As `fusebox chaos run NAME -c NAME.protected` has them.
struct Experiment {
  chaos::Scenario scenario;
  engine::EngineSpec engine;
  std::vector<slo::SloSpec> slos;
};

Experiment load(const std::string& name, const std::string& protection) {
  Diagnostics diagnostics;
  const auto read = [&](const fs::path& file) {
    return config::read_sources({(folder() / file).string()}, diagnostics);
  };
  auto files = config::load_scenarios(read(name + ".yaml"), diagnostics);
  auto loaded =
      config::load(read(fs::path("configs") / (name + "." + protection + ".yaml")), diagnostics);
  for (const Diagnostic& each : diagnostics.all()) {
    if (each.severity == Severity::Error) ADD_FAILURE() << format(each);
  }
  if (files.size() != 1 || !loaded) return {};
  auto slos = config::slos_of(files[0], loaded->engine);
  return {std::move(files[0].scenario), std::move(loaded->engine), std::move(slos)};
}

void run(const Experiment& experiment, std::uint64_t seed, Auditor& auditor) {
  Options options;
  options.seed = seed;
  options.watch = auditor.watch();
  const auto result = simulate(experiment.scenario, experiment.engine, experiment.slos, options);
  EXPECT_GT(result.decisions, 1'000);
  EXPECT_EQ(auditor.findings().count(), 0) << auditor.findings().text();
  EXPECT_GT(auditor.slos().counted(), 1'000);
}

// What nobody looked at proves nothing.
void expect_something_seen(const Auditor& auditor, const engine::EngineSpec& engine) {
  const std::int64_t budgets = engine.limits.empty() ? 0 : 1'000;
  EXPECT_GE(auditor.budgets().looked_at(), budgets);
  if (engine.breakers.empty()) return;
  EXPECT_GT(auditor.breakers().moves(), 0);
  const bool enforced = engine.breakers[0].mode == policy::Enforcement::Enforce;
  EXPECT_GE(auditor.breakers().probes(), enforced ? 1 : 0);
}

class Shipped : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  void SetUp() override {
    experiment = load(std::get<0>(GetParam()), std::get<1>(GetParam()));
    ASSERT_FALSE(HasFailure());
  }
  Experiment experiment;
};

TEST_P(Shipped, KeepsEveryInvariant) {
  for (std::uint64_t seed = 1; seed <= seeds() && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Auditor auditor(experiment.engine, kLookEvery);
    run(experiment, seed, auditor);
    expect_something_seen(auditor, experiment.engine);
  }
}

// No shipped scenario stops anybody: here a guardrail trips a stop order on everything half a
// minute into the faults.
TEST_P(Shipped, KeepsThemAfterAStopOrder) {
  chaos::Guardrail always;
  always.name = "always";
  always.slo = experiment.slos.at(0).name;
  always.window = 30s;
  always.arm = chaos::Arm::Experiment;
  always.op = chaos::Compare::Gte;
  always.lasting = 30s;  // into the faults: guardrails are judged from there on
  always.action = chaos::GuardrailAction::KillSwitch;
  experiment.scenario.guardrails.push_back(always);
  Auditor auditor(experiment.engine, kLookEvery);
  run(experiment, 1, auditor);
  EXPECT_GT(auditor.stops().refused(), 100);
}

std::string name_of(const testing::TestParamInfo<Shipped::ParamType>& shipped) {
  std::string name = std::get<0>(shipped.param) + "_" + std::get<1>(shipped.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Shipped,
                         testing::Combine(testing::ValuesIn(names()),
                                          testing::Values("protected", "unprotected")),
                         name_of);

}  // namespace
}  // namespace fusebox::sim
