// One text for one scenario: every value that is said or defaulted, in one order and one spelling.
// Two files that mean the same run give the same text, so its digest can stand for the scenario in
// approvals, reports and injection decisions.
#pragma once

#include <string>

#include "chaos/scenario.hpp"

namespace fusebox::chaos {

// JSON in one line. Left out: `hash`, which is made from it, and the wording of expectations.
[[nodiscard]] std::string canonical_json(const Scenario& scenario);

}  // namespace fusebox::chaos
