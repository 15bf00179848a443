#include "chaos/detail/comparison_findings.hpp"

#include <algorithm>

#include "chaos/detail/arm_figure.hpp"
#include "chaos/detail/figures.hpp"
#include "chaos/statistics.hpp"

namespace fusebox::chaos {
namespace {

std::string figure_text(ComparisonKind kind, double figure) {
  switch (kind) {
    case ComparisonKind::Proportion:
      return percent(1 - figure);
    case ComparisonKind::Latency:
      return "p95 " + rounded(figure);
    case ComparisonKind::Cost:
      return dollars(figure) + " a task";
  }
  return {};
}

std::string estimate_text(ComparisonKind kind, const Estimate& estimate, double margin) {
  switch (kind) {
    case ComparisonKind::Proportion:
      return points(estimate.value) + " (" + fixed(100 * estimate.lower, 2) + " to " +
             fixed(100 * estimate.upper, 2) + "), margin " + fixed(100 * -margin, 2);
    case ComparisonKind::Latency:
    case ComparisonKind::Cost:
      return "ratio " + fixed(estimate.value, 3) + " (" + fixed(estimate.lower, 3) + " to " +
             fixed(estimate.upper, 3) + "), margin " + fixed(1 + margin, 3);
  }
  return {};
}

double figure_of(const ArmTally& arm, std::size_t comparison) {
  const ArmSample& sample = arm.sample();
  return ArmFigure(sample.measured[comparison], sample.units).plain();
}

// Nothing failed: what that still allows.
std::string zero_text(ComparisonKind kind, const ArmTally& arm, double figure, double confidence) {
  if (kind != ComparisonKind::Proportion || figure > 0) return {};
  const auto units = static_cast<std::int64_t>(arm.sample().units);
  return "; no failure in " + count_of(units, "unit") + " still allows " +
         percent(zero_failure_bound(units, confidence));
}

std::string too_few(const Hypothesis& hypothesis, const ArmTally& experiment,
                    const ArmTally& control) {
  const auto lacks = [&hypothesis](const ArmTally& arm, const char* name) -> std::string {
    const std::int64_t tasks = arm.summary().tasks;
    if (tasks > 0 && tasks >= hypothesis.min_samples) return {};
    return count_of(tasks, "task") + " in the " + name + " arm, " +
           grouped(std::max<std::int64_t>(hypothesis.min_samples, 1)) + " needed";
  };
  const std::string text = lacks(experiment, "experiment");
  return text.empty() ? lacks(control, "control") : text;
}

struct Arms {
  const ArmTally& experiment;
  const ArmTally& control;
};

std::string text_of(const Hypothesis& hypothesis, std::size_t i, const Arms& arms,
                    const Compared& compared) {
  const Comparison& comparison = hypothesis.compare[i];
  if (!compared.estimate) return "no data to compare in an arm";
  const double mine = figure_of(arms.experiment, i);
  const double theirs = figure_of(arms.control, i);
  return figure_text(comparison.kind, mine) + " against " + figure_text(comparison.kind, theirs) +
         " in control: " +
         estimate_text(comparison.kind, *compared.estimate, comparison.margin.to_double()) +
         zero_text(comparison.kind, arms.experiment, mine, hypothesis.confidence.to_double());
}

Comparing question_of(const Hypothesis& hypothesis, std::uint64_t seed) {
  Comparing out{
      .margins = {}, .alpha = complement(hypothesis.confidence).to_double(), .seed = seed};
  for (const Comparison& comparison : hypothesis.compare) {
    out.margins.push_back(comparison.margin.to_double());
  }
  return out;
}

Finding open_finding(const Comparison& comparison) {
  return {.kind = FindingKind::Comparison,
          .state = FindingState::Inconclusive,
          .name = comparison.sli,
          .text = {},
          .estimate = {},
          .margin = comparison.margin.to_double()};
}

}  // namespace

ComparisonFindings compare_arms(const Hypothesis& hypothesis, const ArmTally& experiment,
                                const ArmTally& control, std::uint64_t seed) {
  const Analysis analysis =
      compare(experiment.sample(), control.sample(), question_of(hypothesis, seed));
  const std::string few = too_few(hypothesis, experiment, control);
  ComparisonFindings out{.findings = {}, .score = analysis.score};
  for (std::size_t i = 0; i < hypothesis.compare.size(); ++i) {
    const Compared& compared = analysis.comparisons[i];
    Finding finding = open_finding(hypothesis.compare[i]);
    finding.estimate = compared.estimate;
    finding.text = text_of(hypothesis, i, {experiment, control}, compared);
    if (few.empty()) {
      finding.state = compared.state;
    } else {
      finding.text = few + "; " + finding.text;
    }
    out.findings.push_back(std::move(finding));
  }
  return out;
}

std::vector<Finding> comparisons_left_open(const Hypothesis& hypothesis, std::string_view why) {
  std::vector<Finding> out;
  for (const Comparison& comparison : hypothesis.compare) {
    out.push_back(open_finding(comparison));
    out.back().text = why;
  }
  return out;
}

}  // namespace fusebox::chaos
