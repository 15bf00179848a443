// What the tasks of one arm that began in inject stages came to: sums for people, and by unit what
// the comparisons need.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "chaos/result.hpp"
#include "chaos/scenario.hpp"
#include "chaos/statistics.hpp"
#include "slo/classify.hpp"
#include "telemetry/event.hpp"

namespace fusebox::chaos {

class ArmTally {
 public:
  // One entry of the sample for each comparison.
  explicit ArmTally(std::span<const Comparison> comparisons);

  // An event of a task counts the task; of a call its tokens and cost, so that a task event that
  // sums up its calls adds nothing twice.
  void count(const telemetry::Event& event, std::uint64_t unit);
  // The event, as the indicator of this comparison (of proportions or latency) sees it.
  void measure(std::size_t comparison, const slo::Classified& seen, std::int64_t weight,
               std::uint64_t unit);

  struct PerTarget {
    std::int64_t logical = 0;   // calls that were tried at all
    std::int64_t upstream = 0;  // tries
  };
  void attempt(std::size_t target, bool first);
  void refuse() { ++summary_.refused; }
  [[nodiscard]] PerTarget at(std::size_t target) const;

  [[nodiscard]] const ArmSummary& summary() const { return summary_; }
  [[nodiscard]] const ArmSample& sample() const { return sample_; }

 private:
  [[nodiscard]] std::size_t index_of(std::uint64_t unit);
  void count_task(const telemetry::Event& event, std::size_t unit);
  void count_call(const telemetry::Event& event, std::size_t unit);

  ArmSummary summary_;
  ArmSample sample_;
  std::vector<PerTarget> targets_;
  std::unordered_map<std::uint64_t, std::size_t> units_;  // looked up, never walked
};

}  // namespace fusebox::chaos
