// A scenario: which faults hit whom and when, under which load, what must hold, and what stops it.
// Plain values, checked by the loader (sre/config): everything here trusts them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/money.hpp"
#include "base/ratio.hpp"
#include "base/time.hpp"
#include "chaos/arm.hpp"
#include "chaos/distribution.hpp"
#include "chaos/fault.hpp"

namespace fusebox::chaos {

enum class Mode : std::uint8_t { Sim, Live, Both };
inline constexpr std::array<std::string_view, 3> kModeNames{"sim", "live", "both"};

// How a model or a tool behaves in the simulation; what is absent is the profile's.
struct ServiceModel {
  std::optional<Distribution> latency;         // of a model to its first token, of a tool in all
  std::optional<std::int64_t> tokens_per_s;    // of a model, >= 1
  std::optional<Ratio> errors;                 // share of calls that fail by themselves, [0, 1]
  std::optional<std::int64_t> capacity;        // calls served at once by all arms together, >= 1
  std::optional<std::int64_t> queue;           // calls that wait behind them; more are refused
  std::optional<std::int64_t> requests_per_s;  // above it: 429
};

struct Target {
  std::string name;  // unique
  TargetKind kind = TargetKind::Llm;
  std::string model;  // of an llm target; "" is the profile's first
  std::string tool;   // of a tool target; "" is every tool
  ServiceModel sim;   // llm and tool only
};

// Open loop: tasks start when they are meant to, whatever became of the ones before.
enum class ArrivalProcess : std::uint8_t { Poisson, Uniform };
inline constexpr std::array<std::string_view, 2> kArrivalProcessNames{"poisson", "uniform"};

struct Workload {
  std::string profile;  // known by name; profile_names() in chaos/profile.hpp
  ArrivalProcess process = ArrivalProcess::Poisson;
  // Tasks in all per `per`: 200/s is {200, 1s}.
  std::int64_t rate = 1;
  Duration per = std::chrono::seconds{1};
  std::int64_t in_flight_max = 1'000'000;  // tasks; beyond it an arrival is dropped and counted
  std::int64_t agents = 1;                 // 1..1'000'000
};

// Who shares the fate of whom.
enum class Unit : std::uint8_t { Session, Agent, Tenant };
inline constexpr std::array<std::string_view, 3> kUnitNames{"session", "agent", "tenant"};

struct Population {
  Unit unit = Unit::Session;
  Ratio percent{1, 1};          // of the units, in the experiment arm
  Ratio control_percent{0, 1};  // percent + control_percent <= 1, with ramps at their highest
  std::string salt;             // "" is the scenario's name
};

enum class StageKind : std::uint8_t { Baseline, Inject, Recover };
inline constexpr std::array<std::string_view, 3> kStageKindNames{"baseline", "inject", "recover"};

// The experiment arm grows over an inject stage, and never shrinks within a run: by equal parts, at
// once in the middle of the stage, or by equal factors.
enum class RampShape : std::uint8_t { Linear, Step, Exponential };
inline constexpr std::array<std::string_view, 3> kRampShapeNames{"linear", "step", "exp"};
struct Ramp {
  Ratio from;
  Ratio to;  // >= from; both in (0, 1]
  RampShape shape = RampShape::Linear;
};

struct Stage {
  std::string name;  // unique
  StageKind kind = StageKind::Baseline;
  Duration duration{};            // > 0
  std::vector<FaultSpec> faults;  // inject only, at least one there
  std::optional<Ramp> ramp;       // inject only; else the population's percent
};

enum class Compare : std::uint8_t { Lt, Lte, Gt, Gte };
inline constexpr std::array<std::string_view, 4> kCompareNames{"lt", "lte", "gt", "gte"};
[[nodiscard]] bool holds(double value, Compare op, double bound);

// Share of good events over the trailing window, judged at the ends of baseline and recovery.
struct SteadyState {
  std::string slo;
  Duration window{};  // within 1 s and the baseline's length
  Compare op = Compare::Gte;
  double value = 0;
};

// The experiment arm against the control arm, over the tasks that began in inject stages.
enum class ComparisonKind : std::uint8_t {
  Proportion,  // good / all: the difference; margin in points
  Latency,     // 95th percentile of the indicator's value: the ratio; margin as a share
  Cost,        // USD a task: the ratio; margin as a share
};
inline constexpr std::array<std::string_view, 3> kComparisonKindNames{"proportion", "latency",
                                                                      "cost"};
struct Comparison {
  std::string sli;  // an SLO's name; "cost" for Cost
  ComparisonKind kind = ComparisonKind::Proportion;
  Ratio margin;  // > 0
};

struct Hypothesis {
  std::vector<SteadyState> steady_state;
  std::vector<Comparison> compare;
  std::int64_t min_samples = 0;  // tasks in each arm
  Ratio confidence{95, 100};     // one-sided, in [0.5, 0.999]
  Ratio power{8, 10};
};

enum class GuardrailAction : std::uint8_t { Abort, HaltAll, KillSwitch };
inline constexpr std::array<std::string_view, 3> kGuardrailActionNames{"abort", "halt_all",
                                                                       "kill_switch"};
// The burn rate of one arm over the trailing window, each second. Without data it holds too:
// nobody may go on blind.
struct Guardrail {
  std::string name;
  std::string slo;
  Duration window{};
  Arm arm = Arm::Outside;
  Compare op = Compare::Gt;
  double value = 0;
  Duration lasting{};  // `for`
  GuardrailAction action = GuardrailAction::Abort;
};

// Each judged in the experiment arm. `within` counts from the start of the first inject stage,
// for recovery from the end of the last one.
struct ExpectBreaker {
  std::string breaker;
  std::string state;  // "open", "half_open", "closed"
  Duration within{};
  std::optional<Duration> closed_within;  // after the last inject stage every key is closed again
};
struct ExpectKillSwitch {
  std::string scope;               // "agent:*", "global": a pattern
  std::optional<Duration> within;  // absent: it must not trip
};
struct ExpectBudget {
  std::string slo;
  double max_spend = 1;  // of the error budget of the run's length, in the experiment arm
};
struct ExpectCost {
  bool per_task = true;  // else of the whole arm
  MicroUsd max;
};
struct ExpectTokens {
  bool per_task = true;
  std::int64_t max = 0;
};
// Upstream calls over logical calls.
struct ExpectAmplification {
  std::size_t target = 0;
  double max = 1;
};
// The SLI over the last minute is back at what steady_state asks for, or else at the SLO's target,
// at most `within` after the faults ended, and stays so for `hold`.
struct ExpectRecovery {
  std::string slo;
  Duration within{};
  Duration hold{};
};
struct ExpectAlert {
  std::string slo;
  Duration within{};
  std::optional<std::int64_t> count_max;  // of firings in the run
};
// The engine says of an SLO that it cannot be known.
struct ExpectUncertain {
  std::string slo;
  Duration within{};
};

struct Expectation {
  std::string text;  // as written, for reports: "breaker models open within 20s"
  std::variant<ExpectBreaker, ExpectKillSwitch, ExpectBudget, ExpectCost, ExpectTokens,
               ExpectAmplification, ExpectRecovery, ExpectAlert, ExpectUncertain>
      what;
};

struct Rollback {
  bool verify = true;
  Duration timeout = std::chrono::seconds{30};
};

struct Scenario {
  std::string name;  // metadata.name
  std::string title;
  std::string description;
  std::string owner;
  std::string incident;
  std::vector<std::string> tags;
  // "sha256:<64 hex>" of the canonical document; the injection decisions depend on it.
  std::string hash;
  std::uint64_t seed = 1;
  Mode mode = Mode::Both;
  std::vector<Target> targets;
  std::vector<std::string> slos;
  Workload workload;
  Population population;
  std::vector<Stage> stages;  // the first a baseline, the last a recovery, an inject between
  Hypothesis hypothesis;
  std::vector<Guardrail> guardrails;
  std::vector<Expectation> expect;
  Rollback rollback;

  [[nodiscard]] Duration duration() const;      // of all stages
  [[nodiscard]] Duration inject_begin() const;  // from the start of the run
  [[nodiscard]] Duration inject_end() const;    // of the last inject stage
};

}  // namespace fusebox::chaos
