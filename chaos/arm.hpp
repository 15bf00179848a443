// The sides of an experiment. Units (sessions, agents, tenants) are assigned to a side by a hash,
// so that one stays where it is for the whole run and needs no table.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fusebox::chaos {

enum class Arm : std::uint8_t { Outside, Experiment, Control };
inline constexpr std::size_t kArmCount = 3;
constexpr Arm last_of(Arm) { return Arm::Control; }

// As in YAML, reports, and the implicit dimension of breaker and limit keys.
inline constexpr std::array<std::string_view, kArmCount> kArmNames{"outside", "experiment",
                                                                   "control"};
[[nodiscard]] constexpr std::string_view name_of(Arm arm) {
  return kArmNames[static_cast<std::size_t>(arm)];
}

}  // namespace fusebox::chaos
