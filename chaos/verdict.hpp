// What a run came to, and the exit code that says so to a pipeline.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fusebox::chaos {

// By ascending severity where several apply: a run that could not be rolled back is that and
// nothing else.
enum class Verdict : std::uint8_t {
  Pass,
  Inconclusive,        // too few samples, or an interval that spans the margin
  Fail,                // a hypothesis or an expectation does not hold
  NotTriggered,        // a fault never fired: a green run would have tested nothing
  Unsteady,            // the steady state did not hold before any fault
  Aborted,             // a guardrail, or a stop order
  Refused,             // not allowed to begin
  HarnessError,        // the run itself broke
  RollbackUnverified,  // faults were still at work after they were taken away
};
inline constexpr std::size_t kVerdictCount = 9;
constexpr Verdict last_of(Verdict) { return Verdict::RollbackUnverified; }

// As in report.json.
inline constexpr std::array<std::string_view, kVerdictCount> kVerdictNames{
    "pass",    "inconclusive", "fail",          "not_triggered",      "unsteady",
    "aborted", "refused",      "harness_error", "rollback_unverified"};
[[nodiscard]] constexpr std::string_view name_of(Verdict verdict) {
  return kVerdictNames[static_cast<std::size_t>(verdict)];
}

// 0 pass, 1 fail, 3 inconclusive, 4 aborted, 5 harness error, 6 refused, 7 unsteady,
// 8 not triggered, 9 rollback unverified.
[[nodiscard]] int exit_code_of(Verdict verdict);

}  // namespace fusebox::chaos
