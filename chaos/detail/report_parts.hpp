// What all reports say in the same words.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/arm.hpp"
#include "chaos/result.hpp"

namespace fusebox::chaos {

// "PASS", "NOT TRIGGERED".
[[nodiscard]] std::string verdict_words(Verdict verdict);
// How a verdict looks, since there are nine of them and three colours.
enum class Tone : std::uint8_t { Good, Open, Bad };
[[nodiscard]] Tone tone_of(Verdict verdict);
[[nodiscard]] Tone tone_of(FindingState state);

// "pass", "open" of an inconclusive one, "FAIL".
[[nodiscard]] std::string_view word_of(FindingState state);
// "steady state", "against control".
[[nodiscard]] std::string_view title_of(FindingKind kind);

[[nodiscard]] std::vector<const Finding*> findings_of(const RunResult& result, FindingKind kind);

// The arms side by side: control first, because it is what the other is read against. The arm
// outside is there if it had any task.
struct ArmTable {
  std::vector<Arm> arms;
  struct Row {
    std::string title;
    std::vector<std::string> cells;  // by arm; "–" where there is nothing to divide by
  };
  std::vector<Row> rows;
};
[[nodiscard]] ArmTable arm_table(const RunResult& result);

// "Resilience at least 92.1 (95.0 measured)"; "" without a score.
[[nodiscard]] std::string score_text(const RunResult& result);

// Moments of reports that are read as a whole: all but states of SLOs, which follow from the rest.
[[nodiscard]] std::vector<const Moment*> told_moments(const RunResult& result);
// "breaker", "stop order".
[[nodiscard]] std::string_view title_of(MomentKind kind);
// "models {"model":"m1","arm":"experiment"}" with the key only where there is one.
[[nodiscard]] std::string subject_of(const Moment& moment);

}  // namespace fusebox::chaos
