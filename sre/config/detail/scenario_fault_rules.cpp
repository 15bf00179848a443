// Rules on faults: each can be met, and none stands in the way of another.
#include <algorithm>
#include <tuple>

#include "base/text.hpp"
#include "chaos/injector.hpp"
#include "sre/config/detail/scenario_draft.hpp"
#include "telemetry/prices.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;

struct FaultAt {
  const chaos::FaultSpec& spec;
  const Node& node;
  const chaos::Stage& stage;
};

// Calls that one unit can make at most in the whole run, with every retry; nullopt if nothing is
// known of how it calls.
std::optional<double> calls_of_unit(const ScenarioDraft& draft) {
  if (draft.profile == nullptr) return std::nullopt;
  const chaos::Profile& profile = *draft.profile;
  const double attempts = static_cast<double>(profile.calls_max * (1 + profile.retry.retries_max) *
                                              (1 + profile.agent_retries));
  const chaos::Workload& workload = draft.value.workload;
  const double tasks = static_cast<double>(workload.rate) *
                       std::chrono::duration<double>(draft.value.duration()).count() /
                       std::chrono::duration<double>(workload.per).count();
  switch (draft.value.population.unit) {
    case chaos::Unit::Session:
      return attempts * static_cast<double>(profile.turns);
    case chaos::Unit::Agent:
      // Twice the average, and one more: arrivals are by chance.
      return attempts * (1 + 2 * tasks / static_cast<double>(workload.agents));
    case chaos::Unit::Tenant:
      return attempts * tasks;
  }
  return std::nullopt;
}

// `calls` is the last call that the key asks for, or leaves out.
void check_plausible(const FaultAt& fault, std::string_view key, std::int64_t calls,
                     bool leaves_out, ScenarioDraft& draft) {
  const auto most = calls_of_unit(draft);
  if (!most) return;
  const double allowed = leaves_out ? *most - 1 : *most;
  if (static_cast<double>(calls) <= allowed) return;
  const auto unit = chaos::kUnitNames[static_cast<std::size_t>(draft.value.population.unit)];
  draft.error(place_of(fault.node.find("schedule")->value, key),
              quoted(key) + " is " + std::to_string(calls) + ", and no " + std::string(unit) +
                  " makes " + (leaves_out ? "more" : "so many") + " calls",
              "expected at most " + std::to_string(static_cast<std::int64_t>(allowed)));
}

// V4: the parts of a schedule leave something over together.
std::optional<std::string> contradiction(const chaos::Schedule& schedule, Duration stage) {
  const std::int64_t first = schedule.after_calls.value_or(0) + 1;
  if (schedule.first_n && *schedule.first_n < first) return "`first_n` ends before `after_calls`";
  if (schedule.nth && *schedule.nth < first) return "`nth` is not after `after_calls`";
  if (schedule.nth && schedule.first_n && *schedule.nth > *schedule.first_n) {
    return "`nth` is beyond `first_n`";
  }
  const auto& every = schedule.every;
  if (schedule.nth && every && (*schedule.nth - 1) % every->n >= every->length) {
    return "`nth` is none of `every`";
  }
  const Duration from = schedule.from.value_or(0s);
  if (stage > 0s && from >= stage) return "`from` is not before the end of the stage";
  if (schedule.until && *schedule.until <= from) return "`until` is not after `from`";
  return std::nullopt;
}

void check_schedule(const FaultAt& fault, ScenarioDraft& draft) {
  const Entry* schedule = fault.node.find("schedule");
  if (schedule == nullptr) return;
  if (const auto why = contradiction(fault.spec.schedule, fault.stage.duration)) {
    draft.error(schedule->value.at, "the schedule hits nothing: " + *why,
                "expected a schedule that can come true");
    return;
  }
  if (fault.spec.schedule.nth)
    check_plausible(fault, "nth", *fault.spec.schedule.nth, false, draft);
  if (fault.spec.schedule.after_calls) {
    check_plausible(fault, "after_calls", *fault.spec.schedule.after_calls, true, draft);
  }
}

template <class Part>
std::vector<std::string_view> names_of(const std::vector<Part>& parts) {
  std::vector<std::string_view> names;
  for (const Part& part : parts) names.push_back(part.name);
  return names;
}

// The models or tools that calls of the target have; empty if nothing is known of them.
std::vector<std::string_view> called_by(const chaos::Target& target, const ScenarioDraft& draft) {
  const bool llm = target.kind == chaos::TargetKind::Llm;
  const std::string& said = llm ? target.model : target.tool;
  if (!said.empty()) return {said};
  if (draft.profile == nullptr) return {};
  if (llm) return {draft.profile->models.front().name};
  return names_of(draft.profile->tools);
}

void check_match(const FaultAt& fault, std::string_view key, const std::string& pattern,
                 chaos::TargetKind kind, ScenarioDraft& draft) {
  if (pattern.empty()) return;
  const chaos::Target& target = draft.value.targets[fault.spec.target];
  const Position at = place_of(fault.node.find("match")->value, key);
  if (target.kind != kind) {
    draft.error(at, quoted(key) + " never matches: calls of " + quoted(target.name) + " have none",
                "expected it for a target of kind " +
                    std::string(chaos::kTargetKindNames[static_cast<std::size_t>(kind)]));
    return;
  }
  const auto names = called_by(target, draft);
  const bool any = std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return telemetry::matches_glob(pattern, name);
  });
  if (any || names.empty()) return;
  draft.error(at, quoted(key) + " never matches: " + quoted(pattern),
              "calls of " + quoted(target.name) + " have " + join_or(names));
}

bool hits_everything(const chaos::FaultSpec& fault) {
  const chaos::Schedule& schedule = fault.schedule;
  const chaos::Match& match = fault.match;
  return schedule.percent == Ratio{1, 1} && !schedule.nth && !schedule.every &&
         !schedule.after_calls && !schedule.first_n && !schedule.burst && !schedule.from &&
         !schedule.until && !fault.max_count && match.agent.empty() && match.tenant.empty() &&
         match.tool.empty() && match.model.empty();
}

// V14: a fault behind one that ends every call can never fire; and a call carries four at most.
void check_together(std::size_t stage_index, std::size_t target, ScenarioDraft& draft) {
  constexpr int kFaultsMax = std::tuple_size_v<decltype(chaos::FaultPlan::faults)>;
  const chaos::Stage& stage = draft.value.stages[stage_index];
  const chaos::FaultSpec* ends_all = nullptr;
  bool ends = false;
  int pacing = 0;
  for (std::size_t f = 0; f < stage.faults.size(); ++f) {
    const chaos::FaultSpec& fault = stage.faults[f];
    if (fault.target != target) continue;
    const Position at = draft.stages[stage_index].faults[f]->at;
    const bool terminal = chaos::is_terminal(fault.type());
    if (terminal && ends_all != nullptr) {
      draft.error(at,
                  "fault " + quoted(fault.id) + " can never fire: " + quoted(ends_all->id) +
                      " ends every call before it",
                  "expected a schedule that leaves calls over, or the other order");
    }
    if (terminal && hits_everything(fault)) ends_all = &fault;
    ends = ends || terminal;
    pacing += terminal ? 0 : 1;
    if (pacing + (ends ? 1 : 0) != kFaultsMax + 1) continue;
    draft.error(at, "a fifth fault on one call of " + quoted(draft.value.targets[target].name),
                "expected at most four, of which one may end it");
    return;
  }
}

// V15, V20: what may run live can be done live.
void check_drivers(const FaultAt& fault, ScenarioDraft& draft) {
  if (draft.value.mode == chaos::Mode::Sim) return;
  if (fault.spec.type() != chaos::FaultType::ClockStep) return;
  draft.error(place_of(fault.node, "type"),
              "`clock_step` cannot run live: nobody steps the clocks of real hosts",
              "expected it in a scenario of `mode: sim`");
}

void check_fault(const FaultAt& fault, ScenarioDraft& draft) {
  check_schedule(fault, draft);
  const Entry* target = fault.node.find("target");
  const bool known =
      target != nullptr && target->value.text == draft.value.targets[fault.spec.target].name;
  if (!known) return;  // has been said
  check_match(fault, "model", fault.spec.match.model, chaos::TargetKind::Llm, draft);
  check_match(fault, "tool", fault.spec.match.tool, chaos::TargetKind::Tool, draft);
  check_drivers(fault, draft);
}

}  // namespace

void check_faults(ScenarioDraft& draft) {
  if (draft.targets.empty()) return;
  for (std::size_t i = 0; i < draft.stages.size(); ++i) {
    const chaos::Stage& stage = draft.value.stages[i];
    for (std::size_t f = 0; f < stage.faults.size(); ++f) {
      check_fault({stage.faults[f], *draft.stages[i].faults[f], stage}, draft);
    }
  }
  for (std::size_t stage = 0; stage < draft.stages.size(); ++stage) {
    for (std::size_t target = 0; target < draft.targets.size(); ++target) {
      check_together(stage, target, draft);
    }
  }
}

}  // namespace fusebox::config::detail
