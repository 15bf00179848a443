// Good and bad events of one SLO key over every window from 5 minutes to 31 days, in flat memory.
//
// A cascade of rings with growing buckets, each event added to every ring. A ring keeps a running
// sum for each window it serves, so recording is O(rings + windows), a query O(1), and moving time
// on costs the buckets that leave, at most the ring.
//
// A window is (now - W, now]. Buckets are right-closed, ((k-1)b, kb], so that a window whose ends
// fall on bucket edges is exact; otherwise the oldest bucket is counted whole (conservative: at
// most one bucket too many, 1 s in 5 min up to 1 h in 31 d, 0.14 % to 0.35 % of the window).
//
// Slots live in pages that appear with their first event and go when they are empty again, so a
// key seen once costs under 2 kB and a warm one at most 37 kB.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/time.hpp"
#include "slo/counts.hpp"

namespace fusebox::slo {

// The windows that burn rates are asked over.
enum class BurnWindow : std::uint8_t { M5, M30, H1, H2, H6, D1, D3 };
inline constexpr std::size_t kBurnWindowCount = 7;
constexpr BurnWindow last_of(BurnWindow) { return BurnWindow::D3; }

[[nodiscard]] Duration length_of(BurnWindow window);
[[nodiscard]] std::string_view name_of(BurnWindow window);  // "5m"
[[nodiscard]] std::span<const std::string_view> burn_window_names();
[[nodiscard]] std::optional<BurnWindow> parse_burn_window(std::string_view name);

// SLO windows: 5 minutes to 31 days.
inline constexpr Duration kSloWindowMin = std::chrono::minutes{5};
inline constexpr Duration kSloWindowMax = std::chrono::days{31};

}  // namespace fusebox::slo
