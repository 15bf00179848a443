// What no section of a scenario can see by itself. The rules' numbers are those of
// tests/config/README.md, which says where each is tested.
#include <algorithm>

#include "base/overload.hpp"
#include "chaos/plan.hpp"
#include "sre/config/detail/scenario_draft.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;
using chaos::Mode;
using chaos::Scenario;
using chaos::StageKind;

constexpr Duration kLiveMax = 1h;

// What the file says the kind is; a word that is no kind is nobody's business here.
bool is_kind(const StageNodes& nodes, StageKind kind) {
  const Entry* entry = nodes.stage->find("kind");
  return entry != nullptr &&
         entry->value.text == chaos::kStageKindNames[static_cast<std::size_t>(kind)];
}

bool is_known_kind(const StageNodes& nodes) {
  return is_kind(nodes, StageKind::Baseline) || is_kind(nodes, StageKind::Inject) ||
         is_kind(nodes, StageKind::Recover);
}

// V2: a baseline first, a recovery last, faults between.
void check_order(ScenarioDraft& draft) {
  const StageNodes& first = draft.stages.front();
  const StageNodes& last = draft.stages.back();
  if (is_known_kind(first) && !is_kind(first, StageKind::Baseline)) {
    draft.error(place_of(*first.stage, "kind"), "the first stage is no baseline",
                "expected `baseline`: what is normal is measured first");
  }
  if (is_known_kind(last) && !is_kind(last, StageKind::Recover)) {
    draft.error(place_of(*last.stage, "kind"), "the last stage is no recovery",
                "expected `recover`: faults end before the run does");
  }
  bool injected = false;
  bool known = true;
  for (const StageNodes& nodes : draft.stages) {
    known = known && is_known_kind(nodes);
    if (injected && is_kind(nodes, StageKind::Baseline)) {
      draft.error(place_of(*nodes.stage, "kind"), "a baseline after faults",
                  "expected `recover`: what follows faults is no baseline");
    }
    injected = injected || is_kind(nodes, StageKind::Inject);
  }
  if (!injected && known) {
    draft.error(place_of(draft.spec, "stages"), "no stage injects anything",
                "expected one of kind `inject`");
  }
}

// V3: runs end.
void check_length(ScenarioDraft& draft) {
  const bool live = draft.value.mode == Mode::Live || draft.value.mode == Mode::Both;
  const Duration most = live ? kLiveMax : Duration{24h};
  const Duration length = draft.value.duration();
  if (length <= most) return;
  draft.error(place_of(draft.spec, "stages"), "the stages last " + format_duration(length),
              "expected at most " + format_duration(most) + (live ? " for what may run live" : ""),
              live ? "mode: sim may last 24h" : "");
}

// V6: an arm that shrank would return units that have met faults already.
void check_growth(ScenarioDraft& draft) {
  Ratio reached{0, 1};
  for (std::size_t i = 0; i < draft.stages.size(); ++i) {
    const chaos::Stage& stage = draft.value.stages[i];
    if (stage.kind != StageKind::Inject) continue;
    const Ratio from = stage.ramp ? stage.ramp->from : draft.value.population.percent;
    if (from < reached) {
      const Entry* ramp = draft.stages[i].stage->find("ramp");
      draft.error(ramp == nullptr ? place_of(*draft.stages[i].stage, "name")
                                  : place_of(ramp->value, "from"),
                  "stage " + quoted(stage.name) + " begins at " + format_ratio(from) +
                      " of the units, and " + format_ratio(reached) + " were reached before",
                  "expected no stage to shrink the experiment");
    }
    reached = std::max(reached, stage.ramp ? stage.ramp->to : from);
  }
}

// V7: both arms fit, and there is a control arm where something is compared with it.
void check_control(ScenarioDraft& draft) {
  const Ratio highest = chaos::highest_share(draft.value);
  const Ratio room = complement(highest);
  const Ratio control = draft.control_percent.value_or(highest <= room ? highest : Ratio{0, 1});
  draft.value.population.control_percent = control;
  const Entry* population = draft.spec.find("population");
  if (control > room) {
    draft.error(place_of(population->value, "control_percent"),
                "the control arm has " + format_ratio(control) + " of the units beside up to " +
                    format_ratio(highest) + " in the experiment",
                "expected at most " + format_ratio(room), "no unit can be in both arms");
  }
  if (control.num > 0 || draft.compare.empty()) return;
  draft.error(draft.compare.front()->at, "nothing to compare with: no unit is in the control arm",
              "expected a `population` whose percent leaves room for control_percent");
}

// The length of all stages of the kind at the beginning, or at the end.
Duration leading(const Scenario& scenario, StageKind kind) {
  Duration sum{};
  for (const chaos::Stage& stage : scenario.stages) {
    if (stage.kind != kind) break;
    sum += stage.duration;
  }
  return sum;
}

struct Bound {
  Duration most;
  std::string_view of;  // "the faults last"
};

void check_bound(Position at, std::string_view what, Duration value, const Bound& bound,
                 ScenarioDraft& draft) {
  if (value <= bound.most || bound.most <= 0s) return;
  draft.error(at,
              std::string(what) + " is " + format_duration(value) + ", longer than " +
                  std::string(bound.of),
              "expected at most " + format_duration(bound.most));
}

// V11: what is expected can be seen before the stages are over.
void check_expectation(const chaos::Expectation& expectation, const Node& node,
                       ScenarioDraft& draft) {
  const Scenario& scenario = draft.value;
  const Bound faults{scenario.inject_end() - scenario.inject_begin(), "the faults last"};
  const Bound recovery{scenario.duration() - scenario.inject_end(), "the recovery lasts"};
  const auto within = [&](Duration value, const Bound& bound) {
    check_bound(place_of(node, "within"), "`within`", value, bound, draft);
  };
  std::visit(Overload{
                 [&](const chaos::ExpectBreaker& each) {
                   within(each.within, faults);
                   if (!each.closed_within) return;
                   check_bound(place_of(node, "closed_within"), "`closed_within`",
                               *each.closed_within, recovery, draft);
                 },
                 [&](const chaos::ExpectKillSwitch& each) {
                   if (each.within) within(*each.within, faults);
                 },
                 [&](const chaos::ExpectAlert& each) { within(each.within, faults); },
                 [&](const chaos::ExpectUncertain& each) { within(each.within, faults); },
                 [&](const chaos::ExpectRecovery& each) {
                   check_bound(place_of(node, "within"), "`within` and `hold` together",
                               each.within + each.hold, recovery, draft);
                 },
                 [](const chaos::ExpectBudget&) {},
                 [](const chaos::ExpectCost&) {},
                 [](const chaos::ExpectTokens&) {},
                 [](const chaos::ExpectAmplification&) {},
             },
             expectation.what);
}

}  // namespace

void check_stages(ScenarioDraft& draft) {
  if (draft.stages.empty()) {
    const Entry* stages = draft.spec.find("stages");
    const bool empty =
        stages != nullptr && stages->value.kind == NodeKind::List && stages->value.items.empty();
    if (empty) draft.error(stages->value.at, "no stages", "expected baseline, inject and recover");
    return;
  }
  check_order(draft);
  check_length(draft);
}

void check_arms(ScenarioDraft& draft) {
  check_growth(draft);
  check_control(draft);
}

void check_windows(ScenarioDraft& draft) {
  const Scenario& scenario = draft.value;
  // V12: a longer window would reach back before the run, and after the faults into them.
  const Bound baseline{leading(scenario, StageKind::Baseline), "the baseline"};
  const Bound recovery{scenario.duration() - scenario.inject_end(), "the recovery"};
  for (std::size_t i = 0; i < draft.steady_state.size(); ++i) {
    const Duration window = scenario.hypothesis.steady_state[i].window;
    check_bound(place_of(*draft.steady_state[i], "window"), "`window`", window,
                window > baseline.most ? baseline : recovery, draft);
  }
  for (std::size_t i = 0; i < draft.expect.size(); ++i) {
    check_expectation(scenario.expect[i], *draft.expect[i], draft);
  }
}

// V8: real users are guarded.
void check_live(ScenarioDraft& draft) {
  if (draft.value.mode != Mode::Live) return;
  const auto& guardrails = draft.value.guardrails;
  const bool guarded =
      std::any_of(guardrails.begin(), guardrails.end(),
                  [](const chaos::Guardrail& each) { return each.arm == chaos::Arm::Outside; });
  if (guarded) return;
  draft.report.error(draft.spec.at, ErrorCode::MissingKey,
                     "no guardrail watches those outside of the experiment",
                     "a live run needs one of `arm: outside`");
}

// V13: a run that cannot decide is worth saying before it is run.
void check_samples(ScenarioDraft& draft) {
  if (draft.profile == nullptr || draft.stages.empty()) return;
  const auto plan = chaos::plan_of(draft.value);
  const auto tasks = [&](chaos::Arm arm) { return plan[static_cast<std::size_t>(arm)].tasks; };
  const bool compared = draft.value.population.control_percent.num > 0;
  const std::int64_t planned =
      compared ? std::min(tasks(chaos::Arm::Experiment), tasks(chaos::Arm::Control))
               : tasks(chaos::Arm::Experiment);
  const auto say = [&](Position at, std::int64_t needed) {
    if (needed <= planned) return;
    const std::string what = "the smaller arm will see about " + std::to_string(planned) +
                             " tasks under faults, and " + std::to_string(needed) + " are needed";
    const std::string expected = "expect the verdict `inconclusive`";
    if (draft.value.mode == Mode::Live) {
      draft.error(at, what, expected);
    } else {
      draft.report.notice(at, ErrorCode::InvalidValue, what, expected);
    }
  };
  const Entry* hypothesis = draft.spec.find("hypothesis");
  if (hypothesis != nullptr) {
    say(place_of(hypothesis->value, "min_samples"), draft.value.hypothesis.min_samples);
  }
  for (std::size_t i = 0; i < draft.compare.size(); ++i) {
    const auto needed = chaos::samples_needed(draft.value, draft.value.hypothesis.compare[i], {});
    if (needed) say(place_of(*draft.compare[i], "margin"), *needed);
  }
}

}  // namespace fusebox::config::detail
