// Did the experiment arm do worse than control, and how sure may one be?
//
// Calls and tasks of one session share its fate, so sessions (units) are what chance is about: a
// cluster bootstrap draws a weight for every unit and asks how far the figure moves. The weights
// are exponential with mean 1 (the Bayesian bootstrap, Rubin 1981), which for units that simply
// succeed or fail makes the resampled share of k failures in n a Beta(k, n - k). For proportions a
// bound against an arm is taken with one more failed unit in it, Beta(k + 1, n - k), and the bound
// for it with one more good one: that is the exact interval of Clopper and Pearson for each arm,
// melded into one of the difference (Fay, Proschan, Brittain 2015). So no failure among n units
// still allows a failure rate of 1 - alpha^(1/n), where a bootstrap of the usual kind would say 0.
//
// Several comparisons: a run passes only if all of them do, so each may be tested at alpha (an
// intersection-union test); it fails if any does, so for failing alpha is shared out by Holm's
// procedure, and a finding's bound on that side is the one it was judged by.
//
// Everything is a function of data and seed: the same bits on every compiler.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "chaos/result.hpp"

namespace fusebox::chaos {

// What the units of one arm brought to one comparison; vectors are indexed by unit.
struct Proportions {
  std::vector<double> bad;
  std::vector<double> all;
};
struct Means {
  std::vector<double> sum;    // >= 0
  std::vector<double> count;  // of tasks
};
struct Values {
  struct Value {
    double value = 0;  // >= 0
    std::uint32_t unit = 0;
    std::uint32_t weight = 1;
  };
  std::vector<Value> values;
};
using Measured = std::variant<Proportions, Means, Values>;

struct ArmSample {
  std::size_t units = 0;
  std::vector<Measured> measured;  // by comparison
};

// What is asked of all comparisons: the kind of each is that of its data, the same in both arms.
struct Comparing {
  std::vector<double> margins;  // > 0, or 0 to ask for any difference at all; by comparison
  double alpha = 0.05;          // 1 - confidence, in (0, 0.5]
  std::uint64_t seed = 0;
};

// Proportions: experiment - control, in shares of 1. Means and 95th percentiles: experiment over
// control. Absent where an arm has no data or control's figure is 0.
struct Compared {
  std::optional<Estimate> estimate;
  FindingState state = FindingState::Inconclusive;
};

struct Analysis {
  std::vector<Compared> comparisons;
  std::optional<Score> score;  // absent where an estimate is, or nothing was compared
};

// 2,000 resamples; fewer, but never below 400, where arms are so large that it would take more than
// 80 M weights: half a second at most.
[[nodiscard]] Analysis compare(const ArmSample& experiment, const ArmSample& control,
                               const Comparing& comparing);

// The largest failure rate that no failure among `trials` still allows: 59 -> 4.95 % at 95 %.
[[nodiscard]] double zero_failure_bound(std::int64_t trials, double confidence);

}  // namespace fusebox::chaos
