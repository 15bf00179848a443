// One half-open episode: which probes are under way, and what has been answered.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/archive.hpp"
#include "base/time.hpp"
#include "breakers/call_window.hpp"

namespace fusebox::breakers::detail {

class Probation {
 public:
  // A new episode. Keeps its memory.
  void begin();

  // Probes under way and probes answered: what a new probe competes with.
  [[nodiscard]] std::uint64_t slots_taken() const { return in_flight_.size() + answered_; }
  // When the probe that has been under way longest was sent.
  [[nodiscard]] std::optional<Instant> oldest() const;
  [[nodiscard]] const CallTally& results() const { return results_; }

  // Sends a probe: its serial number, by which it is known when it ends. `now` does not go back.
  [[nodiscard]] std::uint32_t send(Instant now);
  // The probe ended without an answer that counts; its slot is free again. False if no such probe
  // is under way (it ended before: a repeated report).
  bool cancel(std::uint32_t serial);
  // The probe was answered. False as above.
  bool answer(std::uint32_t serial, CallMark mark);
  // A result that holds no slot.
  void count(CallMark mark) { results_.add(mark); }

  void save(ArchiveWriter& archive) const;
  // Fails the archive and begins anew where the bytes cannot be an undecided episode of `probes`.
  void restore(ArchiveReader& archive, std::uint32_t probes);

 private:
  struct Probe {
    std::uint32_t serial = 0;
    Instant sent{};
    template <class Archive>
    void visit(Archive& archive) {
      archive(serial, sent);
    }
  };
  [[nodiscard]] bool plausible(std::uint32_t probes) const;

  std::vector<Probe> in_flight_;  // in the order sent, so the oldest is in front
  std::uint32_t last_serial_ = 0;
  std::uint32_t answered_ = 0;
  CallTally results_;
};

}  // namespace fusebox::breakers::detail
