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
#include "breakers/snapshot.hpp"
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

  // A person's word: until end_force, the key answers as forced, and records tell of nothing else.
  // The breaker below goes on with what it is told, and what it has come to holds again afterwards.
  // Forcing a forced key replaces the word. Both append a BreakerRecord, even where the state is
  // what it was. The engine keeps the time, and forced keys in its own state: save leaves them out.
  [[nodiscard]] std::optional<KeyIndex> find_key(std::string_view encoded) const;
  void force(KeyIndex key, const Forced& forced, std::string_view reason, Instant now,
             std::vector<telemetry::RecordBody>& out);
  void end_force(KeyIndex key, Instant now, std::vector<telemetry::RecordBody>& out);
  // After restore(): as force, without a record.
  void restore_force(KeyIndex key, const Forced& forced);

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

  [[nodiscard]] BreakerSnapshot snapshot() const;
  // write_entries of the snapshot.
  void write_summary(JsonWriter& json) const;

  // Could `taken` have been given out by this set? For tickets that come from a file beside its
  // own state: all of them together, because each was counted.
  [[nodiscard]] bool gave_out(const std::vector<Taken>& taken) const;

  void save(ArchiveWriter& archive) const;
  // Bytes that save cannot have written under this spec fail the archive; the set is empty.
  void restore(ArchiveReader& archive);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::breakers
