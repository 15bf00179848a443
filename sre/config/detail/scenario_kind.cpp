#include <algorithm>
#include <limits>

#include "chaos/canonical.hpp"
#include "killswitch/sha256.hpp"
#include "sre/config/detail/kinds.hpp"
#include "sre/config/detail/scenario_draft.hpp"
#include "sre/config/detail/scenario_keys.hpp"

namespace fusebox::config::detail {
namespace {

constexpr std::size_t kTitleMax = 256;
constexpr std::size_t kTextMax = 4096;
constexpr std::size_t kSlosMax = 64;
constexpr Duration kLiveMax = std::chrono::hours{1};

void read_head(const MapReader& spec, chaos::Scenario& scenario) {
  constexpr std::int64_t kSeedMax = std::numeric_limits<std::int64_t>::max();
  scenario.title = spec.get("title", as_text, kTitleMax).value_or("");
  scenario.description = spec.get("description", as_text, kTextMax).value_or("");
  scenario.owner = spec.get("owner", as_text, kTitleMax).value_or("");
  scenario.incident = spec.get("incident", as_text, kTextMax).value_or("");
  scenario.tags = spec.get("tags", as_texts).value_or(std::vector<std::string>{});
  const auto seed = spec.get("seed", as_int, Range<std::int64_t>{0, kSeedMax});
  scenario.seed = static_cast<std::uint64_t>(seed.value_or(1));
}

void read_slos(const MapReader& spec, ScenarioDraft& draft) {
  for (const Field& item : bounded_list(spec, "slos", kSlosMax)) {
    if (item.node.kind == NodeKind::Map) {
      item.error(ErrorCode::NotYetSupported, comes_later("slos: an SLO written out"));
      continue;
    }
    const auto name = as_document_name(item);
    if (!name) continue;
    draft.value.slos.push_back(*name);
    draft.refer(ReferenceKind::Slo, item, *name);
  }
}

bool could_run_live(const chaos::Scenario& scenario) {
  const auto steps_a_clock = [](const chaos::Stage& stage) {
    return std::any_of(stage.faults.begin(), stage.faults.end(), [](const chaos::FaultSpec& fault) {
      return fault.type() == chaos::FaultType::ClockStep;
    });
  };
  return scenario.duration() <= kLiveMax &&
         std::none_of(scenario.stages.begin(), scenario.stages.end(), steps_a_clock);
}

void check_rules(ScenarioDraft& draft) {
  check_targets(draft);
  check_stages(draft);
  check_arms(draft);
  check_faults(draft);
  check_windows(draft);
  check_live(draft);
  check_samples(draft);
}

}  // namespace

ScenarioFile read_scenario(const Document& document) {
  const MapReader spec(document.spec, scenario_keys::kSpec);
  ScenarioDraft draft{.value = {},
                      .report = document.spec.report,
                      .spec = document.spec.node,
                      .profile = nullptr,
                      .targets = {},
                      .stages = {},
                      .steady_state = {},
                      .compare = {},
                      .guardrails = {},
                      .expect = {},
                      .references = {},
                      .control_percent = {}};
  chaos::Scenario& scenario = draft.value;
  scenario.name = document.name;
  read_head(spec, scenario);
  const auto mode = spec.field("mode");
  if (mode) scenario.mode = as_word<chaos::Mode>(*mode, chaos::kModeNames).value_or(scenario.mode);
  read_targets(spec, draft);
  read_slos(spec, draft);
  read_workload(spec, draft);
  if (scenario.mode != chaos::Mode::Live) spec.require("workload");
  read_population(spec, draft);
  read_stages(spec, draft);
  if (!mode && !could_run_live(scenario)) scenario.mode = chaos::Mode::Sim;
  read_hypothesis(spec, draft);
  read_guardrails(spec, draft);
  read_expectations(spec, draft);
  if (spec.is_map()) check_rules(draft);
  if (!draft.report.failed())
    scenario.hash = "sha256:" + killswitch::to_hex(killswitch::sha256(canonical_json(scenario)));
  return {.scenario = std::move(draft.value),
          .references = std::move(draft.references),
          .place = document.spec.report.place(document.name_at)};
}

}  // namespace fusebox::config::detail
