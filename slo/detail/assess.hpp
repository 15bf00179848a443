// Alerts and status of one objective as a function of its counts: what evaluate() compares with
// what it said last.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "slo/slo.hpp"
#include "slo/window.hpp"

namespace fusebox::slo {

struct Assessment {
  SloStatus status = SloStatus::NoData;
  // By severity: the first pair of Objective::alerts that fires.
  std::array<std::optional<std::uint32_t>, kAlertSeverityCount> firing{};
};

// Of the windows as they stand. About 10 ns a pair while its short window has no bad event.
[[nodiscard]] Assessment assess(const SloSpec& spec, const Objective& objective,
                                const WindowedCounts& counts, bool uncertain);

}  // namespace fusebox::slo
