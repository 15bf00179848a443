// What happened in a run, in the order of time, for reports. What the experiment does is kept
// whole; of what the engine says the first 2,000 lines, the rest is counted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chaos/result.hpp"
#include "telemetry/record.hpp"

namespace fusebox::chaos {

class Timeline {
 public:
  void add(Moment moment) { moments_.push_back(std::move(moment)); }
  // Breakers, alerts, stop orders, states of SLOs; other lines are no moments.
  void record(const telemetry::RecordBody& body, Duration at);

  // By time, in the order told where times are equal.
  [[nodiscard]] std::vector<Moment> moments() const;
  [[nodiscard]] std::int64_t left_out() const { return left_out_; }

 private:
  std::vector<Moment> moments_;
  std::int64_t recorded_ = 0;
  std::int64_t left_out_ = 0;
};

}  // namespace fusebox::chaos
