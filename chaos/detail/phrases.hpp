// Parts of a scenario as parts of a sentence.
#pragma once

#include <string>

#include "chaos/scenario.hpp"

namespace fusebox::chaos {

[[nodiscard]] std::string share_text(Ratio share);  // "60 %"
[[nodiscard]] std::string plain(double number);     // "0.99", "1.5"

[[nodiscard]] std::string phrase(const Distribution& distribution);
[[nodiscard]] std::string phrase(const FaultEffect& effect);
// "60 % of calls", "the first 2 of each 10 calls, from 2m on"
[[nodiscard]] std::string phrase(const Schedule& schedule);
[[nodiscard]] std::string phrase(const Match& match);  // "where model is m*"; "" matches all
[[nodiscard]] std::string phrase(const Ramp& ramp);
[[nodiscard]] std::string phrase(const SteadyState& steady);
[[nodiscard]] std::string phrase(const Comparison& comparison);
[[nodiscard]] std::string phrase(const Guardrail& guardrail);
[[nodiscard]] std::string phrase(const Expectation& expectation, const Scenario& scenario);

}  // namespace fusebox::chaos
