#include "chaos/detail/rollback_watch.hpp"

#include "chaos/detail/figures.hpp"

namespace fusebox::chaos {

void RollbackWatch::withdraw(Duration at) {
  if (!withdrawn_) withdrawn_ = at;
}

void RollbackWatch::held(std::int64_t calls, Duration at) {
  if (!withdrawn_ || free_ || at - *withdrawn_ > rollback_.timeout) return;
  held_ = calls;
  if (calls == 0) free_ = at;
}

bool RollbackWatch::settled(Duration at) const {
  return !rollback_.verify || free_ || (withdrawn_ && at - *withdrawn_ >= rollback_.timeout);
}

std::optional<Finding> RollbackWatch::finding() const {
  if (!rollback_.verify || !withdrawn_) return std::nullopt;
  Finding out{.kind = FindingKind::Rollback,
              .state = free_ && late_ == 0 ? FindingState::Pass : FindingState::Fail,
              .name = "faults are gone",
              .text = {},
              .estimate = {},
              .margin = {}};
  if (late_ > 0) {
    out.text = count_of(late_, "injection") + " after the faults were withdrawn";
  } else if (free_) {
    out.text = "no injection and no held call " +
               (*free_ == *withdrawn_ ? "since" : in_words(*free_ - *withdrawn_) + " after") +
               " the faults were withdrawn";
  } else if (held_) {
    out.text = count_of(*held_, "call") + " still held " + in_words(rollback_.timeout) +
               " after the faults were withdrawn";
  } else {
    out.text = "nobody said whether calls are still held";
  }
  return out;
}

}  // namespace fusebox::chaos
