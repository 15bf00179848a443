// What happens when: stages, ramps, faults.
#include <algorithm>

#include "chaos/catalogue.hpp"
#include "sre/config/detail/scenario_draft.hpp"
#include "sre/config/detail/scenario_keys.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;
using chaos::FaultType;
using chaos::StageKind;
using IntRange = Range<std::int64_t>;

constexpr std::size_t kStagesMax = 64;
constexpr std::size_t kFaultsMax = 64;
constexpr Range<Duration> kStageLength{1s, 24h};
constexpr Range<Duration> kWithinStage{0s, 24h};
constexpr Range<Duration> kPositive{1ms, 24h};
constexpr IntRange kCount{1, 1'000'000'000};
constexpr std::size_t kPatternMax = 256;

chaos::FaultEffect read_in_stream_error(const MapReader& with) {
  chaos::InStreamError effect;
  if (const auto kind = with.field("kind")) {
    effect.kind =
        as_word<chaos::ProviderError>(*kind, chaos::kProviderErrorNames).value_or(effect.kind);
  }
  effect.after_events = with.get("after_events", as_int, IntRange{0, 100'000}).value_or(0);
  return effect;
}

// A header counts whole seconds; a part of one would be rounded behind the reader's back.
chaos::FaultEffect read_rate_limit(const MapReader& with) {
  chaos::RateLimit effect;
  effect.retry_after = with.get("retry_after", as_duration, Range<Duration>{1s, 1h});
  if (effect.retry_after && *effect.retry_after % 1s != 0s) {
    with.field("retry_after")->invalid("whole seconds: that is what the header can say");
  }
  return effect;
}

chaos::FaultEffect read_tool_error(const MapReader& with) {
  chaos::ToolError effect;
  if (const auto kind = with.field("kind")) {
    effect.kind =
        as_word<chaos::ToolErrorKind>(*kind, chaos::kToolErrorKindNames).value_or(effect.kind);
  }
  return effect;
}

chaos::FaultEffect read_telemetry_loss(const MapReader& with) {
  chaos::TelemetryLoss effect;
  const auto field = with.field("mode");
  const auto mode = field ? as_word<chaos::LossMode>(*field, chaos::kLossModeNames) : std::nullopt;
  effect.mode = mode.value_or(effect.mode);
  effect.delay = with.get("delay", as_duration, kPositive).value_or(0s);
  if (mode == chaos::LossMode::Delay) {
    with.require("delay");
  } else if (mode && with.has("delay")) {
    with.report().error(with.at_key("delay"), ErrorCode::ConflictingKeys,
                        "`delay` means nothing with mode " + quoted(field->node.text));
  }
  return effect;
}

chaos::FaultEffect read_clock_step(const MapReader& with) {
  with.exactly_one({"forward", "backward"});
  const auto forward = with.get("forward", as_duration, kPositive);
  const auto backward = with.get("backward", as_duration, kPositive);
  return chaos::ClockStep{.by = forward ? *forward : -backward.value_or(1s)};
}

chaos::FaultEffect read_effect(FaultType type, const MapReader& with) {
  constexpr Range<Ratio> kFactor{{1, 1}, {1'000, 1}};
  switch (type) {
    case FaultType::SlowTtft:
      return chaos::SlowTtft{
          .delay = with.get("delay", as_distribution).value_or(chaos::Constant{.value = 0s})};
    case FaultType::InStreamError:
      return read_in_stream_error(with);
    case FaultType::RateLimit:
      return read_rate_limit(with);
    case FaultType::Hang:
      return chaos::Hang{};
    case FaultType::UsageInflation:
      return chaos::UsageInflation{
          .factor = with.get("factor", as_ratio_within, kFactor).value_or(Ratio{1, 1})};
    case FaultType::ToolError:
      return read_tool_error(with);
    case FaultType::TelemetryLoss:
      return read_telemetry_loss(with);
    case FaultType::ClockStep:
      return read_clock_step(with);
  }
  return chaos::Hang{};
}

bool needs_with(std::span<const Key> keys) {
  const bool any = std::any_of(keys.begin(), keys.end(),
                               [](const Key& key) { return key.need == Need::Required; });
  return any || std::any_of(keys.begin(), keys.end(),
                            [](const Key& key) { return key.name == "forward"; });
}

// V5: `with` has the keys of the type and no others.
chaos::FaultEffect read_with(FaultType type, const MapReader& fault) {
  static const Node nothing{
      .kind = NodeKind::Map, .quoted = false, .at = {}, .text = {}, .items = {}, .entries = {}};
  const auto keys = scenario_keys::with_keys(type);
  const auto with = fault.field("with");
  if (with && !keys.empty()) return read_effect(type, MapReader(*with, keys));
  if (with) {
    with->error(ErrorCode::ConflictingKeys,
                "`with` means nothing for " +
                    quoted(chaos::kFaultTypeNames[static_cast<std::size_t>(type)]),
                "expected no `with`: the fault has nothing to choose");
  }
  if (needs_with(keys)) {
    fault.require("with");
    return chaos::FaultEffect{};
  }
  return read_effect(type, MapReader({"with", nothing, fault.report()}, keys));
}

void read_every(const MapReader& schedule, chaos::Schedule& out) {
  const auto every = schedule.map("every", scenario_keys::kEvery);
  if (!every) return;
  chaos::Schedule::Every value;
  value.n = every->get("n", as_int, kCount).value_or(1);
  value.length = every->get("length", as_int, IntRange{1, value.n}).value_or(1);
  out.every = value;
}

void read_burst(const MapReader& schedule, chaos::Schedule& out) {
  const auto burst = schedule.map("burst", scenario_keys::kBurst);
  if (!burst) return;
  chaos::Schedule::Burst value;
  value.period = burst->get("period", as_duration, kPositive).value_or(kPositive.max);
  value.length = burst->get("length", as_duration, Range<Duration>{kPositive.min, value.period})
                     .value_or(value.period);
  out.burst = value;
}

chaos::Schedule read_schedule(const MapReader& fault) {
  chaos::Schedule out;
  const auto schedule = fault.map("schedule", scenario_keys::kSchedule);
  if (!schedule) return out;
  out.percent = schedule->get("percent", as_ratio, RatioRange::Share).value_or(Ratio{1, 1});
  out.nth = schedule->get("nth", as_int, kCount);
  read_every(*schedule, out);
  out.after_calls = schedule->get("after_calls", as_int, kCount);
  out.first_n = schedule->get("first_n", as_int, kCount);
  read_burst(*schedule, out);
  out.from = schedule->get("from", as_duration, kWithinStage);
  out.until = schedule->get("until", as_duration, kWithinStage);
  return out;
}

chaos::Match read_match(const MapReader& fault) {
  chaos::Match out;
  const auto match = fault.map("match", scenario_keys::kMatch);
  if (!match) return out;
  out.agent = match->get("agent", as_text, kPatternMax).value_or("");
  out.tenant = match->get("tenant", as_text, kPatternMax).value_or("");
  out.tool = match->get("tool", as_text, kPatternMax).value_or("");
  out.model = match->get("model", as_text, kPatternMax).value_or("");
  return out;
}

std::optional<chaos::Ramp> read_ramp(const MapReader& stage) {
  const auto map = stage.map("ramp", scenario_keys::kRamp);
  if (!map) return std::nullopt;
  constexpr std::array<std::string_view, 1> kFields{"population"};
  static_cast<void>(map->get("field", as_index, Names{kFields}, Names{}));
  chaos::Ramp ramp{.from = {1, 1}, .to = {1, 1}, .shape = chaos::RampShape::Linear};
  const auto from = map->get("from", as_ratio, RatioRange::Share);
  const auto to = map->get("to", as_ratio, RatioRange::Share);
  if (const auto shape = map->field("shape")) {
    ramp.shape = as_word<chaos::RampShape>(*shape, chaos::kRampShapeNames).value_or(ramp.shape);
  }
  if (!from || !to) return std::nullopt;
  if (*to < *from) {
    map->field("to")->invalid("a share that is not below `from`",
                              "nobody leaves the experiment while it runs");
    return std::nullopt;
  }
  ramp.from = *from;
  ramp.to = *to;
  return ramp;
}

// Faults belong to inject stages, and an inject stage without one would inject nothing.
void check_kind_of_stage(const MapReader& map, const chaos::Stage& stage) {
  if (stage.kind == StageKind::Inject) {
    map.require("faults");
    const auto faults = map.field("faults");
    const bool none = faults && faults->node.kind == NodeKind::List && faults->node.items.empty();
    if (none) faults->invalid("at least one fault");
    return;
  }
  for (const std::string_view key : {"faults", "ramp"}) {
    if (!map.has(key)) continue;
    map.report().error(map.at_key(key), ErrorCode::ConflictingKeys,
                       quoted(key) + " means nothing in a stage of kind " +
                           quoted(chaos::kStageKindNames[static_cast<std::size_t>(stage.kind)]),
                       "expected it in stages of kind `inject`");
  }
}

void read_stage(const Field& item, ScenarioDraft& draft) {
  const MapReader map(item, scenario_keys::kStage);
  chaos::Stage stage;
  StageNodes nodes{.stage = &item.node, .faults = {}};
  stage.name = map.get("name", as_name).value_or("");
  stage.duration = map.get("duration", as_duration, kStageLength).value_or(0s);
  const auto kind = map.field("kind");
  const auto known = kind ? as_word<StageKind>(*kind, chaos::kStageKindNames) : std::nullopt;
  stage.kind = known.value_or(StageKind::Inject);
  if (known) check_kind_of_stage(map, stage);
  stage.ramp = read_ramp(map);
  for (const Field& fault : bounded_list(map, "faults", kFaultsMax)) {
    stage.faults.push_back(read_fault(fault, draft));
    nodes.faults.push_back(&fault.node);
  }
  draft.value.stages.push_back(std::move(stage));
  draft.stages.push_back(std::move(nodes));
}

}  // namespace

chaos::FaultSpec read_fault(const Field& field, ScenarioDraft& draft) {
  const MapReader map(field, scenario_keys::kFault);
  chaos::FaultSpec fault;
  fault.id = map.get("id", as_name).value_or("");
  const auto target = read_target_index(map, "target", draft);
  fault.target = target.value_or(0);
  const auto type = map.field("type");
  const auto known =
      type ? as_word<FaultType>(*type, chaos::kFaultTypeNames, chaos::unbuilt_faults())
           : std::nullopt;
  if (known) fault.effect = read_with(*known, map);
  if (known && target) {
    const chaos::Target& on = draft.value.targets[*target];
    if (!chaos::acts_on(*known, on.kind)) {
      type->invalid("a fault that acts on " + quoted(on.name) + ", a target of kind " +
                    std::string(chaos::kTargetKindNames[static_cast<std::size_t>(on.kind)]));
    }
  }
  fault.schedule = read_schedule(map);
  fault.match = read_match(map);
  fault.max_count = map.get("max_count", as_int, kCount);
  return fault;
}

void read_stages(const MapReader& spec, ScenarioDraft& draft) {
  for (const Field& item : bounded_list(spec, "stages", kStagesMax)) read_stage(item, draft);
  std::vector<std::pair<std::string, Position>> stages;
  std::vector<std::pair<std::string, Position>> faults;
  for (std::size_t i = 0; i < draft.stages.size(); ++i) {
    const chaos::Stage& stage = draft.value.stages[i];
    const StageNodes& nodes = draft.stages[i];
    stages.emplace_back(stage.name, place_of(*nodes.stage, "name"));
    for (std::size_t f = 0; f < stage.faults.size(); ++f) {
      faults.emplace_back(stage.faults[f].id, place_of(*nodes.faults[f], "id"));
    }
  }
  check_unique("stage", stages, draft.report);
  check_unique("fault", faults, draft.report);
}

}  // namespace fusebox::config::detail
