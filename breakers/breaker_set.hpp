// All breakers of one Breaker document, by key. Finds deadlines across keys without a scan.
//
// Shadow changes nothing here: a set in shadow keeps the same state and gives the same answers,
// and the engine does not act on them. Not thread-safe; cost per call is one key look-up, plus
// O(log keys) where a deadline changes; no allocation once a key is warm, except for records.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"
#include "breakers/breaker.hpp"
#include "telemetry/record.hpp"

namespace fusebox::breakers {

class BreakerSet {
 public:
  explicit BreakerSet(BreakerSpec spec);
  ~BreakerSet();
  BreakerSet(BreakerSet&&) noexcept;
  BreakerSet& operator=(BreakerSet&&) noexcept;

  [[nodiscard]] const BreakerSpec& spec() const;

  // `where`; an error does not match and is counted.
  [[nodiscard]] bool applies(const policy::Facts& facts) const;
  [[nodiscard]] std::int64_t condition_errors() const;

  // A key that was never seen is closed; peek does not create it.
  [[nodiscard]] Admission peek(const Dimensions& dimensions, Instant now) const;
  struct Taken {
    KeyIndex key = 0;
    Ticket ticket;
    template <class Archive>
    void visit(Archive& archive) {
      archive(key, ticket);
    }
  };
  // As Breaker::take. What was taken is reported or released once. `taken` must come from this
  // set; one whose key the set does not have (it was restored from other state) is ignored.
  [[nodiscard]] Taken take(const Dimensions& dimensions, Instant now);
  // Each appends a BreakerRecord per transition to `out`.
  void report(const Taken& taken, const CallResult& result, Instant at, Instant now,
              std::vector<telemetry::RecordBody>& out);
  void release(const Taken& taken);
  void observe(const Dimensions& dimensions, const CallResult& result, Instant at, Instant now,
               std::vector<telemetry::RecordBody>& out);

  // Forgets keys without a call under way whose breaker is as new, or closed and idle for 31 days
  // (a count window never empties by itself). Visits at most `budget` keys, going round; call it
  // at each tick, so that keys that come and go leave the memory flat.
  void sweep(Instant now, std::size_t budget);

  // The earliest deadline over all keys (ties by key order of first sight); nullopt without one.
  // O(1).
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  // Fires that one deadline if it has come, and appends its record.
  void on_deadline(Instant now, std::vector<telemetry::RecordBody>& out);

  [[nodiscard]] std::size_t key_count() const;

  // One object per key, ascending by key, into the array that the caller has begun:
  // {"breaker":"tools","key":{…},"state":"open","generation":2,"calls":0,"failures":0,"slow":0}.
  // The counts are those of Breaker::tally at the last time the set was told.
  void write_summary(JsonWriter& json) const;

  void save(ArchiveWriter& archive) const;
  // Bytes that save cannot have written under this spec fail the archive; the set is empty.
  void restore(ArchiveReader& archive);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::breakers
