// Which arm a unit belongs to.
//
// u = hash(salt, unit) over the whole range: u below `percent` is the experiment, the next
// `control_percent` above the highest percent that any stage reaches is control. So a ramp takes
// more and more units and returns none (5 % is a part of 10 %), the arms never overlap, and two
// salts are independent of each other.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ratio.hpp"
#include "base/time.hpp"
#include "chaos/arm.hpp"
#include "chaos/scenario.hpp"

namespace fusebox::chaos {

class PopulationSplit {
 public:
  explicit PopulationSplit(const Scenario& scenario);

  // What stands for a unit in everything that is hashed. `unit` is its name: "agent-17/3".
  [[nodiscard]] std::uint64_t unit_hash(std::string_view unit) const;

  // `since_start` of the run. Before the first inject stage the experiment arm is already what it
  // will be at that stage's begin, so that its baseline is its own; a ramp moves units from outside
  // into the experiment, a hundredth of its stage at a time. O(log steps).
  [[nodiscard]] Arm arm(std::uint64_t unit_hash, Duration since_start) const;

  // The share of the arm at its largest, to a millionth, for what is sized by it.
  [[nodiscard]] Ratio share(Arm arm) const;

 private:
  // Where a unit stands in the order in which units are taken, as a fraction of 2^63.
  using Position = std::uint64_t;
  struct Step {
    Duration from;   // from then on
    Position below;  // is in the experiment
  };

  void add_steps(const Stage& stage, Duration begin, Position percent);

  std::uint64_t salt_;
  std::vector<Step> steps_;  // by time; the first holds before any other
  Position highest_ = 0;
  Position control_end_ = 0;
};

}  // namespace fusebox::chaos
