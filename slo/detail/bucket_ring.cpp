#include "slo/detail/bucket_ring.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace fusebox::slo::detail {
namespace {

// Doubling would break the bound on memory; a quarter at a time is still O(1) per bucket.
std::size_t grown(std::size_t capacity, std::size_t most) {
  constexpr std::size_t kStepMin = 2;
  return std::min(capacity + std::max(kStepMin, capacity / 4), most);
}

}  // namespace

Counts BucketRing::counts_of(std::int64_t number) const {
  const Place place = lower_bound(number);
  if (place == end() || this->number(place, number) != number) return {};
  return counts(place);
}

BucketRing::Added BucketRing::add(std::int64_t number, Counts counts, std::size_t capacity_max) {
  if (size_ == 0 || this->number(end() - 1, number) <= number) {
    return append(number, counts, capacity_max);
  }
  const Place place = lower_bound(number);
  const bool inserted = this->number(place, number) != number;
  if (inserted) {
    insert(place, number, counts, capacity_max);
  } else {
    add_to(slots_[index_of(place)], counts);
  }
  return {place, inserted};
}

BucketRing::Place BucketRing::lower_bound(std::int64_t number) const {
  Place low = begin();
  for (std::uint32_t length = size_; length > 0;) {
    const std::uint32_t half = length / 2;
    if (this->number(low + half, number) < number) {
      low += half + 1;
      length -= half + 1;
    } else {
      length = half;
    }
  }
  return low;
}

void BucketRing::insert(Place place, std::int64_t number, Counts counts, std::size_t capacity_max) {
  if (size_ == slots_.size()) resize(grown(slots_.size(), capacity_max));
  FUSEBOX_ASSERT(size_ < slots_.size());
  ++size_;
  for (Place newer = end() - 1; newer != place; --newer) {
    slots_[index_of(newer)] = slots_[index_of(newer - 1)];
  }
  const auto low = static_cast<std::uint32_t>(number);
  slots_[index_of(place)] = {.good = static_cast<std::uint64_t>(counts.good) & kCountMask,
                             .number_low = static_cast<std::uint16_t>(low),
                             .bad = static_cast<std::uint64_t>(counts.bad) & kCountMask,
                             .number_high = static_cast<std::uint16_t>(low >> 16)};
}

void BucketRing::pop_front() {
  FUSEBOX_ASSERT(size_ > 0);
  --size_;
  ++front_;
  if (++head_ == slots_.size()) head_ = 0;
}

// To twice what is used, so that the next few buckets do not make it grow again.
void BucketRing::shrink() {
  if (size_ < slots_.size() / 4) resize(std::size_t{size_} * 2);
}

void BucketRing::resize(std::size_t capacity) {
  std::vector<Slot> moved;
  moved.reserve(capacity);
  for (Place place = begin(); place != end(); ++place) moved.push_back(slots_[index_of(place)]);
  moved.resize(capacity);
  slots_ = std::move(moved);
  head_ = 0;
}

}  // namespace fusebox::slo::detail
