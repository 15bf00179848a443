// Sums of dated amounts over a rolling window, in memory that does not grow with their number.
//
// Amounts are gathered in buckets of w = floor(window / 60). Bucket b holds [b x w, (b+1) x w) and
// is forgotten as one, at (b+1) x w + window:
//
//   its last amount, at (b+1) x w - 1 ns, is then window + 1 ns old: never forgotten early;
//   its first, at b x w, is window + w old: at most window + window / 60.
//
// Worked example: window 1 h, w = 60 s. What is charged at 10:00:00 to 10:00:59.999 is forgotten
// at 11:01:00.
//
// At most floor(window / w) + 2 = 62 buckets are alive at one time; only those that hold something
// take memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/archive.hpp"
#include "base/time.hpp"

namespace fusebox::breakers {

inline constexpr std::int64_t kBucketsPerWindow = 60;
// Far above what keeps floor(window / w) at 60, which is 3600 ns.
inline constexpr Duration kShortestWindow = std::chrono::seconds{1};

// The sums of one key, `columns` of them side by side. Every call names the same window and as
// many columns, which belong to the owner and are not stored with each key. Amounts are >= 0; sums
// stop at the largest 64-bit number.
class RollingSums {
 public:
  struct Shape {
    Duration window{};        // >= kShortestWindow
    std::size_t columns = 1;  // >= 1
    friend bool operator==(const Shape&, const Shape&) = default;
  };

  // Adds `amounts`, dated 0 <= at <= now, and forgets what is due. False, and nothing changes, if
  // they are past their time already. Linear in the live buckets at worst; allocates only until
  // the key has had as many buckets as it ever has at once.
  bool add(const Shape& shape, std::span<const std::int64_t> amounts, Instant at, Instant now);

  // Drops what is due; changes no answer at `now` or later.
  void forget(const Shape& shape, Instant now);

  [[nodiscard]] std::int64_t sum(const Shape& shape, std::size_t column, Instant now) const;
  // The earliest time, `now` or later, at which forgetting alone brings the sum down to `most`
  // (>= 0).
  [[nodiscard]] Instant falls_to(const Shape& shape, std::size_t column, std::int64_t most,
                                 Instant now) const;
  // The earliest time at which any sum may fall; kNever if nothing is there.
  [[nodiscard]] Instant next_change(const Shape& shape) const;

  // Fails unless buckets ascend, match the columns and hold amounts >= 0. (A window that changed
  // between save and restore keeps the buckets' numbers, so the owner must refuse that.)
  template <class Archive>
  void visit_as(const Shape& shape, Archive& archive) {
    archive(rows_);
    if constexpr (Archive::kReading) {
      if (!restored(shape)) {
        rows_.clear();
        archive.fail();
      }
    }
  }

 private:
  [[nodiscard]] std::size_t first_live(const Shape& shape, Instant now) const;
  [[nodiscard]] bool restored(const Shape& shape) const;

  // Rows of [bucket number, amounts…], ascending by bucket.
  std::vector<std::int64_t> rows_;
};

}  // namespace fusebox::breakers
