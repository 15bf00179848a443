// The earliest deadline over many keys: a binary heap that knows where each key stands, so that a
// key has at most one entry and changing it costs O(log n). Ties go to the smaller key.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/key.hpp"
#include "base/time.hpp"

namespace fusebox::breakers::detail {

class DeadlineHeap {
 public:
  struct Entry {
    Instant at;
    KeyIndex key;
  };

  // Keys are 0..n-1; the new one is n and has no deadline.
  void add_key() { place_.push_back(kAbsent); }
  // The key's deadline from now on; nullopt takes it out.
  void set(KeyIndex key, std::optional<Instant> deadline);
  [[nodiscard]] std::optional<Entry> earliest() const;
  void clear();

 private:
  static constexpr std::uint32_t kAbsent = std::numeric_limits<std::uint32_t>::max();

  [[nodiscard]] static bool before(const Entry& a, const Entry& b);
  void put(std::size_t place, const Entry& entry);
  void rise(std::size_t place);
  void sink(std::size_t place);
  void remove(std::size_t place);

  std::vector<Entry> heap_;
  std::vector<std::uint32_t> place_;  // by key: index in heap_, or kAbsent
};

}  // namespace fusebox::breakers::detail
