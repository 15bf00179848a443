#include "chaos/detail/expectation_watch.hpp"

#include "base/overload.hpp"
#include "chaos/detail/figures.hpp"
#include "chaos/detail/steady.hpp"

namespace fusebox::chaos {
namespace {

Judged no_data(const char* what) {
  return {FindingState::Inconclusive, std::string("no ") + what + " in the experiment arm"};
}

Judged at_most(bool kept, std::string text) {
  return {kept ? FindingState::Pass : FindingState::Fail, std::move(text)};
}

// Of the budget that the events of the whole run earned.
Judged judge_sums(const ExpectBudget& expected, const Evidence& evidence) {
  const std::size_t slo = slo_index(evidence.slos, expected.slo);
  const slo::Counts counts =
      evidence.lived.of(slo, Arm::Experiment).between(Duration{}, evidence.stages.end());
  if (counts.total() == 0) return no_data("events");
  const Ratio target = evidence.slos[slo].objectives.front().target;
  const double spent = 1 - slo::budget_remaining(counts, target);
  return at_most(spent <= expected.max_spend,
                 percent(spent, 1) + " of the run's error budget spent, at most " +
                     percent(expected.max_spend, 1) + " expected (" + grouped(counts.bad) +
                     " bad of " + grouped(counts.total()) + ")");
}

// sum <= max x tasks, without dividing.
bool within(std::int64_t sum, std::int64_t max, std::int64_t tasks) {
  return Int128{sum} <= Int128{max} * tasks;
}

Judged judge_sums(const ExpectCost& expected, const Evidence& evidence) {
  const ArmSummary& sums = evidence.experiment.summary();
  if (sums.tasks == 0) return no_data("tasks");
  const std::int64_t tasks = expected.per_task ? sums.tasks : 1;
  const std::string each = expected.per_task ? " a task" : " in all";
  return at_most(within(sums.cost.value, expected.max.value, tasks),
                 dollars(to_usd(sums.cost) / static_cast<double>(tasks)) + each + ", at most " +
                     dollars(to_usd(expected.max)) + " expected");
}

Judged judge_sums(const ExpectTokens& expected, const Evidence& evidence) {
  const ArmSummary& sums = evidence.experiment.summary();
  if (sums.tasks == 0) return no_data("tasks");
  const std::int64_t tasks = expected.per_task ? sums.tasks : 1;
  const std::string each = expected.per_task ? " tokens a task" : " tokens in all";
  return at_most(
      within(sums.tokens, expected.max, tasks),
      grouped(sums.tokens / tasks) + each + ", at most " + grouped(expected.max) + " expected");
}

Judged judge_sums(const ExpectAmplification& expected, const Evidence& evidence) {
  const ArmTally::PerTarget calls = evidence.experiment.at(expected.target);
  if (calls.logical == 0) return no_data("calls of the target");
  const double factor = static_cast<double>(calls.upstream) / static_cast<double>(calls.logical);
  return at_most(factor <= expected.max,
                 fixed(factor, 2) + " tries a call (" + grouped(calls.upstream) + " for " +
                     grouped(calls.logical) + "), at most " + fixed(expected.max, 2) + " expected");
}

Judged judge_sums(const ExpectRecovery& expected, const Evidence& evidence) {
  const std::size_t slo = slo_index(evidence.slos, expected.slo);
  return judge_recovery(expected, recovered_bound(evidence.scenario, evidence.slos[slo]),
                        evidence.lived.of(slo, Arm::Experiment), evidence.stages);
}

}  // namespace

ExpectationWatch::ExpectationWatch(const Expectation& expectation, const RunStages& stages)
    : expectation_(&expectation), watch_(watch_for(expectation, stages)) {}

ExpectationWatch::Watch ExpectationWatch::watch_for(const Expectation& expectation,
                                                    const RunStages& stages) {
  const Duration begin = stages.inject_begin();
  const Duration end = stages.inject_end();
  return std::visit(
      Overload{
          [&](const ExpectBreaker& what) -> Watch {
            return BreakerWatch(what, {.from = begin, .until = end});
          },
          [&](const ExpectKillSwitch& what) -> Watch { return KillWatch(what, begin); },
          [&](const ExpectAlert& what) -> Watch { return AlertWatch(what, begin); },
          [&](const ExpectUncertain& what) -> Watch { return UncertainWatch(what, begin); },
          [](const auto&) -> Watch { return std::monostate{}; },
      },
      expectation.what);
}

void ExpectationWatch::record(const telemetry::RecordBody& body, Duration at) {
  std::visit(
      Overload{
          [at](BreakerWatch& watch, const telemetry::BreakerRecord& line) {
            watch.record(line, at);
          },
          [at](KillWatch& watch, const telemetry::KillRecord& line) { watch.record(line, at); },
          [at](AlertWatch& watch, const telemetry::AlertRecord& line) { watch.record(line, at); },
          [at](UncertainWatch& watch, const telemetry::SloStatusRecord& line) {
            watch.record(line, at);
          },
          [](const auto&, const auto&) {},
      },
      watch_, body);
}

bool ExpectationWatch::expects_stop(std::string_view scope) const {
  const auto* kill = std::get_if<KillWatch>(&watch_);
  return kill != nullptr && kill->expects(scope);
}

Finding ExpectationWatch::judge(const Evidence& evidence) const {
  Judged judged =
      std::visit(Overload{
                     [](const auto& watch, const auto&) -> Judged { return watch.judge(); },
                     [&evidence](const std::monostate&, const auto& what) -> Judged {
                       if constexpr (requires { judge_sums(what, evidence); }) {
                         return judge_sums(what, evidence);
                       } else {
                         return {};
                       }
                     },
                 },
                 watch_, expectation_->what);
  return {.kind = FindingKind::Expectation,
          .state = judged.state,
          .name = expectation_->text,
          .text = std::move(judged.text),
          .estimate = {},
          .margin = {}};
}

Finding ExpectationWatch::left_open(std::string_view why) const {
  return {.kind = FindingKind::Expectation,
          .state = FindingState::Inconclusive,
          .name = expectation_->text,
          .text = std::string(why),
          .estimate = {},
          .margin = {}};
}

}  // namespace fusebox::chaos
