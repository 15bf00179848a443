// Who runs, against what: targets, workload, population.
#include <algorithm>

#include "base/text.hpp"
#include "sre/config/detail/scenario_draft.hpp"
#include "sre/config/detail/scenario_keys.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;
using chaos::Target;
using chaos::TargetKind;
using IntRange = Range<std::int64_t>;

constexpr std::size_t kTargetsMax = 64;
constexpr Range<Ratio> kShare{{0, 1}, {1, 1}};

chaos::ServiceModel read_service(const MapReader& map) {
  constexpr IntRange kCalls{1, 10'000'000};
  chaos::ServiceModel service;
  service.latency = map.get("latency", as_distribution);
  service.tokens_per_s = map.get("tokens_per_s", as_int, IntRange{1, 1'000'000});
  service.errors = map.get("errors", as_ratio_within, kShare);
  service.capacity = map.get("capacity", as_int, kCalls);
  service.queue = map.get("queue", as_int, IntRange{0, kCalls.max});
  service.requests_per_s = map.get("requests_per_s", as_int, kCalls);
  return service;
}

// A key that means nothing for this kind of target is a mistake, not a preference.
void refuse_for(const MapReader& map, std::string_view key, TargetKind kind) {
  if (!map.has(key)) return;
  const std::string name(chaos::kTargetKindNames[static_cast<std::size_t>(kind)]);
  map.report().error(map.at_key(key), ErrorCode::ConflictingKeys,
                     quoted(key) + " means nothing for a target of kind " + name);
}

// What an llm target asks of a model, a tool target of a tool; the others lie beneath both.
void check_keys_of_kind(const MapReader& map, TargetKind kind) {
  const bool llm = kind == TargetKind::Llm;
  const bool tool = kind == TargetKind::Tool;
  if (!llm) refuse_for(map, "model", kind);
  if (!tool) refuse_for(map, "tool", kind);
  if (!llm && !tool) refuse_for(map, "sim", kind);
  const auto sim = tool ? map.map("sim", scenario_keys::kService) : std::nullopt;
  if (sim) refuse_for(*sim, "tokens_per_s", kind);
}

Target read_target(const Field& field) {
  const MapReader map(field, scenario_keys::kTarget);
  Target target;
  target.name = map.get("name", as_name).value_or("");
  target.model = map.get("model", as_text, std::size_t{256}).value_or("");
  target.tool = map.get("tool", as_text, std::size_t{256}).value_or("");
  const auto kind = map.field("kind");
  const auto known =
      kind ? as_word<TargetKind>(*kind, chaos::kTargetKindNames, scenario_keys::kLaterTargetKinds)
           : std::nullopt;
  if (known) check_keys_of_kind(map, *known);
  target.kind = known.value_or(TargetKind::Llm);
  if (const auto sim = map.map("sim", scenario_keys::kService)) target.sim = read_service(*sim);
  return target;
}

void read_arrivals(const MapReader& arrivals, chaos::Workload& workload) {
  if (const auto process = arrivals.field("process")) {
    workload.process = as_word<chaos::ArrivalProcess>(*process, chaos::kArrivalProcessNames,
                                                      scenario_keys::kLaterProcesses)
                           .value_or(chaos::ArrivalProcess::Poisson);
  }
  if (const auto rate = arrivals.field("rate")) {
    if (rate->node.kind == NodeKind::List) {
      rate->error(ErrorCode::NotYetSupported, comes_later("rate: a list"));
    } else if (const auto value = as_rate(*rate)) {
      workload.rate = value->count;
      workload.per = value->per;
    }
  }
  workload.in_flight_max = arrivals.get("max_in_flight", as_int, IntRange{1, 10'000'000})
                               .value_or(workload.in_flight_max);
}

void read_profile(const Field& field, ScenarioDraft& draft) {
  const auto index = as_index(field, chaos::profile_names(), {});
  if (!index) return;
  draft.value.workload.profile = chaos::profile_names()[*index];
  draft.profile = chaos::find_profile(draft.value.workload.profile);
}

template <class Part>
void check_name_of(const std::string& name, std::string_view key, const std::vector<Part>& known,
                   const Node& target, ScenarioDraft& draft) {
  if (name.empty()) return;
  std::vector<std::string_view> names;
  for (const Part& part : known) names.push_back(part.name);
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  draft.report.error(
      place_of(target, key), ErrorCode::DanglingReference,
      quoted(key) + " is " + quoted(name) + ", which " + draft.profile->name + " does not use",
      expecting(join_or(names)), did_you_mean(name, names));
}

// A target whose name or kind was wrong has been reported, and is no part of other rules.
bool is_read(const Target& target, const Node& node) {
  const Entry* kind = node.find("kind");
  return !target.name.empty() && kind != nullptr &&
         kind->value.text == chaos::kTargetKindNames[static_cast<std::size_t>(target.kind)];
}

// Two targets never mean the same call: which of them a fault belongs to would be chance.
bool overlap(const Target& a, const Target& b, const chaos::Profile* profile) {
  if (a.kind != b.kind) return false;
  const auto model = [&](const Target& target) {
    return target.model.empty() && profile != nullptr ? profile->models.front().name : target.model;
  };
  switch (a.kind) {
    case TargetKind::Llm:
      return model(a) == model(b);
    case TargetKind::Tool:
      return a.tool.empty() || b.tool.empty() || a.tool == b.tool;
    case TargetKind::Telemetry:
    case TargetKind::Clock:
      return true;
  }
  return false;
}

}  // namespace

void read_targets(const MapReader& spec, ScenarioDraft& draft) {
  std::vector<std::pair<std::string, Position>> names;
  for (const Field& item : bounded_list(spec, "targets", kTargetsMax)) {
    draft.value.targets.push_back(read_target(item));
    draft.targets.push_back(&item.node);
    names.emplace_back(draft.value.targets.back().name, place_of(item.node, "name"));
  }
  check_unique("target", names, draft.report);
}

void read_workload(const MapReader& spec, ScenarioDraft& draft) {
  const auto workload = spec.map("workload", scenario_keys::kWorkload);
  if (!workload) return;
  if (const auto profile = workload->field("profile")) read_profile(*profile, draft);
  if (const auto arrivals = workload->map("arrivals", scenario_keys::kArrivals)) {
    read_arrivals(*arrivals, draft.value.workload);
  }
  if (const auto agents = workload->map("agents", scenario_keys::kAgents)) {
    draft.value.workload.agents = agents->get("count", as_int, IntRange{1, 1'000'000}).value_or(1);
  }
}

void read_population(const MapReader& spec, ScenarioDraft& draft) {
  chaos::Population& population = draft.value.population;
  population.percent = draft.value.mode == chaos::Mode::Live ? Ratio{1, 100} : Ratio{1, 1};
  const auto map = spec.map("population", scenario_keys::kPopulation);
  if (!map) return;
  if (const auto unit = map->field("unit")) {
    population.unit = as_word<chaos::Unit>(*unit, chaos::kUnitNames, scenario_keys::kLaterUnits)
                          .value_or(chaos::Unit::Session);
  }
  population.percent =
      map->get("percent", as_ratio, RatioRange::Share).value_or(population.percent);
  draft.control_percent = map->get("control_percent", as_ratio_within, kShare);
  population.salt = map->get("salt", as_name).value_or("");
}

// V1: models and tools are those of the profile; V14: one call belongs to one target.
void check_targets(ScenarioDraft& draft) {
  const auto& targets = draft.value.targets;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const Node& node = *draft.targets[i];
    if (!is_read(targets[i], node)) continue;
    if (draft.profile != nullptr) {
      check_name_of(targets[i].model, "model", draft.profile->models, node, draft);
      check_name_of(targets[i].tool, "tool", draft.profile->tools, node, draft);
    }
    for (std::size_t earlier = 0; earlier < i; ++earlier) {
      if (!is_read(targets[earlier], *draft.targets[earlier]) ||
          !overlap(targets[earlier], targets[i], draft.profile)) {
        continue;
      }
      draft.error(node.at,
                  "target " + quoted(targets[i].name) + " means the same calls as " +
                      quoted(targets[earlier].name),
                  "expected each call to belong to one target");
      break;
    }
  }
}

}  // namespace fusebox::config::detail
