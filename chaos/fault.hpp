// What can be made to go wrong, and when. A fault decides a plan; the simulator applies the plan to
// its model, a gateway will apply it to bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/ratio.hpp"
#include "base/time.hpp"
#include "chaos/distribution.hpp"

namespace fusebox::chaos {

// What a fault acts on. The first two are called by agents; the others lie beneath them.
enum class TargetKind : std::uint8_t { Llm, Tool, Telemetry, Clock };
constexpr TargetKind last_of(TargetKind) { return TargetKind::Clock; }
inline constexpr std::array<std::string_view, 4> kTargetKindNames{"llm", "tool", "telemetry",
                                                                  "clock"};

// The order of FaultEffect.
enum class FaultType : std::uint8_t {
  SlowTtft,
  InStreamError,
  RateLimit,
  Hang,
  UsageInflation,
  ToolError,
  TelemetryLoss,
  ClockStep,
};
inline constexpr std::size_t kFaultTypeCount = 8;
constexpr FaultType last_of(FaultType) { return FaultType::ClockStep; }
inline constexpr std::array<std::string_view, kFaultTypeCount> kFaultTypeNames{
    "slow_ttft",       "in_stream_error", "rate_limit",     "hang",
    "usage_inflation", "tool_error",      "telemetry_loss", "clock_step"};

// The first byte of the answer is held back.
struct SlowTtft {
  Distribution delay;
};
// The provider answers 200 and breaks its stream off with an error event.
enum class ProviderError : std::uint8_t { Overloaded, ApiError };
inline constexpr std::array<std::string_view, 2> kProviderErrorNames{"overloaded", "api_error"};
struct InStreamError {
  ProviderError kind = ProviderError::Overloaded;
  std::int64_t after_events = 0;  // 0..100'000: a stream that is shorter ends before the error
};
// 429 before any work is done.
struct RateLimit {
  std::optional<Duration> retry_after;  // whole seconds in the header; absent: no header
};
// Nothing ever comes back; the caller's own deadline ends the call.
struct Hang {};
// The answer costs more tokens than it should.
struct UsageInflation {
  Ratio factor{1, 1};  // in [1, 1000], of tokens in and out
};
// Three ways for a tool to fail, with different meanings: a result that says so, a protocol error,
// and a transport that answers 500.
enum class ToolErrorKind : std::uint8_t { Execution, Protocol, Http };
inline constexpr std::array<std::string_view, 3> kToolErrorKindNames{"execution", "protocol",
                                                                     "http"};
struct ToolError {
  ToolErrorKind kind = ToolErrorKind::Execution;
};
// What agents say of their work does not arrive, or arrives late, or twice.
enum class LossMode : std::uint8_t { Drop, Delay, Duplicate };
inline constexpr std::array<std::string_view, 3> kLossModeNames{"drop", "delay", "duplicate"};
struct TelemetryLoss {
  LossMode mode = LossMode::Drop;
  Duration delay{};  // > 0 with Delay, else 0
};
// The wall clock of the unit's host jumps; its monotonic clock does not.
struct ClockStep {
  Duration by{};  // negative: backwards; never 0
};

using FaultEffect = std::variant<SlowTtft, InStreamError, RateLimit, Hang, UsageInflation,
                                 ToolError, TelemetryLoss, ClockStep>;

// Which of the calls that a fault could hit it hits; all that is said must hold. The index of a
// call counts the calls of its unit on the fault's target, from 0, over the whole run.
struct Schedule {
  Ratio percent{1, 1};              // in (0, 1], by a hash of the call
  std::optional<std::int64_t> nth;  // only the call of this number, from 1
  struct Every {
    std::int64_t n = 1;       // >= 1
    std::int64_t length = 1;  // 1..n: of each n calls the first `length`
  };
  std::optional<Every> every;
  std::optional<std::int64_t> after_calls;  // not the first so many
  std::optional<std::int64_t> first_n;      // only the first so many
  struct Burst {
    Duration period{};  // > 0
    Duration length{};  // in (0, period]: of each period of the stage the beginning
  };
  std::optional<Burst> burst;
  std::optional<Duration> from;   // not before this much of the stage has passed
  std::optional<Duration> until;  // nor after this much
};

// Narrows a fault down; "*" patterns, "" matches all.
struct Match {
  std::string agent;
  std::string tenant;
  std::string tool;
  std::string model;
};

struct FaultSpec {
  std::string id;          // unique in the scenario
  std::size_t target = 0;  // index into Scenario::targets
  FaultEffect effect;
  Schedule schedule;
  Match match;
  std::optional<std::int64_t> max_count;  // injections of this fault in the run, >= 1

  [[nodiscard]] FaultType type() const { return static_cast<FaultType>(effect.index()); }
};

// A fault that ends a call by itself: one call has at most one of them, the first that is declared.
[[nodiscard]] bool is_terminal(FaultType type);

// Which kinds of targets it can act on. Hang and rate limit know models and tools, the others one.
[[nodiscard]] bool acts_on(FaultType type, TargetKind target);

}  // namespace fusebox::chaos
