// The buckets of one resolution that hold events, oldest first, in a circular array. Empty buckets
// take no place, so a sparse key is small and its neighbours in time are neighbours in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "slo/counts.hpp"

namespace fusebox::slo::detail {

// The most that a bucket, and so a sum of buckets, may hold of good and of bad: 48 bits each.
inline constexpr std::int64_t kBucketCountMax = (std::int64_t{1} << 48) - 1;

// Buckets have numbers, places count from the oldest bucket that the ring ever held: a place stays
// the same while older buckets leave. Numbers are kept in 32 bits and read back next to `near`, a
// number within 2^31 of every bucket in the ring. Not thread-safe.
class BucketRing {
 public:
  using Place = std::uint32_t;  // wraps around, so only differences and equality mean something

  [[nodiscard]] Place begin() const { return front_; }
  [[nodiscard]] Place end() const { return front_ + size_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Whether a bucket more takes memory more.
  [[nodiscard]] bool full() const { return size_ == slots_.size(); }

  [[nodiscard]] std::int64_t number(Place place, std::int64_t near) const {
    const std::uint32_t low = low_of(slots_[index_of(place)]);
    return near + static_cast<std::int32_t>(low - static_cast<std::uint32_t>(near));
  }
  [[nodiscard]] Counts counts(Place place) const {
    const Slot& slot = slots_[index_of(place)];
    return {static_cast<std::int64_t>(slot.good), static_cast<std::int64_t>(slot.bad)};
  }
  // Of the bucket with this number; zero if there is none. O(log size).
  [[nodiscard]] Counts counts_of(std::int64_t number) const;

  // Adds to the bucket, which is made where its number belongs if there is none: at the end in
  // O(1), else by moving the newer ones. The sum must fit kBucketCountMax.
  struct Added {
    Place place;
    bool inserted;
  };
  Added add(std::int64_t number, Counts counts, std::size_t capacity_max);
  // The same for a number that is not below the newest one's: no search.
  Added append(std::int64_t number, Counts counts, std::size_t capacity_max) {
    if (size_ > 0) {
      Slot& newest = slots_[index_of(end() - 1)];
      if (low_of(newest) == static_cast<std::uint32_t>(number)) {
        add_to(newest, counts);
        return {end() - 1, false};
      }
    }
    insert(end(), number, counts, capacity_max);
    return {end() - 1, true};
  }

  // Forgets the oldest bucket. There must be one.
  void pop_front();
  // Gives memory back once three quarters of it are unused.
  void shrink();

  void prefetch(Place place) const {
    if (place != end()) __builtin_prefetch(&slots_[index_of(place)]);
  }
  [[nodiscard]] std::size_t heap_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t good : 48;
    std::uint64_t number_low : 16;
    std::uint64_t bad : 48;
    std::uint64_t number_high : 16;
  };
  static_assert(sizeof(Slot) == 16);

  // Cuts nothing off: the sum fits. It tells the compiler so.
  static constexpr std::uint64_t kCountMask = std::uint64_t{kBucketCountMax};

  static std::uint32_t low_of(const Slot& slot) {
    return static_cast<std::uint32_t>(slot.number_high << 16 | slot.number_low);
  }
  static void add_to(Slot& slot, Counts counts) {
    slot.good = (slot.good + static_cast<std::uint64_t>(counts.good)) & kCountMask;
    slot.bad = (slot.bad + static_cast<std::uint64_t>(counts.bad)) & kCountMask;
  }

  [[nodiscard]] std::size_t index_of(Place place) const {
    const std::size_t index = head_ + (place - front_);
    return index < slots_.size() ? index : index - slots_.size();
  }
  // The first place whose number is not below `number`.
  [[nodiscard]] Place lower_bound(std::int64_t number) const;
  void insert(Place place, std::int64_t number, Counts counts, std::size_t capacity_max);
  void resize(std::size_t capacity);

  std::vector<Slot> slots_;  // all of its capacity; what lies outside [head, head + size) is free
  std::uint32_t head_ = 0;   // index of the oldest bucket
  std::uint32_t size_ = 0;
  Place front_ = 0;
};

}  // namespace fusebox::slo::detail
