#include "breakers/concurrency.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace fusebox::breakers {

void Slots::take(std::uint64_t id, Instant now) {
  FUSEBOX_ASSERT(slots_.empty() || slots_.back().id < id);
  // Only here can the array grow, so only here must the freed slots go: at most half of it is dead.
  if (slots_.size() > 2 * in_use_) compact();
  slots_.push_back({.id = id, .at = now});
  ++in_use_;
}

bool Slots::free(std::uint64_t id) {
  const auto slot = std::lower_bound(slots_.begin(), slots_.end(), id,
                                     [](const Slot& a, std::uint64_t b) { return a.id < b; });
  if (slot == slots_.end() || slot->id != id || !slot->held) return false;
  slot->held = false;
  --in_use_;
  while (front_ < slots_.size() && !slots_[front_].held) ++front_;
  return true;
}

std::optional<Instant> Slots::oldest() const {
  if (front_ == slots_.size()) return std::nullopt;
  return slots_[front_].at;
}

void Slots::compact() {
  std::erase_if(slots_, [](const Slot& slot) { return !slot.held; });
  front_ = 0;
}

bool Slots::restored(std::uint64_t next_id) {
  front_ = 0;
  in_use_ = slots_.size();
  const auto out_of_order = [](const Slot& a, const Slot& b) {
    return a.id >= b.id || a.at > b.at;
  };
  return std::adjacent_find(slots_.begin(), slots_.end(), out_of_order) == slots_.end() &&
         (slots_.empty() || (slots_.front().at >= Instant{} && slots_.back().id < next_id));
}

}  // namespace fusebox::breakers
