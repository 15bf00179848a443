// The experiment arm against control, in findings.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "chaos/detail/arm_tally.hpp"
#include "chaos/result.hpp"
#include "chaos/scenario.hpp"

namespace fusebox::chaos {

struct ComparisonFindings {
  std::vector<Finding> findings;  // by comparison of the hypothesis
  std::optional<Score> score;
};

// An arm with fewer than min_samples tasks leaves every comparison inconclusive, whatever its
// numbers look like; they are still shown.
[[nodiscard]] ComparisonFindings compare_arms(const Hypothesis& hypothesis,
                                              const ArmTally& experiment, const ArmTally& control,
                                              std::uint64_t seed);

[[nodiscard]] std::vector<Finding> comparisons_left_open(const Hypothesis& hypothesis,
                                                         std::string_view why);

}  // namespace fusebox::chaos
