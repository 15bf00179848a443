// What must hold and what stops it: hypothesis, guardrails, rollback.
#include "sre/config/detail/scenario_draft.hpp"
#include "sre/config/detail/scenario_keys.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;
using chaos::ComparisonKind;

constexpr std::size_t kItemsMax = 64;
constexpr Range<Duration> kWindow{1s, 24h};

chaos::SteadyState read_steady_state(const Field& item, ScenarioDraft& draft) {
  const MapReader map(item, scenario_keys::kSteadyState);
  chaos::SteadyState steady;
  steady.slo = read_slo_name(map, "slo", ReferenceKind::Slo, draft);
  steady.window = map.get("window", as_duration, kWindow).value_or(0s);
  if (const auto op = map.field("op")) {
    steady.op = as_word<chaos::Compare>(*op, chaos::kCompareNames).value_or(steady.op);
  }
  steady.value = map.get("value", as_number_within, Range<double>{0, 1}).value_or(0);
  return steady;
}

// A cost is no SLO's: its name is fixed.
std::string read_sli(const MapReader& map, ComparisonKind kind, ScenarioDraft& draft) {
  switch (kind) {
    case ComparisonKind::Proportion:
      return read_slo_name(map, "sli", ReferenceKind::Slo, draft);
    case ComparisonKind::Latency:
      return read_slo_name(map, "sli", ReferenceKind::ThresholdSlo, draft);
    case ComparisonKind::Cost:
      break;
  }
  constexpr std::array<std::string_view, 1> kCost{"cost"};
  static_cast<void>(map.get("sli", as_index, Names{kCost}, Names{}));
  return "cost";
}

chaos::Comparison read_comparison(const Field& item, ScenarioDraft& draft) {
  constexpr Range<Ratio> kShareOfRatio{{1, 1'000}, {10, 1}};
  const MapReader map(item, scenario_keys::kComparison);
  chaos::Comparison comparison;
  const auto kind = map.field("kind");
  const auto known = kind ? as_word<ComparisonKind>(*kind, chaos::kComparisonKindNames,
                                                    scenario_keys::kLaterComparisons)
                          : std::nullopt;
  if (!known) return comparison;
  comparison.kind = *known;
  comparison.sli = read_sli(map, *known, draft);
  const auto margin = *known == ComparisonKind::Proportion
                          ? map.get("margin", as_ratio, RatioRange::Share)
                          : map.get("margin", as_ratio_within, kShareOfRatio);
  comparison.margin = margin.value_or(Ratio{});
  return comparison;
}

chaos::Guardrail read_guardrail(const Field& item, ScenarioDraft& draft) {
  constexpr Range<double> kBurn{0, 1'000'000};
  const MapReader map(item, scenario_keys::kGuardrail);
  chaos::Guardrail guardrail;
  guardrail.name = map.get("name", as_name).value_or("");
  guardrail.slo = read_slo_name(map, "slo", ReferenceKind::Slo, draft);
  guardrail.window = map.get("window", as_duration, kWindow).value_or(0s);
  if (const auto arm = map.field("arm")) {
    guardrail.arm = as_word<chaos::Arm>(*arm, chaos::kArmNames).value_or(guardrail.arm);
  }
  if (const auto op = map.field("op")) {
    guardrail.op = as_word<chaos::Compare>(*op, chaos::kCompareNames).value_or(guardrail.op);
  }
  guardrail.value = map.get("value", as_number_within, kBurn).value_or(0);
  guardrail.lasting = map.get("for", as_duration, Range<Duration>{0s, 24h}).value_or(0s);
  if (const auto action = map.field("action")) {
    guardrail.action = as_word<chaos::GuardrailAction>(*action, chaos::kGuardrailActionNames)
                           .value_or(guardrail.action);
  }
  return guardrail;
}

void read_rollback(const MapReader& spec, chaos::Rollback& out) {
  const auto rollback = spec.map("rollback", scenario_keys::kRollback);
  if (!rollback) return;
  constexpr std::array<std::string_view, 1> kAlways{"always"};
  static_cast<void>(
      rollback->get("strategy", as_index, Names{kAlways}, Names{scenario_keys::kLaterStrategies}));
  out.verify = rollback->get("verify", as_bool).value_or(true);
  out.timeout =
      rollback->get("timeout", as_duration, Range<Duration>{1s, 1h}).value_or(out.timeout);
}

}  // namespace

void read_hypothesis(const MapReader& spec, ScenarioDraft& draft) {
  constexpr Range<Ratio> kConfidence{{1, 2}, {999, 1'000}};
  const auto map = spec.map("hypothesis", scenario_keys::kHypothesis);
  if (!map) return;
  chaos::Hypothesis& hypothesis = draft.value.hypothesis;
  for (const Field& item : bounded_list(*map, "steady_state", kItemsMax)) {
    hypothesis.steady_state.push_back(read_steady_state(item, draft));
    draft.steady_state.push_back(&item.node);
  }
  const auto steady = map->field("steady_state");
  if (steady && steady->node.kind == NodeKind::List && steady->node.items.empty()) {
    steady->invalid("at least one: what is normal must be known before it is disturbed");
  }
  for (const Field& item : bounded_list(*map, "compare", kItemsMax)) {
    hypothesis.compare.push_back(read_comparison(item, draft));
    draft.compare.push_back(&item.node);
  }
  hypothesis.min_samples =
      map->get("min_samples", as_int, Range<std::int64_t>{0, 1'000'000'000}).value_or(0);
  hypothesis.confidence =
      map->get("confidence", as_ratio_within, kConfidence).value_or(hypothesis.confidence);
  hypothesis.power = map->get("power", as_ratio_within, kConfidence).value_or(hypothesis.power);
}

void read_guardrails(const MapReader& spec, ScenarioDraft& draft) {
  std::vector<std::pair<std::string, Position>> names;
  for (const Field& item : bounded_list(spec, "guardrails", kItemsMax)) {
    draft.value.guardrails.push_back(read_guardrail(item, draft));
    draft.guardrails.push_back(&item.node);
    names.emplace_back(draft.value.guardrails.back().name, place_of(item.node, "name"));
  }
  check_unique("guardrail", names, draft.report);
  read_rollback(spec, draft.value.rollback);
}

}  // namespace fusebox::config::detail
