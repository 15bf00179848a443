// Plays a small experiment by hand: one minute of baseline, one of injecting, two of recovery, with
// twenty tasks a second in each arm, and whatever else a test wants to happen.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chaos/experiment.hpp"
#include "tests/slo/support.hpp"

namespace fusebox::chaos {

using std::chrono::minutes;
using std::chrono::seconds;

inline const Instant kRunStart = slo::kStart;

inline std::vector<slo::SloSpec> story_slos() {
  slo::SloSpec tasks = slo::ratio_spec({.target = {95, 100}});
  tasks.name = "task-success";
  tasks.indicator = slo::RatioIndicator{.total = slo::condition(R"(kind == "task")"),
                                        .part = slo::condition(R"(outcome == "ok")")};
  slo::SloSpec latency = slo::latency_spec();
  latency.name = "latency";
  return {tasks, latency};
}

inline Scenario story_scenario() {
  Scenario scenario;
  scenario.name = "small-brownout";
  scenario.title = "A provider refuses for a minute";
  scenario.owner = "sre-agents";
  scenario.hash = "sha256:" + std::string(64, 'a');
  scenario.targets = {
      {.name = "primary-llm", .kind = TargetKind::Llm, .model = "m1", .tool = "", .sim = {}}};
  scenario.slos = {"task-success", "latency"};
  scenario.population = {
      .unit = Unit::Session, .percent = {1, 2}, .control_percent = {1, 2}, .salt = {}};
  FaultSpec limit;
  limit.id = "limit";
  limit.effect = RateLimit{.retry_after = seconds{5}};
  scenario.stages = {{.name = "base",
                      .kind = StageKind::Baseline,
                      .duration = minutes{1},
                      .faults = {},
                      .ramp = {}},
                     {.name = "brownout",
                      .kind = StageKind::Inject,
                      .duration = minutes{1},
                      .faults = {limit},
                      .ramp = {}},
                     {.name = "heal",
                      .kind = StageKind::Recover,
                      .duration = minutes{2},
                      .faults = {},
                      .ramp = {}}};
  scenario.hypothesis.steady_state = {
      {.slo = "task-success", .window = seconds{30}, .op = Compare::Gte, .value = 0.99}};
  scenario.hypothesis.compare = {
      {.sli = "task-success", .kind = ComparisonKind::Proportion, .margin = {5, 100}}};
  scenario.hypothesis.min_samples = 1'000;
  return scenario;
}

// How a task of this arm fares that begins then; `number` counts up within the second.
struct Fate {
  bool ok = true;
  double llm_ms = 500;
  std::int64_t cost_micros = 10'000;
  std::int64_t tokens = 1'000;
  std::int64_t tries = 1;
};

struct Story {
  Scenario scenario = story_scenario();
  std::vector<slo::SloSpec> slos = story_slos();
  std::function<Fate(Arm, Duration, std::int64_t number)> fate = [](Arm, Duration, std::int64_t) {
    return Fate{};
  };
  std::function<bool(Arm, Duration)> delivered = [](Arm, Duration) { return true; };
  // Calls still held, so long after the withdrawal; nullopt: nobody says.
  std::function<std::optional<std::int64_t>(Duration)> held = [](Duration) { return 0; };
  std::function<void(Experiment&, Duration)> each_second = [](Experiment&, Duration) {};
  bool calls_meet_faults = true;
  bool obeys_withdrawal = true;
  std::int64_t tasks_a_second = 20;
  Duration length = minutes{4};
};

struct Played {
  RunResult result;
  std::vector<std::string> kills;
  Duration ended{};
};

class Player {
 public:
  explicit Player(const Story& story)
      : story_(story),
        experiment_(story.scenario, story.slos, kRunStart),
        injector_(story.scenario, 1) {}

  Played play() {
    Played out;
    for (Duration at{}; at <= story_.length; at += seconds{1}) {
      out.ended = at;
      if (step(at, out)) break;
      if (at == story_.length) break;
      for (std::int64_t i = 0; i < story_.tasks_a_second; ++i) {
        for (const Arm arm : {Arm::Experiment, Arm::Control, Arm::Outside}) task(arm, at, i);
      }
    }
    out.result = experiment_.finish(injector_, kRunStart + out.ended);
    return out;
  }

 private:
  bool step(Duration at, Played& out) {
    story_.each_second(experiment_, at);
    const Directive directive = experiment_.tick(kRunStart + at);
    if (directive.kill) out.kills.push_back(*directive.kill);
    if (directive.withdraw_faults) withdraw(at);
    return directive.finished;
  }

  void withdraw(Duration at) {
    if (!withdrawn_) withdrawn_ = at;
    if (story_.obeys_withdrawal) injector_.withdraw();
    if (const auto calls = story_.held(at - *withdrawn_)) experiment_.held(*calls, kRunStart + at);
  }

  // A task with one model call, all at one moment.
  void task(Arm arm, Duration at, std::int64_t number) {
    const Fate fate = story_.fate(arm, at, number);
    const Instant now = kRunStart + at + std::chrono::milliseconds{40 * number};
    const auto unit = static_cast<std::uint64_t>((at / seconds{1} * 7 + number) % 400);
    const Origin origin{.arm = arm, .unit = unit, .started = now};
    meet_faults(origin, now);
    for (std::int64_t i = 0; i < fate.tries; ++i) {
      experiment_.attempted({.target = 0, .first = i == 0}, origin);
    }
    telemetry::Event call = slo::llm_event(fate.llm_ms);
    call.measured.cost_usd = MicroUsd{fate.cost_micros};
    call.measured.tokens_out = fate.tokens;
    tell(call, origin, now);
    telemetry::Event task;
    task.kind = telemetry::EventKind::Task;
    task.outcome = fate.ok ? telemetry::Outcome::Ok : telemetry::Outcome::Error;
    task.dimensions[Dimension::Agent] = "bot";
    task.dimensions[Dimension::Kind] = "task";
    tell(task, origin, now);
  }

  void meet_faults(const Origin& origin, Instant now) {
    if (!story_.calls_meet_faults) return;
    const FaultPlan plan = injector_.decide({.target = 0,
                                             .unit = origin.unit,
                                             .call_index = 0,
                                             .arm = origin.arm,
                                             .since_start = now - kRunStart,
                                             .agent = "bot",
                                             .tenant = "",
                                             .tool = "",
                                             .model = "m1"});
    for (std::uint32_t i = 0; i < plan.count; ++i) experiment_.injected(plan.faults[i], now);
  }

  void tell(const telemetry::Event& event, const Origin& origin, Instant now) {
    experiment_.observe(event, origin, now);
    if (story_.delivered(origin.arm, now - kRunStart)) {
      experiment_.deliver(event, origin.arm, now);
    }
  }

  const Story& story_;
  Experiment experiment_;
  Injector injector_;
  std::optional<Duration> withdrawn_;
};

inline Played play(const Story& story) { return Player(story).play(); }

// While faults are injected, in the stages above.
inline bool injecting(Duration at) { return at >= minutes{1} && at < minutes{2}; }

// Every `n`-th task of the experiment arm fails while faults are injected.
inline std::function<Fate(Arm, Duration, std::int64_t)> one_fails_of(std::int64_t n) {
  return [n](Arm arm, Duration at, std::int64_t number) {
    return Fate{.ok = arm != Arm::Experiment || !injecting(at) || number % n != 0};
  };
}

inline telemetry::Record line(Duration at, telemetry::RecordBody body) {
  return {.at = kRunStart + at, .seq = 1, .body = std::move(body)};
}

inline telemetry::BreakerRecord breaker_line(const std::string& to, Arm arm = Arm::Experiment) {
  return {.name = "models",
          .key = R"({"model":"m1","arm":")" + std::string(name_of(arm)) + R"("})",
          .from = to == "half_open" ? "open"
                  : to == "open"    ? "closed"
                                    : "half_open",
          .to = to,
          .detector = "failure_rate",
          .reason = "failure rate 0.6"};
}

inline telemetry::KillRecord kill_line(const std::string& scope) {
  return {.id = "kill-1",
          .scope = scope,
          .epoch = 1,
          .tripped = true,
          .reason = "spent too much",
          .actor = "",
          .rearm_approvals = 0};
}

inline telemetry::AlertRecord alert_line(bool firing = true) {
  return {.slo = "task-success",
          .key = "{}",
          .objective_name = "standard",
          .firing = firing,
          .page = true,
          .burn_long = 20,
          .burn_short = 30,
          .window_long = "1h",
          .window_short = "5m"};
}

// Tells the experiment this line at that second.
inline std::function<void(Experiment&, Duration)> says(
    std::vector<std::pair<Duration, telemetry::RecordBody>> lines) {
  return [lines = std::move(lines)](Experiment& experiment, Duration at) {
    for (const auto& [when, body] : lines) {
      if (when == at) experiment.record(line(at, body));
    }
  };
}

}  // namespace fusebox::chaos
