// Logarithm, exponential and normal quantile from + - * / and square root alone. Those are rounded
// the same way everywhere; the functions of a C library are not, and what is drawn with them would
// differ between machines. For building tables, not for hot paths.
#pragma once

namespace fusebox::chaos::detail {

// x > 0, normal. Within 2 units in the last place of the true value, 1e-16 absolutely around 1.
[[nodiscard]] double natural_log(double x);

// Within a few units in the last place; 0 below -700, and 1e304 at most.
[[nodiscard]] double exponential(double x);

// z with P(Z <= z) = p for a standard normal Z; p in (0, 1). To about 1e-15: algorithm AS 241,
// PPND16 (Wichura 1988).
[[nodiscard]] double normal_quantile(double p);

}  // namespace fusebox::chaos::detail
