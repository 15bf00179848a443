// All breakers of one Breaker document, by key. Finds deadlines across keys without a scan.
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
  [[nodiscard]] Taken take(const Dimensions& dimensions, Instant now);
  void report(const Taken& taken, const CallResult& result, Instant at, Instant now,
              std::vector<telemetry::RecordBody>& out);
  void release(const Taken& taken);
  void observe(const Dimensions& dimensions, const CallResult& result, Instant at, Instant now,
               std::vector<telemetry::RecordBody>& out);

  // The earliest deadline over all keys (ties by key order of first sight); nullopt without one.
  [[nodiscard]] std::optional<Instant> next_deadline();
  // Fires that one deadline, and appends its record.
  void on_deadline(Instant now, std::vector<telemetry::RecordBody>& out);

  // breaker key state generation calls failures slow, ascending by key.
  void write_summary(JsonWriter& json) const;

  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::breakers
