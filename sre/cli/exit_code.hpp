// What each exit code of the command line means. Scripts depend on them.
#pragma once

#include "policy/decision.hpp"

namespace fusebox::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;      // a test failed, output could not be written
inline constexpr int kUsage = 2;        // wrong arguments, invalid files, malformed input
inline constexpr int kUnreachable = 5;  // no daemon answers

// Of a decision: 0 allow, 1 deny, 3 approval required, 4 throttle or degrade.
[[nodiscard]] int exit_code_of(policy::Effect effect);

}  // namespace fusebox::cli
