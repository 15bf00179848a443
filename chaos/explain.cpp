#include "chaos/explain.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "chaos/detail/columns.hpp"
#include "chaos/detail/figures.hpp"
#include "chaos/detail/phrases.hpp"
#include "chaos/plan.hpp"

namespace fusebox::chaos {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kBar = 72;

void wrap(std::string& out, const std::string& lead, const std::string& text) {
  out += lead + wrapped(text, lead.size(), kColumns);
}

void item(std::string& out, const std::string& text) { wrap(out, "  - ", text); }

void head(std::string& out, const Scenario& scenario) {
  wrap(out, "", scenario.name + ": " + scenario.title);
  const std::string mode = scenario.mode == Mode::Both
                               ? "simulated or live"
                               : (scenario.mode == Mode::Sim ? "simulated only" : "live only");
  wrap(out, "",
       "owner " + scenario.owner + ", " + mode + ", seed " + std::to_string(scenario.seed) + ", " +
           format_duration(scenario.duration()) + " in all");
  if (!scenario.incident.empty()) wrap(out, "incident: ", scenario.incident);
  if (!scenario.description.empty()) wrap(out, "", scenario.description);
}

char mark(StageKind kind) {
  switch (kind) {
    case StageKind::Baseline:
      return '.';
    case StageKind::Inject:
      return '#';
    case StageKind::Recover:
      return '-';
  }
  return ' ';
}

// One character for each part of the run, by the stage it begins in.
void bar(std::string& out, const Scenario& scenario) {
  const Duration whole = scenario.duration();
  std::string line;
  Duration end{};
  for (const Stage& stage : scenario.stages) {
    end += stage.duration;
    const double share = std::chrono::duration<double>(end) / std::chrono::duration<double>(whole);
    line.resize(std::max(line.size(), static_cast<std::size_t>(share * kBar + 0.5)),
                mark(stage.kind));
  }
  out += "  [" + line + "]\n";
}

std::string fault_text(const FaultSpec& fault, const Scenario& scenario) {
  std::string text = fault.id + ": " + phrase(fault.effect) + "; on " +
                     scenario.targets[fault.target].name + ", " + phrase(fault.schedule);
  const std::string match = phrase(fault.match);
  if (!match.empty()) text += ", " + match;
  if (fault.max_count) text += ", at most " + count_of(*fault.max_count, "time");
  return text;
}

void stage_text(std::string& out, const Stage& stage, const Scenario& scenario) {
  switch (stage.kind) {
    case StageKind::Baseline:
      wrap(out, "          ", "Nothing is injected.");
      break;
    case StageKind::Inject:
      if (stage.ramp) wrap(out, "          ", phrase(*stage.ramp));
      for (const FaultSpec& fault : stage.faults) {
        wrap(out, "        - ", fault_text(fault, scenario));
      }
      break;
    case StageKind::Recover:
      wrap(out, "          ", "Faults are taken away; the fleet finds back, or does not.");
      break;
  }
}

void timeline(std::string& out, const Scenario& scenario) {
  out += "\nWhat happens\n";
  bar(out, scenario);
  Duration begin{};
  for (const Stage& stage : scenario.stages) {
    const std::string kind(kStageKindNames[static_cast<std::size_t>(stage.kind)]);
    out += right(format_duration(begin), 7) + "   " + stage.name + " (" + kind + ", " +
           format_duration(stage.duration) + ")\n";
    stage_text(out, stage, scenario);
    begin += stage.duration;
  }
  out += right(format_duration(begin), 7) + "   end\n";
}

std::string_view plural(Unit unit) {
  switch (unit) {
    case Unit::Session:
      return "sessions";
    case Unit::Agent:
      return "agents";
    case Unit::Tenant:
      return "tenants";
  }
  return "";
}

void arms(std::string& out, const Scenario& scenario) {
  const auto plan = plan_of(scenario);
  const std::string units(plural(scenario.population.unit));
  out += "  " + padded("arm", 12) + right("share", 8) + right("tasks under faults", 20) +
         right(units, 16) + "\n";
  for (const Arm arm : {Arm::Experiment, Arm::Control, Arm::Outside}) {
    const ArmPlan& each = plan[static_cast<std::size_t>(arm)];
    out += "  " + padded(name_of(arm), 12) + right(percent(each.share, 1), 8) +
           right("about " + grouped(each.tasks), 20) +
           right(each.units ? "about " + grouped(*each.units) : "?", 16) + "\n";
  }
}

void population(std::string& out, const Scenario& scenario) {
  out += "\nTo whom\n";
  const Workload& workload = scenario.workload;
  if (workload.profile.empty()) {
    wrap(out, "  ",
         "To " + share_text(scenario.population.percent) + " of the " +
             std::string(plural(scenario.population.unit)) + " of the live fleet.");
    return;
  }
  const std::string process =
      workload.process == ArrivalProcess::Poisson ? "at random moments" : "evenly spaced";
  wrap(out, "  ",
       count_of(workload.agents, "agent") + " of profile " + workload.profile + "; " +
           count_of(workload.rate, "task") + " for them each " + format_duration(workload.per) +
           ", " + process + ". A unit stays in its arm for the whole run.");
  arms(out, scenario);
}

void stops(std::string& out, const Scenario& scenario) {
  out += "\nWhat stops it\n";
  for (const Guardrail& guardrail : scenario.guardrails) {
    item(out, guardrail.name + ": " + phrase(guardrail));
  }
  item(out, "a stop order that covers it");
  if (!scenario.rollback.verify) return;
  item(out, "afterwards no fault may be at work any more within " +
                format_duration(scenario.rollback.timeout));
}

void expectations(std::string& out, const Scenario& scenario) {
  out += "\nWhat is expected\n";
  for (const SteadyState& steady : scenario.hypothesis.steady_state) {
    item(out, "before the faults and at the end, " + phrase(steady));
  }
  for (const Expectation& each : scenario.expect) item(out, phrase(each, scenario));
}

std::string samples_text(std::int64_t needed, std::int64_t planned) {
  return "needs " + grouped(needed) + " tasks in each arm and will see about " + grouped(planned) +
         (planned < needed ? ": too few, expect `inconclusive`" : ": enough");
}

void judgement(std::string& out, const Scenario& scenario, const std::vector<slo::SloSpec>& slos) {
  const Hypothesis& hypothesis = scenario.hypothesis;
  if (hypothesis.compare.empty() && hypothesis.min_samples == 0) return;
  out += "\nHow it is judged\n";
  const auto plan = plan_of(scenario);
  const std::int64_t experiment = plan[static_cast<std::size_t>(Arm::Experiment)].tasks;
  const std::int64_t control = plan[static_cast<std::size_t>(Arm::Control)].tasks;
  const std::int64_t planned = control > 0 ? std::min(experiment, control) : experiment;
  for (const Comparison& comparison : hypothesis.compare) {
    const auto needed = samples_needed(scenario, comparison, slos);
    item(out, phrase(comparison) + ", at a confidence of " + share_text(hypothesis.confidence) +
                  (needed ? "; " + samples_text(*needed, planned)
                          : "; how many tasks that needs depends on how they spread"));
  }
  if (hypothesis.min_samples > 0) {
    item(out, "any verdict " + samples_text(hypothesis.min_samples, planned));
  }
}

}  // namespace

std::string explain(const Scenario& scenario, const std::vector<slo::SloSpec>& slos) {
  std::string out;
  head(out, scenario);
  timeline(out, scenario);
  population(out, scenario);
  stops(out, scenario);
  expectations(out, scenario);
  judgement(out, scenario, slos);
  return visible(std::move(out));
}

}  // namespace fusebox::chaos
