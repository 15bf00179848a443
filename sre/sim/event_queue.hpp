// What is due when: a heap of four children a node, ordered by time, and by the order of pushing
// where times are equal. That makes the order total, so that a run never depends on how the heap
// happens to lie.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/time.hpp"

namespace fusebox::sim {

// Payload is copied about: keep it small.
template <class Payload>
class EventQueue {
 public:
  struct Entry {
    Instant at{};
    std::uint64_t sequence = 0;
    Payload payload{};
  };

  void push(Instant at, Payload payload) {
    heap_.emplace_back();
    rise(heap_.size() - 1, Entry{at, next_sequence_++, std::move(payload)});
  }

  // The earliest. There must be one.
  [[nodiscard]] const Entry& next() const {
    FUSEBOX_ASSERT(!heap_.empty());
    return heap_.front();
  }

  Entry pop() {
    FUSEBOX_ASSERT(!heap_.empty());
    Entry first = std::move(heap_.front());
    Entry last = std::move(heap_.back());
    heap_.pop_back();
    if (!heap_.empty()) sink(std::move(last));
    return first;
  }

  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  static constexpr std::size_t kChildren = 4;

  static bool before(const Entry& a, const Entry& b) {
    return a.at < b.at || (a.at == b.at && a.sequence < b.sequence);
  }

  // Both move a hole instead of swapping entries.
  void rise(std::size_t hole, Entry entry) {
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / kChildren;
      if (!before(entry, heap_[parent])) break;
      heap_[hole] = std::move(heap_[parent]);
      hole = parent;
    }
    heap_[hole] = std::move(entry);
  }

  void sink(Entry entry) {
    std::size_t hole = 0;
    for (;;) {
      const std::size_t first = hole * kChildren + 1;
      if (first >= heap_.size()) break;
      const std::size_t end = std::min(first + kChildren, heap_.size());
      std::size_t least = first;
      for (std::size_t child = first + 1; child < end; ++child) {
        if (before(heap_[child], heap_[least])) least = child;
      }
      if (!before(heap_[least], entry)) break;
      heap_[hole] = std::move(heap_[least]);
      hole = least;
    }
    heap_[hole] = std::move(entry);
  }

  std::vector<Entry> heap_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace fusebox::sim
