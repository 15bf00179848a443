// One comparison as a drawing: its estimate with bounds, no difference, and the margin beyond which
// the experiment arm counts as worse.
#pragma once

#include <string>

#include "chaos/result.hpp"

namespace fusebox::chaos {

// "" if the finding has no estimate or no margin.
[[nodiscard]] std::string forest_svg(const Finding& finding, ComparisonKind kind);

}  // namespace fusebox::chaos
