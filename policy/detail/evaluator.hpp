// Programs on facts. No allocation; recursion is bounded by kConditionDepthMax.
#pragma once

#include "policy/detail/program.hpp"

namespace fusebox::policy::detail {

// Whether the condition holds.
[[nodiscard]] Outcome evaluate(const Condition::Program& program, const Facts& facts);

// The value of `node`, a node of `program`.
[[nodiscard]] Value evaluate(const Condition::Program& program, const Facts& facts,
                             const Node& node);

}  // namespace fusebox::policy::detail
