#include "base/key.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace fusebox {
namespace {

void append_length(std::string& out, std::size_t length) {
  for (; length >= 0x80; length >>= 7) out += static_cast<char>(length | 0x80);
  out += static_cast<char>(length);
}

// Copies the text, in whole words from the front and one that ends with it: for a name of a few
// bytes a call of memcpy costs more than the copy.
void copy_short(char* to, std::string_view text) {
  const auto copy = [&]<class Word>(std::size_t at, Word word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    std::memcpy(to + at, &word, sizeof word);
  };
  const std::size_t size = text.size();
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) copy(at, std::uint64_t{});
    copy(size - 8, std::uint64_t{});
  } else if (size >= 4) {
    copy(0, std::uint32_t{});
    copy(size - 4, std::uint32_t{});
  } else if (size >= 2) {
    copy(0, std::uint16_t{});
    copy(size - 2, std::uint16_t{});
  } else if (size == 1) {
    *to = text.front();
  }
}

// Takes the next value off the front of an encoded key; nullopt if there is none.
std::optional<std::string_view> try_take_value(std::string_view& key) {
  constexpr unsigned kShiftMax = 56;  // nine groups of seven bits: no length is longer
  std::size_t length = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (key.empty() || shift > kShiftMax) return std::nullopt;
    const auto byte = static_cast<unsigned char>(key.front());
    key.remove_prefix(1);
    length |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) break;
  }
  if (length > key.size()) return std::nullopt;
  const std::string_view value = key.substr(0, length);
  key.remove_prefix(length);
  return value;
}

std::string_view take_value(std::string_view& key) {
  const auto value = try_take_value(key);
  FUSEBOX_ASSERT(value.has_value());
  return *value;
}

std::uint32_t tag_of(std::string_view key) {
  return static_cast<std::uint32_t>(stable_hash(key) >> 32);
}

}  // namespace

bool KeySpec::contains(Dimension dimension) const {
  return std::find(dimensions_.begin(), dimensions_.end(), dimension) != dimensions_.end();
}

std::string_view KeySpec::encode(const Dimensions& from, KeyBuffer& buffer) const {
  constexpr std::size_t kOneByteLengths = 0x80;
  auto& usual = buffer.usual_;
  std::size_t size = 0;
  for (const Dimension dimension : dimensions_) {
    const std::string_view value = from[dimension];
    if (value.size() >= kOneByteLengths || size + 1 + value.size() > usual.size()) {
      return encode_long(from, buffer.long_);
    }
    usual[size++] = static_cast<char>(value.size());
    copy_short(usual.data() + size, value);
    size += value.size();
  }
  return {usual.data(), size};
}

std::string_view KeySpec::encode_long(const Dimensions& from, std::string& out) const {
  out.clear();
  for (const Dimension dimension : dimensions_) {
    append_length(out, from[dimension].size());
    out += from[dimension];
  }
  return out;
}

bool KeySpec::accepts(std::string_view key) const {
  Dimensions values;
  std::string_view rest = key;
  for (const Dimension dimension : dimensions_) {
    const auto value = try_take_value(rest);
    if (!value || find_invalid_utf8(*value)) return false;
    values[dimension] = *value;
  }
  // A length has one encoding only: padded ones would give a key two names.
  KeyBuffer canonical;
  return encode(values, canonical) == key;
}

std::string_view KeySpec::value(std::string_view key, Dimension dimension) const {
  for (const Dimension present : dimensions_) {
    const std::string_view value = take_value(key);
    if (present == dimension) return value;
  }
  return {};
}

Dimensions KeySpec::decode(std::string_view key) const {
  Dimensions out;
  for (const Dimension dimension : dimensions_) out[dimension] = take_value(key);
  return out;
}

void KeySpec::write_json(JsonWriter& json, std::string_view key) const {
  json.begin_object();
  for (const Dimension dimension : dimensions_) json.field(name_of(dimension), take_value(key));
  json.end_object();
}

// The tag is the upper half of the hash; where a key belongs comes from the tag alone, so that a
// table grows and closes gaps without reading a key.
std::size_t KeyTable::home_of(std::uint32_t tag) const {
  constexpr std::uint32_t kSpread = 0x9E3779B1;  // tables of up to 2^32 slots use all bits of it
  return static_cast<std::size_t>(tag * kSpread) & (slots_.size() - 1);
}

std::optional<KeyIndex> KeyTable::find(std::string_view key) const {
  if (slots_.empty()) return std::nullopt;
  const std::uint32_t tag = tag_of(key);
  for (std::size_t i = home_of(tag); slots_[i].index != kNoKey; i = next(i)) {
    if (slots_[i].tag == tag && same_text(slots_[i].text, key)) return slots_[i].index;
  }
  return std::nullopt;
}

KeyIndex KeyTable::insert(std::string_view key) {
  auto index = static_cast<KeyIndex>(keys_.size());
  if (free_.empty()) {
    keys_.emplace_back(key);
    live_.push_back(true);
  } else {
    index = free_.back();
    free_.pop_back();
    keys_[index] = key;
    live_[index] = true;
  }
  if (size() * 4 > slots_.size() * 3) grow();
  place(index);
  return index;
}

void KeyTable::erase(KeyIndex index) {
  FUSEBOX_ASSERT(contains(index));
  std::size_t gap = home_of(tag_of(keys_[index]));
  while (slots_[gap].index != index) gap = next(gap);
  // Those after the gap that belong at or before it move up, so that no search ends too early.
  for (std::size_t i = next(gap); slots_[i].index != kNoKey; i = next(i)) {
    const std::size_t distance = (i - home_of(slots_[i].tag)) & (slots_.size() - 1);
    if (distance < ((i - gap) & (slots_.size() - 1))) continue;
    slots_[gap] = slots_[i];
    gap = i;
  }
  slots_[gap] = {};
  std::string().swap(keys_[index]);  // an assignment would keep the memory of a long key
  live_[index] = false;
  free_.push_back(index);
}

std::vector<KeyIndex> KeyTable::sorted() const {
  std::vector<KeyIndex> order;
  order.reserve(size());
  for (KeyIndex i = 0; i < keys_.size(); ++i) {
    if (live_[i]) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [this](KeyIndex a, KeyIndex b) { return keys_[a] < keys_[b]; });
  return order;
}

void KeyTable::place(KeyIndex index) {
  const Slot slot{tag_of(keys_[index]), index, keys_[index]};
  std::size_t i = home_of(slot.tag);
  for (; slots_[i].index != kNoKey; i = next(i)) {
    FUSEBOX_ASSERT(slots_[i].tag != slot.tag || slots_[i].text != slot.text);
  }
  slots_[i] = slot;
}

void KeyTable::grow() {
  constexpr std::size_t kSlotsMin = 8;
  const std::vector<Slot> old = std::exchange(slots_, {});
  slots_.resize(std::max(kSlotsMin, old.size() * 2));
  for (const Slot& slot : old) {
    if (slot.index == kNoKey) continue;
    std::size_t i = home_of(slot.tag);
    while (slots_[i].index != kNoKey) i = next(i);
    slots_[i] = slot;
  }
}

KeyTable::Saved KeyTable::save() const {
  Saved saved{{}, free_};
  saved.keys.reserve(keys_.size());
  for (KeyIndex i = 0; i < keys_.size(); ++i) {
    saved.keys.push_back(live_[i] ? std::optional(keys_[i]) : std::nullopt);
  }
  return saved;
}

bool KeyTable::restore(Saved saved) {
  *this = {};
  std::size_t free = 0;
  for (std::optional<std::string>& key : saved.keys) {
    if (key && find(*key)) return false;
    if (key) {
      (void)insert(*key);
    } else {
      keys_.emplace_back();
      live_.push_back(false);
      ++free;
    }
  }
  std::vector<bool> seen(keys_.size());
  for (const KeyIndex index : saved.free) {
    if (index >= keys_.size() || live_[index] || seen[index]) return false;
    seen[index] = true;
  }
  free_ = std::move(saved.free);
  return free_.size() == free;
}

}  // namespace fusebox
