// The last ids that were seen, for de-duplication in flat memory: at least kRecentIdsMin of them,
// at most twice as many.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "base/archive.hpp"

namespace fusebox::engine {

inline constexpr std::size_t kRecentIdsMin = 65'536;

// 128 bits of an id: by chance two of a billion ids collide with probability 1e-21.
struct Fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;

  template <class Archive>
  void visit(Archive& archive) {
    archive(high, low);
  }
};

// Of several texts, each told apart from its neighbours.
[[nodiscard]] Fingerprint fingerprint(std::initializer_list<std::string_view> parts);

// Two generations of an open-addressing table: when the younger is full it becomes the older, and
// the older is forgotten as a whole.
class RecentSet {
 public:
  // True if it was new.
  bool insert(const Fingerprint& id);
  [[nodiscard]] bool contains(const Fingerprint& id) const;
  // Both generations are out of the cache, nearly always: to be asked for ahead.
  void prefetch(const Fingerprint& id) const {
    young_.prefetch(id);
    old_.prefetch(id);
  }

  template <class Archive>
  void visit(Archive& archive) {
    archive(young_.ids, old_.ids);
    if constexpr (Archive::kReading) {
      const bool fits = young_.ids.size() <= kRecentIdsMin && old_.ids.size() <= kRecentIdsMin;
      if (fits) {
        rebuild();
      } else {
        archive.fail();
      }
    }
  }

 private:
  struct Generation {
    // In a slot: 1 + index into ids, and above it bits of the id, so that the ids of other slots
    // are not read; 0 is free.
    static constexpr unsigned kIndexBits = 17;
    static constexpr std::uint32_t kIndexMask = (std::uint32_t{1} << kIndexBits) - 1;
    static_assert(kRecentIdsMin < std::size_t{1} << kIndexBits);

    std::vector<Fingerprint> ids;      // in order of arrival
    std::vector<std::uint32_t> slots;  // a power of two
    [[nodiscard]] bool contains(const Fingerprint& id) const;
    void prefetch(const Fingerprint& id) const {
      if (!slots.empty()) __builtin_prefetch(&slots[id.low & (slots.size() - 1)]);
    }
    void insert(const Fingerprint& id);
    void place(std::uint32_t index);
    void grow();
    static std::uint32_t slot_value(const Fingerprint& id, std::uint32_t index) {
      return static_cast<std::uint32_t>(id.high >> 32) << kIndexBits | (index + 1);
    }
  };
  void rebuild();

  Generation young_;
  Generation old_;
};

}  // namespace fusebox::engine
