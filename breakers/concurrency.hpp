// A cap on calls in flight. Each call holds a slot; a slot comes back when the call ends, or when
// its lease does: a caller that died must not lock the others out for ever.
//
// The owner frees slots at their deadlines; nothing here looks at the time by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/archive.hpp"
#include "base/time.hpp"

namespace fusebox::breakers {

struct ConcurrencySpec {
  std::int64_t max = 0;  // >= 1
  Duration lease{};      // > 0: a slot comes back after this even if its call is never reported
};

// The slots of one key, oldest first. Taking and freeing cost amortised constant time (freeing a
// binary search besides), and allocate nothing once as many slots as ever have been held.
class Slots {
 public:
  // `id` is larger than any taken before, `now` not earlier.
  void take(std::uint64_t id, Instant now);
  // Idempotent: false if the slot is not held (any more).
  bool free(std::uint64_t id);

  [[nodiscard]] std::size_t in_use() const { return in_use_; }
  // When the slot that is held longest was taken; nullopt if none is held.
  [[nodiscard]] std::optional<Instant> oldest() const;

  // Fails on slots out of order, and on a slot that the owner has not given out yet.
  template <class Archive>
  void visit_below(std::uint64_t next_id, Archive& archive) {
    if constexpr (!Archive::kReading) compact();
    archive(slots_);
    if constexpr (Archive::kReading) {
      if (!restored(next_id)) archive.fail();
    }
  }

 private:
  struct Slot {
    std::uint64_t id = 0;
    Instant at{};
    bool held = true;
    template <class Archive>
    void visit(Archive& archive) {
      archive(id, at);
    }
  };
  void compact();
  [[nodiscard]] bool restored(std::uint64_t next_id);

  // Ascending by id, and so by time. Freed slots stay in place until they outnumber the held ones,
  // which makes freeing cheap; the front is always held.
  std::vector<Slot> slots_;
  std::size_t front_ = 0;
  std::size_t in_use_ = 0;
};

}  // namespace fusebox::breakers
