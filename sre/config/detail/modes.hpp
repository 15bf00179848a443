// `mode: enforce | shadow`, the same in rules, breakers and limits.
#pragma once

#include <array>

#include "policy/decision.hpp"
#include "sre/config/detail/field.hpp"

namespace fusebox::config::detail {

inline constexpr std::array kEnforcements{
    Choice<policy::Enforcement>{"enforce", policy::Enforcement::Enforce},
    Choice<policy::Enforcement>{"shadow", policy::Enforcement::Shadow},
};

}  // namespace fusebox::config::detail
