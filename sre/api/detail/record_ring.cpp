#include "sre/api/detail/record_ring.hpp"

#include <algorithm>

namespace fusebox::api::detail {

void RecordRing::add(std::span<const telemetry::Record> records) {
  const std::lock_guard lock(mutex_);
  for (const telemetry::Record& record : records) {
    if (places_.size() < kRecordsMax) {
      places_.push_back(record);
    } else {
      places_[oldest_] = record;
      oldest_ = (oldest_ + 1) % kRecordsMax;
    }
    last_ = record.seq;
  }
}

void RecordRing::begin_at(std::int64_t next_seq) {
  const std::lock_guard lock(mutex_);
  if (places_.empty()) last_ = next_seq - 1;
}

RecordRing::Part RecordRing::read(std::int64_t after, std::size_t max) const {
  const std::lock_guard lock(mutex_);
  Part part{.records = {}, .last = after};
  // Nobody has seen what is not written yet: the state was lost, or is another one.
  const std::int64_t begin = std::min(after, last_);
  const auto at = [this](std::size_t i) -> const telemetry::Record& {
    return places_[(oldest_ + i) % places_.size()];
  };
  std::size_t first = 0;
  for (std::size_t count = places_.size(); count > 0;) {
    const std::size_t half = count / 2;
    const bool before = at(first + half).seq <= begin;
    if (before) first += half + 1;
    count = before ? count - half - 1 : half;
  }
  const std::int64_t oldest = places_.empty() ? last_ + 1 : at(0).seq;
  part.missed = after > last_ || begin + 1 < oldest;
  const std::size_t end = std::min(places_.size(), first + max);
  for (std::size_t i = first; i < end; ++i) part.records.push_back(at(i));
  part.last = part.records.empty() ? last_ : part.records.back().seq;
  part.more = end < places_.size();
  return part;
}

std::int64_t RecordRing::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

}  // namespace fusebox::api::detail
