// The time axis of report.html: one lane under another over the same seconds. Curves are inline
// SVG that stretches with the page; words are HTML, so that they keep their size on a telephone.
#pragma once

#include <string>

#include "chaos/result.hpp"

namespace fusebox::chaos {

// Stages, injections, indicators and error budgets of both arms, breakers, alerts, stop orders,
// guardrails, in this order; a lane that has nothing to show is left out.
[[nodiscard]] std::string html_lanes(const RunResult& result);

}  // namespace fusebox::chaos
