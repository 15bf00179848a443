#include "breakers/detail/deadline_heap.hpp"

namespace fusebox::breakers::detail {

void DeadlineHeap::set(KeyIndex key, std::optional<Instant> deadline) {
  const std::uint32_t place = place_[key];
  if (!deadline) {
    if (place != kAbsent) remove(place);
    return;
  }
  const Entry entry{*deadline, key};
  if (place == kAbsent) {
    heap_.push_back(entry);
    place_[key] = static_cast<std::uint32_t>(heap_.size() - 1);
    rise(heap_.size() - 1);
    return;
  }
  heap_[place] = entry;
  rise(place);
  sink(place_[key]);
}

std::optional<DeadlineHeap::Entry> DeadlineHeap::earliest() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front();
}

void DeadlineHeap::clear() {
  heap_.clear();
  place_.clear();
}

bool DeadlineHeap::before(const Entry& a, const Entry& b) {
  return a.at != b.at ? a.at < b.at : a.key < b.key;
}

void DeadlineHeap::put(std::size_t place, const Entry& entry) {
  heap_[place] = entry;
  place_[entry.key] = static_cast<std::uint32_t>(place);
}

void DeadlineHeap::rise(std::size_t place) {
  const Entry entry = heap_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (!before(entry, heap_[parent])) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, entry);
}

void DeadlineHeap::sink(std::size_t place) {
  const Entry entry = heap_[place];
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], entry)) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, entry);
}

void DeadlineHeap::remove(std::size_t place) {
  place_[heap_[place].key] = kAbsent;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (place == heap_.size()) return;
  put(place, last);
  rise(place);
  sink(place_[last.key]);
}

}  // namespace fusebox::breakers::detail
