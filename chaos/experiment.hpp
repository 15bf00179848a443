// An experiment from its first baseline second to its verdict, as a pure state machine: what
// happens comes in with its time, what must be done comes out. It moves no clock, injects nothing
// and knows no engine; simulation and live runs drive the same one.
//
// What the callers lived through (`observe`) is what hypothesis, comparisons and recovery are
// judged by: it cannot get lost. Guardrails see what telemetry delivers (`deliver`), because that
// is all that a live run has, and hold when it is missing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.hpp"
#include "base/time.hpp"
#include "chaos/arm.hpp"
#include "chaos/injector.hpp"
#include "chaos/result.hpp"
#include "chaos/scenario.hpp"
#include "slo/spec.hpp"
#include "telemetry/event.hpp"
#include "telemetry/record.hpp"

namespace fusebox::chaos {

// Who a piece of work belongs to, and when it was meant to start.
struct Origin {
  Arm arm = Arm::Outside;
  std::uint64_t unit = 0;  // PopulationSplit::unit_hash
  Instant started{};       // intended start of the task
};

// One attempt to do what an agent meant to do.
struct Attempt {
  std::size_t target = 0;  // index into Scenario::targets, or their number: at none of them
  bool first = true;       // else a retry of the same logical call
};

// What the driver must do now.
struct Directive {
  bool withdraw_faults = false;     // the inject stages are over, or the run is aborted
  std::optional<std::string> kill;  // trip a stop order on this scope, for this run's reason
  bool finished = false;            // nothing more is wanted
};

class Experiment {
 public:
  // `slos` are those of scenario.slos and of everything else that names one, as the configuration
  // or the presets have them. Both must outlive the experiment. `start` is engine time.
  Experiment(const Scenario& scenario, const std::vector<slo::SloSpec>& slos, Instant start);
  ~Experiment();

  // A piece of work ended, seen by the caller. Tokens and cost stand on the events of calls, and
  // not once more on the event of their task. Tasks still open when the run ends are told as timed
  // out then: comparisons would not know of them otherwise. Costs a condition or two for each SLO.
  void observe(const telemetry::Event& event, const Origin& origin, Instant now);
  // The same, as it reached the engine.
  void deliver(const telemetry::Event& event, Arm arm, Instant now);
  // An output line of the engine; decisions may be left out.
  void record(const telemetry::Record& record);
  void attempted(const Attempt& attempt, const Origin& origin);
  void refused(const Origin& origin);
  void injected(std::uint32_t fault, Instant now);  // index of Injector::faults()
  // A stop order that does not belong to the experiment covers it: it must end.
  void stop(std::string_view reason, Instant now);

  // Brings it to `now`; call it at every whole second of the run. Judges guardrails, stages,
  // recovery.
  Directive tick(Instant now);

  // Faults that still hold a call somewhere, asked for by rollback verification: tell it each
  // second after faults were withdrawn.
  void held(std::int64_t calls, Instant now);

  // The verdict and all that led to it. The driver adds what it alone knows: seed, hashes, sums of
  // its own. Call once.
  [[nodiscard]] RunResult finish(const Injector& injector, Instant now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::chaos
