#include "chaos/detail/run_stages.hpp"

#include <algorithm>

namespace fusebox::chaos {

RunStages::RunStages(const Scenario& scenario)
    : inject_begin_(scenario.inject_begin()), inject_end_(scenario.inject_end()) {
  Duration begin{};
  for (const Stage& stage : scenario.stages) {
    all_.push_back({.stage = &stage, .begin = begin, .end = begin + stage.duration});
    begin += stage.duration;
  }
}

bool RunStages::injecting(Duration since_start) const {
  if (since_start < inject_begin_ || since_start >= inject_end_) return false;
  return std::any_of(all_.begin(), all_.end(), [since_start](const PlacedStage& placed) {
    return placed.stage->kind == StageKind::Inject && placed.begin <= since_start &&
           since_start < placed.end;
  });
}

}  // namespace fusebox::chaos
