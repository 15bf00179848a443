#include "chaos/experiment.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "chaos/detail/arm_tally.hpp"
#include "chaos/detail/comparison_findings.hpp"
#include "chaos/detail/conclusion.hpp"
#include "chaos/detail/expectation_watch.hpp"
#include "chaos/detail/figures.hpp"
#include "chaos/detail/guardrail_watch.hpp"
#include "chaos/detail/injection_log.hpp"
#include "chaos/detail/rollback_watch.hpp"
#include "chaos/detail/run_stages.hpp"
#include "chaos/detail/steady.hpp"
#include "chaos/detail/timeline.hpp"
#include "chaos/slis.hpp"
#include "slo/classify.hpp"

namespace fusebox::chaos {
namespace {

using std::chrono::seconds;

// Stop orders that cover every experiment.
constexpr std::string_view kStopAll = "global";
constexpr std::string_view kStopChaos = "capability:chaos";

// What a guardrail's action stops besides this run.
std::optional<std::string> order_of(GuardrailAction action) {
  switch (action) {
    case GuardrailAction::Abort:
      return std::nullopt;
    case GuardrailAction::HaltAll:
      return std::string(kStopChaos);
    case GuardrailAction::KillSwitch:
      return std::string(kStopAll);
  }
  return std::nullopt;
}

// At most 360 points, on steps that people read.
Duration series_step(Duration length) {
  for (const int step : {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1'800}) {
    if (length <= seconds{step} * 360) return seconds{step};
  }
  return seconds{3'600};
}

void append(std::vector<Finding>& to, std::vector<Finding> from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

}  // namespace

struct Experiment::Impl {
  Impl(const Scenario& of, const std::vector<slo::SloSpec>& with, Instant at);

  // Which comparisons look at an SLO, and whether a guardrail does.
  struct Uses {
    std::vector<std::size_t> comparisons;
    bool guarded = false;
  };

  [[nodiscard]] Duration since(Instant now) const { return now - start; }
  [[nodiscard]] bool judged(const Origin& origin) const {
    return stages.injecting(since(origin.started));
  }
  ArmTally& tally(Arm arm) { return tallies[static_cast<std::size_t>(arm)]; }

  void enter_stages(Duration at);
  void judge_baseline(Duration at);
  void judge_guardrails(Duration at);
  void abort(std::string why, Duration at);
  [[nodiscard]] bool finished(Duration at) const;
  [[nodiscard]] bool expects_stop(std::string_view scope) const;

  void add_steady(std::string_view when, Arm arm, Duration at);
  [[nodiscard]] std::string why_left_open() const;
  void judge_all(RunResult& out, const Injector& injector);
  void judge_claims(RunResult& out);
  [[nodiscard]] std::vector<SliSeries> all_series(Duration step, Duration length) const;

  const Scenario& scenario;
  const std::vector<slo::SloSpec>& slos;
  const Instant start;
  const RunStages stages;
  std::vector<Uses> uses;  // by SLO
  Slis lived;
  Slis delivered;  // of guarded SLOs
  std::vector<ArmTally> tallies;
  std::vector<GuardrailWatch> guardrails;
  std::vector<ExpectationWatch> expectations;
  InjectionLog injections;
  RollbackWatch rollback;
  Timeline timeline;
  std::vector<Finding> steady;
  std::size_t stages_begun = 0;
  bool baseline_judged = false;
  Course course;
  Duration aborted_at{};
  std::optional<std::string> order;  // to be tripped by the driver, once
};

Experiment::Impl::Impl(const Scenario& of, const std::vector<slo::SloSpec>& with, Instant at)
    : scenario(of),
      slos(with),
      start(at),
      stages(of),
      uses(with.size()),
      lived(with.size()),
      delivered(with.size()),
      tallies(kArmCount, ArmTally(of.hypothesis.compare)),
      rollback(of.rollback) {
  const std::vector<Comparison>& compare = scenario.hypothesis.compare;
  for (std::size_t i = 0; i < compare.size(); ++i) {
    if (compare[i].kind == ComparisonKind::Cost) continue;
    uses[slo_index(slos, compare[i].sli)].comparisons.push_back(i);
  }
  for (const Guardrail& guardrail : scenario.guardrails) {
    const std::size_t slo = slo_index(slos, guardrail.slo);
    guardrails.emplace_back(guardrail, slos[slo], slo);
    uses[slo].guarded = true;
  }
  for (const Expectation& expectation : scenario.expect) {
    expectations.emplace_back(expectation, stages);
  }
}

void Experiment::Impl::enter_stages(Duration at) {
  for (; stages_begun < stages.all().size(); ++stages_begun) {
    const PlacedStage& placed = stages.all()[stages_begun];
    if (placed.begin > at) return;
    const auto kind = static_cast<std::size_t>(placed.stage->kind);
    timeline.add({.at = placed.begin,
                  .kind = MomentKind::Stage,
                  .subject = placed.stage->name,
                  .key = "",
                  .state = std::string(kStageKindNames[kind]),
                  .text = "for " + in_words(placed.stage->duration)});
  }
}

void Experiment::Impl::add_steady(std::string_view when, Arm arm, Duration at) {
  for (const SteadyState& state : scenario.hypothesis.steady_state) {
    const std::size_t slo = slo_index(slos, state.slo);
    Judged judged = judge_steady(state, lived.of(slo, arm), at);
    steady.push_back(
        {.kind = FindingKind::SteadyState,
         .state = judged.state,
         .name = state.slo + " " + std::string(when) + ", " + std::string(name_of(arm)) + " arm",
         .text = std::move(judged.text),
         .estimate = {},
         .margin = {}});
  }
}

// Both arms must begin alike: a control arm that is unwell already would hide anything.
void Experiment::Impl::judge_baseline(Duration at) {
  baseline_judged = true;
  add_steady("before the faults", Arm::Experiment, at);
  if (scenario.population.control_percent.num > 0) {
    add_steady("before the faults", Arm::Control, at);
  }
  course.unsteady = std::any_of(steady.begin(), steady.end(), [](const Finding& finding) {
    return finding.state == FindingState::Fail;
  });
}

void Experiment::Impl::judge_guardrails(Duration at) {
  for (GuardrailWatch& watch : guardrails) {
    if (!watch.judge(delivered, at) || course.aborted) continue;
    const Guardrail& guardrail = watch.guardrail();
    timeline.add({.at = at,
                  .kind = MomentKind::Guardrail,
                  .subject = guardrail.name,
                  .key = "",
                  .state = "tripped",
                  .text = watch.violation()});
    order = order_of(guardrail.action);
    abort("guardrail " + guardrail.name + ", " + watch.violation(), at);
  }
}

void Experiment::Impl::abort(std::string why, Duration at) {
  if (course.aborted || course.unsteady) return;
  timeline.add({.at = at,
                .kind = MomentKind::Abort,
                .subject = "run",
                .key = "",
                .state = "aborted",
                .text = why});
  course.aborted = std::move(why);
  aborted_at = at;
  rollback.withdraw(at);
}

bool Experiment::Impl::finished(Duration at) const {
  if (course.unsteady) return true;
  return course.aborted ? rollback.settled(at) : at >= stages.end();
}

bool Experiment::Impl::expects_stop(std::string_view scope) const {
  return std::any_of(expectations.begin(), expectations.end(),
                     [scope](const ExpectationWatch& watch) { return watch.expects_stop(scope); });
}

Experiment::Experiment(const Scenario& scenario, const std::vector<slo::SloSpec>& slos,
                       Instant start)
    : impl_(std::make_unique<Impl>(scenario, slos, start)) {}

Experiment::~Experiment() = default;

void Experiment::observe(const telemetry::Event& event, const Origin& origin, Instant now) {
  const Duration at = impl_->since(now);
  const bool judged = impl_->judged(origin);
  ArmTally& tally = impl_->tally(origin.arm);
  if (judged) tally.count(event, origin.unit);
  std::int64_t errors = 0;  // the engine counts them
  for (std::size_t slo = 0; slo < impl_->slos.size(); ++slo) {
    const auto seen = slo::classify(impl_->slos[slo], event, errors);
    if (!seen) continue;
    impl_->lived.of(slo, origin.arm).add(seen->good, event.weight, at);
    if (!judged || origin.arm == Arm::Outside) continue;
    for (const std::size_t comparison : impl_->uses[slo].comparisons) {
      tally.measure(comparison, *seen, event.weight, origin.unit);
    }
  }
}

void Experiment::deliver(const telemetry::Event& event, Arm arm, Instant now) {
  std::int64_t errors = 0;
  for (std::size_t slo = 0; slo < impl_->slos.size(); ++slo) {
    if (!impl_->uses[slo].guarded) continue;
    const auto seen = slo::classify(impl_->slos[slo], event, errors);
    if (seen) impl_->delivered.of(slo, arm).add(seen->good, event.weight, impl_->since(now));
  }
}

void Experiment::record(const telemetry::Record& record) {
  const Duration at = impl_->since(record.at);
  impl_->timeline.record(record.body, at);
  for (ExpectationWatch& watch : impl_->expectations) watch.record(record.body, at);
  const auto* kill = std::get_if<telemetry::KillRecord>(&record.body);
  if (kill == nullptr || !kill->tripped) return;
  if (kill->scope != kStopAll && kill->scope != kStopChaos) return;
  if (!impl_->expects_stop(kill->scope)) impl_->abort("stop order on " + kill->scope, at);
}

void Experiment::attempted(const Attempt& attempt, const Origin& origin) {
  if (impl_->judged(origin)) impl_->tally(origin.arm).attempt(attempt.target, attempt.first);
}

void Experiment::refused(const Origin& origin) {
  if (impl_->judged(origin)) impl_->tally(origin.arm).refuse();
}

void Experiment::injected(std::uint32_t fault, Instant now) {
  impl_->injections.add(fault, impl_->since(now));
  impl_->rollback.injected();
}

void Experiment::stop(std::string_view reason, Instant now) {
  impl_->abort(std::string(reason), impl_->since(now));
}

Directive Experiment::tick(Instant now) {
  Impl& run = *impl_;
  const Duration at = run.since(now);
  run.enter_stages(at);
  if (!run.baseline_judged && at >= run.stages.inject_begin()) run.judge_baseline(at);
  if (run.baseline_judged && !run.course.unsteady) run.judge_guardrails(at);
  if (!run.course.unsteady && at >= run.stages.inject_end()) run.rollback.withdraw(at);
  return {.withdraw_faults = run.rollback.withdrawn() || run.course.unsteady,
          .kill = std::exchange(run.order, std::nullopt),
          .finished = run.finished(at)};
}

void Experiment::held(std::int64_t calls, Instant now) {
  impl_->rollback.held(calls, impl_->since(now));
}

std::string Experiment::Impl::why_left_open() const {
  if (course.aborted) return "not judged: the run was aborted at " + clock_text(aborted_at);
  if (course.unsteady) return "not judged: no fault was injected";
  return course.cut_short ? "not judged: the run ended early" : "";
}

// Comparisons and expectations, which need the whole run.
void Experiment::Impl::judge_claims(RunResult& out) {
  const std::string why = why_left_open();
  if (!why.empty()) {
    append(out.findings, comparisons_left_open(scenario.hypothesis, why));
    for (const ExpectationWatch& watch : expectations) {
      out.findings.push_back(watch.left_open(why));
    }
    return;
  }
  ComparisonFindings compared =
      compare_arms(scenario.hypothesis, tally(Arm::Experiment), tally(Arm::Control),
                   stable_hash(scenario.hash, scenario.seed));
  append(out.findings, std::move(compared.findings));
  out.score = compared.score;
  const Evidence evidence{.scenario = scenario,
                          .stages = stages,
                          .slos = slos,
                          .lived = lived,
                          .experiment = tally(Arm::Experiment)};
  for (const ExpectationWatch& watch : expectations) {
    out.findings.push_back(watch.judge(evidence));
  }
}

void Experiment::Impl::judge_all(RunResult& out, const Injector& injector) {
  if (why_left_open().empty()) add_steady("after recovery", Arm::Experiment, stages.end());
  append(out.findings, steady);
  judge_claims(out);
  for (const GuardrailWatch& watch : guardrails) out.findings.push_back(watch.finding());
  if (!course.unsteady) append(out.findings, trigger_findings(injector, out.faults, out.length));
  if (const auto finding = rollback.finding()) out.findings.push_back(*finding);
  std::stable_sort(out.findings.begin(), out.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.kind < b.kind; });
}

std::vector<SliSeries> Experiment::Impl::all_series(Duration step, Duration length) const {
  std::vector<SliSeries> out;
  for (std::size_t slo = 0; slo < slos.size(); ++slo) {
    for (const Arm arm : {Arm::Outside, Arm::Experiment, Arm::Control}) {
      SliSeries series{.slo = slos[slo].name,
                       .arm = arm,
                       .target = slos[slo].objectives.front().target,
                       .step = step,
                       .counts = {}};
      for (Duration at{}; at < length; at += step) {
        series.counts.push_back(lived.of(slo, arm).between(at, at + step));
      }
      out.push_back(std::move(series));
    }
  }
  return out;
}

RunResult Experiment::finish(const Injector& injector, Instant now) {
  Impl& run = *impl_;
  RunResult out;
  out.scenario = run.scenario;
  out.length = run.since(now);
  run.course.cut_short = !run.finished(out.length);
  const Duration step = series_step(run.stages.end());
  for (std::size_t arm = 0; arm < kArmCount; ++arm) out.arms[arm] = run.tallies[arm].summary();
  out.faults = run.injections.summaries(run.scenario, injector, step, out.length);
  out.series = run.all_series(step, out.length);
  out.timeline = run.timeline.moments();
  out.moments_left_out = run.timeline.left_out();
  run.judge_all(out, injector);
  Conclusion conclusion = conclude(out.findings, run.course);
  out.verdict = conclusion.verdict;
  out.reason = std::move(conclusion.reason);
  if (out.verdict != Verdict::Pass && out.verdict != Verdict::Fail) out.score.reset();
  return out;
}

}  // namespace fusebox::chaos
