// Why a condition came out as it did, in words.
#pragma once

#include <cstddef>
#include <string>

#include "policy/detail/program.hpp"

namespace fusebox::policy::detail {

// Longer texts are cut here, in bytes, at a code point.
inline constexpr std::size_t kExplainedTextMax = 64;

[[nodiscard]] std::string explain(const Condition::Program& program, const Facts& facts);

}  // namespace fusebox::policy::detail
