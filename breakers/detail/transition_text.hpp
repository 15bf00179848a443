// Why a breaker moved, in words and numbers, for people.
#pragma once

#include <string>

#include "breakers/breaker.hpp"

namespace fusebox::breakers::detail {

// "2 of 4 calls failed: at or above 50%".
[[nodiscard]] std::string reason_of(const Transition& moved, const BreakerSpec& spec);

}  // namespace fusebox::breakers::detail
