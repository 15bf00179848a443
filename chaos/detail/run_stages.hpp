// The stages of a scenario on the time axis of a run.
#pragma once

#include <vector>

#include "base/time.hpp"
#include "chaos/scenario.hpp"

namespace fusebox::chaos {

struct PlacedStage {
  const Stage* stage;
  Duration begin;  // since the start of the run
  Duration end;
};

class RunStages {
 public:
  // The scenario must outlive it.
  explicit RunStages(const Scenario& scenario);

  [[nodiscard]] const std::vector<PlacedStage>& all() const& { return all_; }
  const std::vector<PlacedStage>& all() && = delete;  // a loop over it would outlive it
  // Whether a task that starts then starts in an inject stage.
  [[nodiscard]] bool injecting(Duration since_start) const;

  [[nodiscard]] Duration inject_begin() const { return inject_begin_; }
  [[nodiscard]] Duration inject_end() const { return inject_end_; }
  [[nodiscard]] Duration end() const { return all_.empty() ? Duration{} : all_.back().end; }

 private:
  std::vector<PlacedStage> all_;
  Duration inject_begin_;
  Duration inject_end_;
};

}  // namespace fusebox::chaos
