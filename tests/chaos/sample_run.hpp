// Runs to report on: a brownout that agents suffer without protection and survive with it, as the
// machinery itself would report it.
#pragma once

#include <string>

#include "chaos/detail/run_stages.hpp"
#include "chaos/result.hpp"
#include "tests/chaos/story.hpp"

namespace fusebox::chaos {

// How much of the stages' quarter hours is played; 1/15 is enough for golden files.
struct SampleOptions {
  bool protection = true;
  minutes unit = minutes{1};
};

inline Scenario brownout_scenario(minutes unit) {
  Scenario scenario = story_scenario();
  scenario.name = "provider-brownout";
  scenario.title = "The provider slows down, then answers with overloads";
  scenario.incident = "slow first tokens, then overload errors inside running streams";
  FaultSpec slow = scenario.stages[1].faults[0];
  slow.id = "slow";
  slow.effect = SlowTtft{.delay = LogNormal{.p50 = seconds{4}, .p99 = seconds{30}}};
  slow.schedule.percent = {6, 10};
  FaultSpec over = slow;
  over.id = "over";
  over.effect = InStreamError{.kind = ProviderError::Overloaded, .after_events = 12};
  over.schedule.percent = {15, 100};
  scenario.stages[1].faults = {slow, over};
  scenario.stages[0].duration = 2 * unit;
  scenario.stages[1].duration = 3 * unit;
  scenario.stages[2].duration = 2 * unit;
  scenario.hypothesis.compare.push_back(
      {.sli = "latency", .kind = ComparisonKind::Latency, .margin = {1, 2}});
  scenario.hypothesis.compare.push_back(
      {.sli = "cost", .kind = ComparisonKind::Cost, .margin = {1, 4}});
  scenario.guardrails = {{.name = "bystanders",
                          .slo = "task-success",
                          .window = seconds{60},
                          .arm = Arm::Outside,
                          .op = Compare::Gt,
                          .value = 2,
                          .lasting = seconds{10},
                          .action = GuardrailAction::Abort}};
  const ExpectBreaker opens{
      .breaker = "models", .state = "open", .within = seconds{20}, .closed_within = seconds{60}};
  scenario.expect = {
      {.text = "breaker models open within 20s", .what = opens},
      {.text = "amplification primary-llm at most 1.5",
       .what = ExpectAmplification{.target = 0, .max = 1.5}},
      {.text = "recovery task-success within 3m",
       .what = ExpectRecovery{.slo = "task-success", .within = minutes{3}, .hold = seconds{20}}}};
  return scenario;
}

// Failures come and go a little, so that the curves have something to show; all of it by number.
inline Fate sample_fate(bool suffers, bool protection, Duration at, std::int64_t number) {
  const std::int64_t second = at / seconds{1};
  const std::int64_t turn = (second * 31 + number * 17) % 97;
  Fate fate{.ok = turn != 0,
            .llm_ms = 420.0 + static_cast<double>(turn * 3),
            .cost_micros = 9'000 + turn * 20,
            .tokens = 1'100,
            .tries = 1};
  if (!suffers) return fate;
  const std::int64_t harm = protection ? 1 : 14 + second % 7;
  fate.ok = fate.ok && turn > harm;
  fate.llm_ms *= protection ? 1.2 : 6;
  fate.tries = protection ? 1 : 1 + (turn % 3 > 0 ? 1 : 0);
  fate.cost_micros = fate.cost_micros * (protection ? 11 : 16) / 10;
  return fate;
}

inline std::function<void(Experiment&, Duration)> sample_lines(const RunStages& stages,
                                                               bool protection) {
  const Duration begin = stages.inject_begin();
  const Duration end = stages.inject_end();
  if (!protection) {
    return says({{begin + seconds{30}, alert_line()}, {end + seconds{40}, alert_line(false)}});
  }
  return says({{begin + seconds{11}, breaker_line("open")},
               {begin + seconds{41}, breaker_line("half_open")},
               {begin + seconds{44}, breaker_line("open")},
               {begin + seconds{74}, breaker_line("half_open")},
               {begin + seconds{78}, breaker_line("open")},
               {end + seconds{8}, breaker_line("half_open")},
               {end + seconds{12}, breaker_line("closed")}});
}

inline RunResult sample_run(const SampleOptions& options = {}) {
  Story story;
  story.scenario = brownout_scenario(options.unit);
  story.slos[1].objectives[0].bound = 1'000;
  const RunStages stages(story.scenario);
  story.length = stages.end();
  story.fate = [&stages, &options](Arm arm, Duration at, std::int64_t number) {
    const bool suffers = arm == Arm::Experiment && stages.injecting(at);
    return sample_fate(suffers, options.protection, at, number);
  };
  story.each_second = sample_lines(stages, options.protection);
  RunResult result = play(story).result;
  result.configuration =
      options.protection ? "provider-brownout.protected" : "provider-brownout.unprotected";
  result.seed = 7;
  result.run_hash = "1f2e3d4c5b6a7988";
  result.events = 1'234'567;
  result.decisions = 98'765;
  return result;
}

}  // namespace fusebox::chaos
