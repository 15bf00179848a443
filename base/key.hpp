// Keys: the values of a few dimensions, as one flat string that sorts, hashes and compares in one
// piece, and a table from keys to dense numbers.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/dimension.hpp"
#include "base/json_writer.hpp"

namespace fusebox {

// Which dimensions make a key, in the order the user wrote them. Empty: one key for everything.
class KeySpec {
 public:
  KeySpec() = default;
  explicit KeySpec(std::vector<Dimension> dimensions) : dimensions_(std::move(dimensions)) {}

  [[nodiscard]] const std::vector<Dimension>& dimensions() const { return dimensions_; }
  [[nodiscard]] bool contains(Dimension dimension) const;

  // Encodes into `out` (cleared first; no allocation once it has grown). A value is its length in
  // a varint and its bytes, so no value can imitate a separator.
  void encode(const Dimensions& from, std::string& out) const;

  // The value of one dimension of an encoded key; "" if the key has no such dimension.
  [[nodiscard]] std::string_view value(std::string_view key, Dimension dimension) const;

  // The encoded key back as dimensions; those outside the key are "". Views into `key`.
  [[nodiscard]] Dimensions decode(std::string_view key) const;

  // {"agent":"bot","tool":"search"}
  void write_json(JsonWriter& json, std::string_view key) const;

 private:
  std::vector<Dimension> dimensions_;
};

// Number of a key in its KeyTable.
using KeyIndex = std::uint32_t;

// Keys to dense indices 0, 1, 2, … in order of first sight. Look-up allocates nothing. Never
// iterated through its hash map: index order and sorted order are both deterministic.
class KeyTable {
 public:
  [[nodiscard]] std::optional<KeyIndex> find(std::string_view key) const;
  // The key must be new.
  KeyIndex insert(std::string_view key);
  [[nodiscard]] std::string_view key(KeyIndex index) const { return keys_[index]; }
  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  // All indices, by ascending key: the order of summaries.
  [[nodiscard]] std::vector<KeyIndex> sorted() const;

  template <class Archive>
  void visit(Archive& archive) {
    archive(keys_);
    if constexpr (Archive::kReading) rebuild();
  }

 private:
  void rebuild();

  struct Hash {
    std::size_t operator()(std::string_view key) const;
  };
  std::deque<std::string> keys_;  // a deque: the map's views stay valid as it grows
  std::unordered_map<std::string_view, KeyIndex, Hash> index_;
};

}  // namespace fusebox
