#include "breakers/rolling_sum.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "breakers/resource.hpp"

namespace fusebox::breakers {
namespace {

using Shape = RollingSums::Shape;

Duration bucket_width(const Shape& shape) { return shape.window / kBucketsPerWindow; }

std::int64_t bucket_of(const Shape& shape, Instant at) {
  return at.time_since_epoch() / bucket_width(shape);
}

Instant forgotten_at(const Shape& shape, std::int64_t bucket) {
  return add_saturated(Instant{bucket_width(shape) * (bucket + 1)}, shape.window);
}

std::size_t stride(const Shape& shape) { return 1 + shape.columns; }

}  // namespace

bool RollingSums::add(const Shape& shape, std::span<const std::int64_t> amounts, Instant at,
                      Instant now) {
  FUSEBOX_ASSERT(amounts.size() == shape.columns);
  FUSEBOX_ASSERT(at <= now);
  forget(shape, now);
  const std::int64_t bucket = bucket_of(shape, at);
  if (forgotten_at(shape, bucket) <= now) return false;
  // From the back: charges arrive nearly in order.
  std::size_t row = rows_.size();
  while (row > 0 && rows_[row - stride(shape)] > bucket) row -= stride(shape);
  if (row > 0 && rows_[row - stride(shape)] == bucket) {
    row -= stride(shape);
  } else {
    rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(row), stride(shape), 0);
    rows_[row] = bucket;
  }
  for (std::size_t i = 0; i < shape.columns; ++i) {
    rows_[row + 1 + i] = add_saturated(rows_[row + 1 + i], amounts[i]);
  }
  return true;
}

void RollingSums::forget(const Shape& shape, Instant now) {
  const auto live = static_cast<std::ptrdiff_t>(first_live(shape, now));
  rows_.erase(rows_.begin(), rows_.begin() + live);
}

std::int64_t RollingSums::sum(const Shape& shape, std::size_t column, Instant now) const {
  std::int64_t total = 0;
  for (std::size_t row = first_live(shape, now); row < rows_.size(); row += stride(shape)) {
    total = add_saturated(total, rows_[row + 1 + column]);
  }
  return total;
}

Instant RollingSums::falls_to(const Shape& shape, std::size_t column, std::int64_t most,
                              Instant now) const {
  // Backwards: the newest buckets that together fit below `most` may stay; the one before them
  // must go first.
  std::int64_t kept = 0;
  const std::size_t first = first_live(shape, now);
  for (std::size_t row = rows_.size(); row > first; row -= stride(shape)) {
    const std::size_t candidate = row - stride(shape);
    kept = add_saturated(kept, rows_[candidate + 1 + column]);
    if (kept > most) return forgotten_at(shape, rows_[candidate]);
  }
  return now;
}

Instant RollingSums::next_change(const Shape& shape) const {
  return rows_.empty() ? kNever : forgotten_at(shape, rows_.front());
}

std::size_t RollingSums::first_live(const Shape& shape, Instant now) const {
  std::size_t row = 0;
  while (row < rows_.size() && forgotten_at(shape, rows_[row]) <= now) row += stride(shape);
  return row;
}

bool RollingSums::restored(const Shape& shape) const {
  if (rows_.size() % stride(shape) != 0) return false;
  const std::int64_t last = bucket_of(shape, kNever);
  for (std::size_t row = 0; row < rows_.size(); row += stride(shape)) {
    if (row > 0 && rows_[row] <= rows_[row - stride(shape)]) return false;
    if (rows_[row] >= last) return false;
    for (std::size_t i = 0; i < stride(shape); ++i) {
      if (rows_[row + i] < 0) return false;
    }
  }
  return true;
}

}  // namespace fusebox::breakers
