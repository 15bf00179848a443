#include "sre/engine/detail/recent_set.hpp"

#include <utility>

#include "base/text.hpp"

namespace fusebox::engine {

Fingerprint fingerprint(std::initializer_list<std::string_view> parts) {
  constexpr std::uint64_t kSeedHigh = 0x5bd1e9955bd1e995;
  constexpr std::uint64_t kSeedLow = 0xc2b2ae3d27d4eb4f;
  Fingerprint out{kSeedHigh, kSeedLow};
  for (const std::string_view part : parts) {
    out.high = stable_hash(part, out.high);
    out.low = stable_hash(part, ~out.low);
  }
  return out;
}

bool RecentSet::insert(const Fingerprint& id) {
  if (contains(id)) return false;
  if (young_.ids.size() == kRecentIdsMin) {
    std::swap(young_, old_);
    young_.ids.clear();
    young_.slots.assign(young_.slots.size(), 0);
  }
  young_.insert(id);
  return true;
}

bool RecentSet::contains(const Fingerprint& id) const {
  prefetch(id);  // side by side they cost one miss
  return young_.contains(id) || old_.contains(id);
}

void RecentSet::rebuild() {
  for (Generation* generation : {&young_, &old_}) {
    generation->slots.clear();
    const std::vector<Fingerprint> ids = std::exchange(generation->ids, {});
    for (const Fingerprint& id : ids) generation->insert(id);
  }
}

bool RecentSet::Generation::contains(const Fingerprint& id) const {
  if (slots.empty()) return false;
  const std::size_t mask = slots.size() - 1;
  for (std::size_t slot = id.low & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
    const std::uint32_t index = (slots[slot] & kIndexMask) - 1;
    if (slots[slot] == slot_value(id, index) && ids[index] == id) return true;
  }
  return false;
}

void RecentSet::Generation::insert(const Fingerprint& id) {
  if ((ids.size() + 1) * 2 > slots.size()) grow();
  ids.push_back(id);
  place(static_cast<std::uint32_t>(ids.size() - 1));
}

void RecentSet::Generation::place(std::uint32_t index) {
  const std::size_t mask = slots.size() - 1;
  std::size_t slot = ids[index].low & mask;
  while (slots[slot] != 0) slot = (slot + 1) & mask;
  slots[slot] = slot_value(ids[index], index);
}

void RecentSet::Generation::grow() {
  slots.assign(slots.empty() ? 1024 : slots.size() * 2, 0);
  for (std::uint32_t index = 0; index < ids.size(); ++index) place(index);
}

}  // namespace fusebox::engine
