// A model or a tool as one arm meets it: how many calls it serves at once, how many wait, how many
// begin each second. Each arm has an instance of its own with its share of the whole, as a cloned
// cluster beside an equal one would: an overload in the experiment can neither hide in the control
// arm nor hurt it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/ratio.hpp"
#include "base/time.hpp"
#include "chaos/scenario.hpp"

namespace fusebox::sim {

// Who waits. `epoch` tells whether it still does: a task that has given up is passed over.
struct Waiter {
  std::uint32_t task = 0;
  std::uint16_t epoch = 0;
};

enum class Admission : std::uint8_t { Serve, Wait, Overloaded, RateLimited };

class Service {
 public:
  // What the model leaves out is unlimited; a share of something is never nothing.
  Service(const chaos::ServiceModel& model, Ratio share);

  // A call arrives. Serve takes a place, which the caller gives back; Wait means: enqueue it.
  [[nodiscard]] Admission admit(Instant now);
  void enqueue(Waiter waiter) { queue_.push_back(waiter); }

  // A waiter has given up; its entry is passed over when its turn comes.
  void leave() { --waiting_; }
  // A call ended, and its place is free.
  void release() { --serving_; }
  // The next waiter for whom there is a place, if `is_waiting` says that it still is one; it has
  // the place now.
  template <class IsWaiting>
  [[nodiscard]] std::optional<Waiter> next(IsWaiting is_waiting);

  [[nodiscard]] std::int64_t serving() const { return serving_; }
  [[nodiscard]] std::int64_t waiting() const { return waiting_; }

 private:
  [[nodiscard]] bool within_rate(Instant now);

  std::int64_t capacity_;
  std::int64_t queue_max_;
  std::int64_t serving_ = 0;
  std::int64_t waiting_ = 0;
  std::optional<Duration> interval_;  // between calls at the full rate
  Instant rate_free_{};               // when the calls begun so far have used up their time
  std::deque<Waiter> queue_;          // by arrival; may hold some who have left
};

template <class IsWaiting>
std::optional<Waiter> Service::next(IsWaiting is_waiting) {
  while (serving_ < capacity_ && !queue_.empty()) {
    const Waiter waiter = queue_.front();
    queue_.pop_front();
    if (!is_waiting(waiter)) continue;
    --waiting_;
    ++serving_;
    return waiter;
  }
  return std::nullopt;
}

}  // namespace fusebox::sim
