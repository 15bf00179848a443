// Deadlines of single things (leases, expiries, silences) in one heap. An entry is never removed
// when its thing ends early; it goes stale, is skipped when it fires, and is swept out when the
// heap has doubled, so the cost stays O(log n) and the size proportional to what is alive.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/archive.hpp"
#include "base/time.hpp"

namespace fusebox::engine {

enum class TimerKind : std::uint8_t {
  PermitLease,
  SlotLease,
  ApprovalExpiry,
  AgentSilence,
  OverrideEnd
};
constexpr TimerKind last_of(TimerKind) { return TimerKind::OverrideEnd; }

struct Timer {
  Instant at{};
  std::uint64_t order = 0;  // of being set: ties fire in this order
  TimerKind kind = TimerKind::PermitLease;
  std::uint32_t index = 0;   // which permit or agent
  std::uint64_t serial = 0;  // which use of that index; which approval or override
  std::uint32_t part = 0;    // SlotLease: which hold of the permit

  template <class Archive>
  void visit(Archive& archive) {
    archive(at, order, kind, index, serial, part);
  }
};

class Timers {
 public:
  // `is_stale(timer)` is asked only when the heap is swept.
  template <class IsStale>
  void set(Timer timer, const IsStale& is_stale) {
    if (heap_.size() >= sweep_at_) sweep(is_stale);
    timer.order = next_order_++;
    heap_.push_back(timer);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  [[nodiscard]] std::optional<Instant> next() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().at;
  }

  Timer pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Timer timer = heap_.back();
    heap_.pop_back();
    return timer;
  }

  // In no order.
  [[nodiscard]] const std::vector<Timer>& all() const { return heap_; }

  template <class Archive>
  void visit(Archive& archive) {
    archive(heap_, next_order_);
    if constexpr (Archive::kReading) std::make_heap(heap_.begin(), heap_.end(), later);
  }

 private:
  static bool later(const Timer& a, const Timer& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }

  template <class IsStale>
  void sweep(const IsStale& is_stale) {
    std::erase_if(heap_, is_stale);
    std::make_heap(heap_.begin(), heap_.end(), later);
    sweep_at_ = std::max(kSweepMin, heap_.size() * 2);
  }

  static constexpr std::size_t kSweepMin = 1024;
  std::vector<Timer> heap_;
  std::uint64_t next_order_ = 0;
  std::size_t sweep_at_ = kSweepMin;
};

}  // namespace fusebox::engine
