// All that a run found out, as one value: the reports are written from this and ask nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/money.hpp"
#include "base/ratio.hpp"
#include "base/time.hpp"
#include "chaos/arm.hpp"
#include "chaos/scenario.hpp"
#include "chaos/verdict.hpp"
#include "slo/counts.hpp"

namespace fusebox::chaos {

// One thing that was claimed, and whether it held.
enum class FindingKind : std::uint8_t {
  SteadyState,
  Comparison,
  Guardrail,
  Expectation,
  Trigger,  // of a fault: did it fire at all?
  Rollback,
};
inline constexpr std::array<std::string_view, 6> kFindingKindNames{
    "steady_state", "compare", "guardrail", "expect", "trigger", "rollback"};
enum class FindingState : std::uint8_t { Pass, Inconclusive, Fail };
inline constexpr std::array<std::string_view, 3> kFindingStateNames{"pass", "inconclusive", "fail"};

// An estimate with its interval, in the unit of what it is of.
struct Estimate {
  double value = 0;
  double lower = 0;  // one-sided bounds at the hypothesis's confidence
  double upper = 0;
};

struct Finding {
  FindingKind kind = FindingKind::Expectation;
  FindingState state = FindingState::Pass;
  std::string name;                  // "task-success", "breaker models open within 20s"
  std::string text;                  // what was found, with the numbers
  std::optional<Estimate> estimate;  // of a comparison
  std::optional<double> margin;      // of a comparison
};

// Sums of one arm over the inject stages, by the intended start of each task; `recovery` parts of
// the run are in the series.
struct ArmSummary {
  std::int64_t units = 0;
  std::int64_t tasks = 0;
  std::int64_t tasks_ok = 0;
  std::int64_t calls = 0;     // that were let through, and ended
  std::int64_t upstream = 0;  // that reached a provider or a tool, retries included
  std::int64_t refused = 0;   // decisions that did not proceed
  std::int64_t tokens = 0;
  MicroUsd cost;
};

// Good and bad events of one SLO in one arm, `step` apart from the start of the run.
struct SliSeries {
  std::string slo;
  Arm arm = Arm::Outside;
  Ratio target;  // of the SLO's first objective
  Duration step{};
  std::vector<slo::Counts> counts;
};

struct FaultSummary {
  std::string id;
  std::string type;           // "slow_ttft"
  std::string target;         // its name
  std::int64_t eligible = 0;  // calls it could have hit
  std::int64_t injected = 0;
  std::optional<Duration> first;  // since the start of the run
  std::optional<Duration> last;
  std::vector<std::int64_t> series;  // injections by `step` of the SLI series
};

// One thing on the time axis.
enum class MomentKind : std::uint8_t { Stage, Breaker, Alert, Kill, Status, Guardrail, Abort };
inline constexpr std::array<std::string_view, 7> kMomentKindNames{
    "stage", "breaker", "alert", "kill", "slo_status", "guardrail", "abort"};
struct Moment {
  Duration at{};  // since the start of the run
  MomentKind kind = MomentKind::Stage;
  std::string subject;  // "models", "task-success", a stage's name
  std::string key;      // JSON object; "" without
  std::string state;    // "open", "firing", "tripped"
  std::string text;     // in words
};

// Retention of the experiment arm against control, 0..100: the geometric mean over the comparisons
// of how much of each indicator was kept, so that a zero in one cannot be averaged away. The
// headline is `lower`, the bound at the hypothesis's confidence.
struct Score {
  double value = 0;
  double lower = 0;
};

struct RunResult {
  Scenario scenario;
  std::string configuration;  // as the user named it: "provider-brownout.protected"
  std::uint64_t seed = 0;
  std::string run_hash;  // "<16 hex>"
  Verdict verdict = Verdict::HarnessError;
  std::string reason;  // the verdict in one sentence
  Duration length{};   // of virtual time
  std::array<ArmSummary, kArmCount> arms{};
  std::vector<Finding> findings;
  std::optional<Score> score;  // only of Pass and Fail
  std::vector<FaultSummary> faults;
  std::vector<SliSeries> series;      // by SLO, then by arm
  std::vector<Moment> timeline;       // by time
  std::int64_t moments_left_out = 0;  // what the engine said beyond the first 2,000
  std::int64_t events = 0;            // that the simulation handled
  std::int64_t decisions = 0;         // that the engine took
};

}  // namespace fusebox::chaos
