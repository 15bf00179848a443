#include "base/key.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace fusebox {
namespace {

void append_length(std::string& out, std::size_t length) {
  for (; length >= 0x80; length >>= 7) out += static_cast<char>(length | 0x80);
  out += static_cast<char>(length);
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

}  // namespace

bool KeySpec::contains(Dimension dimension) const {
  return std::find(dimensions_.begin(), dimensions_.end(), dimension) != dimensions_.end();
}

void KeySpec::encode(const Dimensions& from, std::string& out) const {
  out.clear();
  for (const Dimension dimension : dimensions_) {
    append_length(out, from[dimension].size());
    out += from[dimension];
  }
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
  std::string canonical;
  encode(values, canonical);
  return canonical == key;
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

std::optional<KeyIndex> KeyTable::find(std::string_view key) const {
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

KeyIndex KeyTable::insert(std::string_view key) {
  auto index = static_cast<KeyIndex>(keys_.size());
  if (free_.empty()) {
    keys_.emplace_back(key);
  } else {
    index = free_.back();
    free_.pop_back();
    keys_[index].emplace(key);
  }
  const bool inserted = index_.emplace(*keys_[index], index).second;
  FUSEBOX_ASSERT(inserted);
  return index;
}

void KeyTable::erase(KeyIndex index) {
  FUSEBOX_ASSERT(contains(index));
  index_.erase(*keys_[index]);
  keys_[index].reset();
  free_.push_back(index);
}

bool KeyTable::contains(KeyIndex index) const {
  return index < keys_.size() && keys_[index].has_value();
}

std::vector<KeyIndex> KeyTable::sorted() const {
  std::vector<KeyIndex> order;
  order.reserve(size());
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i]) order.push_back(static_cast<KeyIndex>(i));
  }
  std::sort(order.begin(), order.end(),
            [this](KeyIndex a, KeyIndex b) { return *keys_[a] < *keys_[b]; });
  return order;
}

bool KeyTable::rebuild() {
  index_.clear();
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i] && !index_.emplace(*keys_[i], static_cast<KeyIndex>(i)).second) return false;
  }
  std::vector<bool> seen(keys_.size());
  for (const KeyIndex index : free_) {
    if (index >= keys_.size() || keys_[index] || seen[index]) return false;
    seen[index] = true;
  }
  return index_.size() + free_.size() == keys_.size();
}

void KeyTable::clear() {
  index_.clear();
  keys_.clear();
  free_.clear();
}

std::size_t KeyTable::Hash::operator()(std::string_view key) const { return stable_hash(key); }

}  // namespace fusebox
