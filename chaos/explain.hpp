// A scenario in words, before anybody runs it: what will happen when, to whom, what stops it, what
// is expected, and whether it can be decided.
#pragma once

#include <string>
#include <vector>

#include "chaos/scenario.hpp"
#include "slo/spec.hpp"

namespace fusebox::chaos {

// Plain text, at most 80 columns where no single word is longer. `slos` give comparisons their
// baseline where the scenario does not; those that are missing leave a number out.
[[nodiscard]] std::string explain(const Scenario& scenario, const std::vector<slo::SloSpec>& slos);

}  // namespace fusebox::chaos
