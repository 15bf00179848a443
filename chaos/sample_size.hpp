// How many samples a claim about two shares needs. Known before a run, so that nobody waits half an
// hour for "inconclusive".
#pragma once

#include <cstdint>

namespace fusebox::chaos {

struct SampleQuestion {
  double baseline = 0.99;    // share of good events without the faults, in (0, 1)
  double drop = 0.01;        // by how much it may fall, in (0, baseline)
  double confidence = 0.95;  // 1 - alpha, one-sided, in [0.5, 1)
  double power = 0.8;        // in [0.5, 1)
};

// Samples in each arm for a one-sided test of equal shares to find a fall by `drop` with `power`:
//
//   n = ((z_confidence * sqrt(2 m (1 - m)) + z_power * sqrt(p (1 - p) + q (1 - q))) / drop)^2
//
// with p the baseline, q = p - drop and m their mean, rounded up. From 0.99, a fall by a point:
// 1.645 * 0.1719 + 0.842 * 0.1718 = 0.4273, over 0.01 and squared: 1,826.
// At most 10^15: a drop that small is asked for by mistake.
[[nodiscard]] std::int64_t samples_per_arm(const SampleQuestion& question);

}  // namespace fusebox::chaos
