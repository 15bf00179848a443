// Keys: the values of a few dimensions, as one flat string that sorts, hashes and compares in one
// piece, and a table from keys to dense numbers.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/dimension.hpp"
#include "base/json_writer.hpp"

namespace fusebox {

// Room for one encoded key. Keys of usual length need no heap.
class KeyBuffer {
 private:
  friend class KeySpec;
  std::array<char, 128> usual_;
  std::string long_;
};

// Which dimensions make a key, in the order the user wrote them. Empty: one key for everything.
class KeySpec {
 public:
  KeySpec() = default;
  explicit KeySpec(std::vector<Dimension> dimensions) : dimensions_(std::move(dimensions)) {}

  [[nodiscard]] const std::vector<Dimension>& dimensions() const { return dimensions_; }
  [[nodiscard]] bool contains(Dimension dimension) const;

  // The encoded key, in `buffer` (no allocation once that has grown to it). A value is its length
  // in a varint and its bytes, so no value can imitate a separator.
  [[nodiscard]] std::string_view encode(const Dimensions& from, KeyBuffer& buffer) const;

  // Is this what encode() could have written for this spec, in UTF-8? For keys that come from a
  // file: the other functions take an encoded key on trust.
  [[nodiscard]] bool accepts(std::string_view key) const;

  // The value of one dimension of an encoded key; "" if the key has no such dimension.
  [[nodiscard]] std::string_view value(std::string_view key, Dimension dimension) const;

  // The encoded key back as dimensions; those outside the key are "". Views into `key`.
  [[nodiscard]] Dimensions decode(std::string_view key) const;

  // {"agent":"bot","tool":"search"}
  void write_json(JsonWriter& json, std::string_view key) const;

 private:
  [[nodiscard]] std::string_view encode_long(const Dimensions& from, std::string& out) const;

  std::vector<Dimension> dimensions_;
};

// Number of a key in its KeyTable.
using KeyIndex = std::uint32_t;

// Keys to dense indices 0, 1, 2, … in order of first sight; an erased key's index is the next one
// given out, so indices stay as dense as the largest number of keys that ever lived at once.
// Look-up allocates nothing and reads one slot and one key, nearly always. Never iterated through
// its hash: index order and sorted order are both deterministic, and so is the reuse of indices,
// over a save and restore too.
class KeyTable {
 public:
  KeyTable() = default;
  KeyTable(KeyTable&&) noexcept = default;
  KeyTable& operator=(KeyTable&&) noexcept = default;

  [[nodiscard]] std::optional<KeyIndex> find(std::string_view key) const;
  // The key must be new.
  KeyIndex insert(std::string_view key);
  // The key must be live. Views of it end here.
  void erase(KeyIndex index);
  // Whether `index` stands for a key; any number may be asked.
  [[nodiscard]] bool contains(KeyIndex index) const { return index < live_.size() && live_[index]; }
  // The key must be live.
  [[nodiscard]] std::string_view key(KeyIndex index) const { return keys_[index]; }
  // Live keys.
  [[nodiscard]] std::size_t size() const { return keys_.size() - free_.size(); }
  // One more than the largest index ever given out: what an array beside the table must hold.
  [[nodiscard]] std::size_t index_end() const { return keys_.size(); }
  // All live indices, by ascending key: the order of summaries.
  [[nodiscard]] std::vector<KeyIndex> sorted() const;

  // Restoring fails on duplicate keys and on a list of free indices that does not fit them.
  template <class Archive>
  void visit(Archive& archive) {
    Saved saved;
    if constexpr (!Archive::kReading) saved = save();
    archive(saved.keys, saved.free);
    if constexpr (Archive::kReading) {
      if (archive.failed() || !restore(std::move(saved))) {
        *this = {};
        archive.fail();
      }
    }
  }

 private:
  struct Saved {
    std::vector<std::optional<std::string>> keys;  // by index; absent: free
    std::vector<KeyIndex> free;
  };
  // Of an open-addressing table with linear probing. The tag is part of the key's hash, so that
  // other keys are passed over without being read; the text is that of keys_, so that the right
  // one is read without looking for it there.
  struct Slot {
    std::uint32_t tag = 0;
    KeyIndex index = kNoKey;
    std::string_view text;
  };
  static constexpr KeyIndex kNoKey = ~KeyIndex{0};

  [[nodiscard]] Saved save() const;
  [[nodiscard]] bool restore(Saved saved);
  void place(KeyIndex index);
  void grow();
  [[nodiscard]] std::size_t home_of(std::uint32_t tag) const;
  [[nodiscard]] std::size_t next(std::size_t slot) const {
    return (slot + 1) & (slots_.size() - 1);
  }

  std::deque<std::string> keys_;  // by index, "" if free; a deque: texts stay put as it grows
  std::vector<bool> live_;        // by index
  std::vector<KeyIndex> free_;    // indices of erased keys; the last is reused first
  std::vector<Slot> slots_;       // a power of two, at most three quarters in use
};

}  // namespace fusebox
