// Good and bad events, and the arithmetic of error budgets on them. Integers and exact ratios:
// every comparison that decides is exact, doubles are for display.
//
// With target t and error ratio e = 1 - t (the budget), over a window with G good and B bad:
//   burn rate = (B / (G + B)) / e          remaining = 1 - B / (e x (G + B))
// Worked: t = 0.99, G = 3, B = 2: burn = (2/5)/0.01 = 40, remaining = 1 - 2/(0.01 x 5) = -39.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ratio.hpp"

namespace fusebox::slo {

// Weighted events; each below 2^62.
struct Counts {
  std::int64_t good = 0;
  std::int64_t bad = 0;

  [[nodiscard]] constexpr std::int64_t total() const { return good + bad; }
  friend constexpr bool operator==(const Counts&, const Counts&) = default;

  template <class Archive>
  void visit(Archive& archive) {
    archive(good, bad);
  }
};

// good / total; nullopt without events.
[[nodiscard]] std::optional<double> sli(Counts counts);

// 0 without events. `target` in [0, 1). One rounding, so 2 bad of 5 at 99 % is 40 exactly.
[[nodiscard]] double burn_rate(Counts counts, Ratio target);

// Fraction of the budget that is left; negative when overspent, 1 without events.
[[nodiscard]] double budget_remaining(Counts counts, Ratio target);

// remaining <= 0, with at least one bad event: exact.
[[nodiscard]] bool budget_exhausted(Counts counts, Ratio target);

// burn_rate > factor, strictly: exact. False without events.
[[nodiscard]] bool burns_faster(Counts counts, Ratio target, Ratio factor);

}  // namespace fusebox::slo
