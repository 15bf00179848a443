// Good and bad events of each SLO in each arm, to the second of a run, so that the indicator over
// any window is one subtraction: what stands at second s is the sum of all before it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "chaos/arm.hpp"
#include "slo/counts.hpp"

namespace fusebox::chaos {

// One indicator in one arm. Times are since the start of the run and never go backwards. Second s
// holds what happened in [s, s + 1 s), so that it makes no difference whether a tick at a whole
// second comes before or after the events of that very moment.
class SecondCounts {
 public:
  void add(bool good, std::int64_t weight, Duration at);

  // Of the whole seconds within [from, to); what lies before the start is empty. O(1).
  [[nodiscard]] slo::Counts between(Duration from, Duration to) const;

 private:
  [[nodiscard]] slo::Counts before(Duration at) const;

  std::vector<slo::Counts> before_;  // by second: all events of earlier seconds
  slo::Counts sum_;
};

class Slis {
 public:
  explicit Slis(std::size_t slos) : counts_(slos) {}

  [[nodiscard]] SecondCounts& of(std::size_t slo, Arm arm) {
    return counts_[slo][static_cast<std::size_t>(arm)];
  }
  [[nodiscard]] const SecondCounts& of(std::size_t slo, Arm arm) const {
    return counts_[slo][static_cast<std::size_t>(arm)];
  }

  // The last `window` before `now`, or what there is of it.
  [[nodiscard]] slo::Counts trailing(std::size_t slo, Arm arm, Duration now,
                                     Duration window) const {
    return of(slo, arm).between(now - window, now);
  }

 private:
  std::vector<std::array<SecondCounts, kArmCount>> counts_;
};

}  // namespace fusebox::chaos
