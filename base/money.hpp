// Money as integer micro-dollars. Prices stay per million tokens, so one multiplication and one
// rounding give a cost: $0.15 per million tokens would round to 0 micro-USD per token.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace fusebox {

// Millionths of a US dollar; 0..1e15 where it comes from outside (1e9 USD at most).
struct MicroUsd {
  std::int64_t value = 0;
  friend constexpr auto operator<=>(const MicroUsd&, const MicroUsd&) = default;
};

inline constexpr MicroUsd kMoneyMax{1'000'000'000'000'000};

// Decimal USD ("0.50", "1e-4" is refused), rounded half up to a micro-dollar; negative amounts and
// amounts above 1e9 USD are errors.
[[nodiscard]] Result<MicroUsd> parse_usd(std::string_view text);

// The same range from a JSON number; NaN and infinity are errors.
[[nodiscard]] Result<MicroUsd> usd_from_double(double usd);

// "0.5", "12", "0.000001": without trailing zeros.
[[nodiscard]] std::string format_usd(MicroUsd amount);

[[nodiscard]] constexpr double to_usd(MicroUsd amount) {
  return static_cast<double>(amount.value) / 1e6;
}

}  // namespace fusebox
