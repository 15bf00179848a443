// Exact ratios: targets, thresholds and burn factors are integers over integers, never doubles,
// so that a 99 % target gives a burn of 40 and not of 39.999999999999964.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace fusebox {

__extension__ typedef __int128 Int128;  // NOLINT: `using` takes no __extension__

// num/den with den > 0, in lowest terms. Both below 2^62 in magnitude.
struct Ratio {
  std::int64_t num = 0;
  std::int64_t den = 1;

  [[nodiscard]] constexpr double to_double() const {
    return static_cast<double>(num) / static_cast<double>(den);
  }
  friend constexpr bool operator==(const Ratio&, const Ratio&) = default;
  friend constexpr std::strong_ordering operator<=>(const Ratio& a, const Ratio& b) {
    return static_cast<Int128>(a.num) * b.den <=> static_cast<Int128>(b.num) * a.den;
  }
};

// Lowest terms; den must not be 0.
[[nodiscard]] Ratio make_ratio(std::int64_t num, std::int64_t den);

// 1 - ratio.
[[nodiscard]] Ratio complement(Ratio ratio);

// "0.995", "1", "50%", "99.95%", "1/1000": any non-negative value with up to 15 digits in all.
// Range checks (for example 0..1) are the caller's, who knows the field.
[[nodiscard]] Result<Ratio> parse_ratio(std::string_view text);

// Decimal text without rounding where one exists within 18 digits, else "num/den".
[[nodiscard]] std::string format_ratio(Ratio ratio);

}  // namespace fusebox
