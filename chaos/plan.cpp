#include "chaos/plan.hpp"

#include <algorithm>
#include <cmath>

#include "chaos/profile.hpp"
#include "chaos/sample_size.hpp"

namespace fusebox::chaos {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// The average share of units over a ramp. An exponential one spends most of its time low: from 1 %
// to 10 % the mean is 9 % / ln 10 = 3.9 %.
double mean_share(const Ramp& ramp) {
  const double from = ramp.from.to_double();
  const double to = ramp.to.to_double();
  switch (ramp.shape) {
    case RampShape::Linear:
    case RampShape::Step:
      return (from + to) / 2;
    case RampShape::Exponential:
      return ramp.from == ramp.to ? from : (to - from) / std::log(to / from);
  }
  return from;
}

double mean_share(const Scenario& scenario, const Stage& stage) {
  return stage.ramp ? mean_share(*stage.ramp) : scenario.population.percent.to_double();
}

std::int64_t rounded(double value) { return std::llround(value); }

// A session is `turns` tasks of one agent; who has only a part of one has a unit all the same.
std::optional<std::int64_t> units_of(const Scenario& scenario, const ArmPlan& arm) {
  const double agents = static_cast<double>(scenario.workload.agents) * arm.share;
  const double tasks = static_cast<double>(arm.tasks);
  switch (scenario.population.unit) {
    case Unit::Agent:
      return rounded(std::min(tasks, agents));
    case Unit::Session: {
      const Profile* profile = find_profile(scenario.workload.profile);
      const double turns = profile == nullptr ? 1 : static_cast<double>(profile->turns);
      return rounded(std::min(tasks, std::max(agents, tasks / turns)));
    }
    case Unit::Tenant:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<double> steady_share(const Hypothesis& hypothesis, const std::string& slo) {
  for (const SteadyState& steady : hypothesis.steady_state) {
    const bool from_below = steady.op == Compare::Gte || steady.op == Compare::Gt;
    if (steady.slo == slo && from_below) return steady.value;
  }
  return std::nullopt;
}

std::optional<double> target_of(const std::vector<slo::SloSpec>& slos, const std::string& name) {
  const auto found = std::find_if(slos.begin(), slos.end(),
                                  [&](const slo::SloSpec& slo) { return slo.name == name; });
  if (found == slos.end() || found->objectives.empty()) return std::nullopt;
  return found->objectives.front().target.to_double();
}

}  // namespace

Ratio highest_share(const Scenario& scenario) {
  std::optional<Ratio> highest;
  for (const Stage& stage : scenario.stages) {
    if (stage.kind != StageKind::Inject) continue;
    const Ratio share = stage.ramp ? stage.ramp->to : scenario.population.percent;
    highest = std::max(highest.value_or(share), share);
  }
  return highest.value_or(scenario.population.percent);
}

std::array<ArmPlan, kArmCount> plan_of(const Scenario& scenario) {
  const Workload& workload = scenario.workload;
  const double rate =
      workload.profile.empty() ? 0 : static_cast<double>(workload.rate) / seconds(workload.per);
  double all = 0;
  double experiment = 0;
  for (const Stage& stage : scenario.stages) {
    if (stage.kind != StageKind::Inject) continue;
    const double tasks = rate * seconds(stage.duration);
    all += tasks;
    experiment += tasks * mean_share(scenario, stage);
  }
  std::array<ArmPlan, kArmCount> plan{};
  ArmPlan& in = plan[static_cast<std::size_t>(Arm::Experiment)];
  ArmPlan& beside = plan[static_cast<std::size_t>(Arm::Control)];
  ArmPlan& outside = plan[static_cast<std::size_t>(Arm::Outside)];
  in.share = highest_share(scenario).to_double();
  in.tasks = rounded(experiment);
  beside.share = scenario.population.control_percent.to_double();
  beside.tasks = rounded(all * beside.share);
  outside.share = 1 - in.share - beside.share;
  outside.tasks = rounded(all) - in.tasks - beside.tasks;
  for (ArmPlan& arm : plan) arm.units = units_of(scenario, arm);
  return plan;
}

std::optional<std::int64_t> samples_needed(const Scenario& scenario, const Comparison& comparison,
                                           const std::vector<slo::SloSpec>& slos) {
  if (comparison.kind != ComparisonKind::Proportion) return std::nullopt;
  auto baseline = steady_share(scenario.hypothesis, comparison.sli);
  if (!baseline) baseline = target_of(slos, comparison.sli);
  const double drop = comparison.margin.to_double();
  if (!baseline || *baseline >= 1 || drop <= 0 || drop >= *baseline) return std::nullopt;
  return samples_per_arm({.baseline = *baseline,
                          .drop = drop,
                          .confidence = scenario.hypothesis.confidence.to_double(),
                          .power = scenario.hypothesis.power.to_double()});
}

}  // namespace fusebox::chaos
