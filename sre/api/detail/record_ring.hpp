// The last records, for streams that must not miss one.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "telemetry/record.hpp"

namespace fusebox::api::detail {

inline constexpr std::size_t kRecordsMax = 16'384;

// Any thread. Places are used again with their memory, so adding allocates little once it is full.
class RecordRing {
 public:
  // In ascending order of seq.
  void add(std::span<const telemetry::Record> records);
  // What the next record's seq will be, of an engine that has a past; nothing if records are here.
  void begin_at(std::int64_t next_seq);

  struct Part {
    std::vector<telemetry::Record> records;  // behind `after`, by ascending seq
    std::int64_t last = 0;                   // seq of the last record looked at, or `after`
    bool missed = false;                     // some between `after` and these are gone
    bool more = false;
  };
  // At most `max` records.
  [[nodiscard]] Part read(std::int64_t after, std::size_t max) const;
  [[nodiscard]] std::int64_t last() const;  // seq of the newest; 0 before any

 private:
  mutable std::mutex mutex_;
  std::vector<telemetry::Record> places_;
  std::size_t oldest_ = 0;  // its place, once all are full
  std::int64_t last_ = 0;
};

}  // namespace fusebox::api::detail
