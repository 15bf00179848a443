#include "sre/config/detail/map_reader.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace fusebox::config::detail {
namespace {

std::string quoted_list(std::initializer_list<std::string_view> names) {
  std::vector<std::string> texts;
  for (const std::string_view name : names) texts.push_back(quoted(name));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return join_or(views);
}

const Key* find_key(std::span<const Key> keys, std::string_view name) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace

MapReader::MapReader(const Field& field, std::span<const Key> keys)
    : name_(field.name), node_(field.node), keys_(keys), report_(field.report) {
  if (node_.kind == NodeKind::Map) {
    check_keys();
  } else {
    field.wrong_type("a map");
  }
}

void MapReader::check_keys() const {
  std::vector<std::string_view> names;
  std::vector<std::string_view> built;
  for (const Key& key : keys_) {
    names.push_back(key.name);
    if (key.need != Need::Later) built.push_back(key.name);
  }
  for (const Entry& entry : node_.entries) {
    if (report_.full()) return;
    const Key* key = find_key(keys_, entry.key);
    if (key == nullptr) {
      report_.error(entry.key_at, ErrorCode::UnknownKey, "unknown key " + quoted(entry.key),
                    quoted(name_) + " takes " + join_or(built), did_you_mean(entry.key, names));
    } else if (key->need == Need::Later) {
      report_.error(entry.key_at, ErrorCode::NotYetSupported, comes_later(entry.key));
    }
  }
  for (const Key& key : keys_) {
    if (key.need == Need::Required) require(key.name);
  }
}

void MapReader::require(std::string_view name) const {
  if (!is_map() || present(name)) return;
  report_.error(node_.at, ErrorCode::MissingKey, quoted(name) + " is missing",
                quoted(name_) + " needs it");
}

std::optional<Field> MapReader::field(std::string_view name) const {
  FUSEBOX_ASSERT(find_key(keys_, name) != nullptr);
  const Entry* entry = node_.find(name);
  if (entry == nullptr) return std::nullopt;
  return Field{entry->key, entry->value, report_};
}

std::optional<MapReader> MapReader::map(std::string_view name, std::span<const Key> keys) const {
  const auto value = field(name);
  if (!value) return std::nullopt;
  return MapReader(*value, keys);
}

std::vector<Field> MapReader::list(std::string_view name) const {
  const auto value = field(name);
  if (!value) return {};
  if (value->node.kind != NodeKind::List) {
    value->wrong_type("a list");
    return {};
  }
  std::vector<Field> items;
  for (const Node& item : value->node.items) items.push_back({value->name, item, report_});
  return items;
}

void MapReader::at_most_one(std::initializer_list<std::string_view> names) const {
  const Entry* first = nullptr;
  for (const Entry& entry : node_.entries) {
    if (std::find(names.begin(), names.end(), entry.key) == names.end()) continue;
    if (first != nullptr) {
      report_.error(entry.key_at, ErrorCode::ConflictingKeys,
                    quoted(entry.key) + " stands beside " + quoted(first->key),
                    "expected one of " + quoted_list(names));
    }
    first = &entry;
  }
}

void MapReader::exactly_one(std::initializer_list<std::string_view> names) const {
  at_most_one(names);
  const auto is_present = [&](std::string_view name) { return present(name); };
  if (is_map() && std::none_of(names.begin(), names.end(), is_present)) {
    report_.error(node_.at, ErrorCode::MissingKey, quoted_list(names) + " is missing",
                  quoted(name_) + " needs one of them");
  }
}

void MapReader::needs(std::string_view name, std::initializer_list<std::string_view> others) const {
  const auto is_present = [&](std::string_view other) { return present(other); };
  if (!present(name) || std::any_of(others.begin(), others.end(), is_present)) return;
  report_.error(at_key(name), ErrorCode::MissingKey,
                quoted(name) + " means nothing without " + quoted_list(others));
}

Position MapReader::at_key(std::string_view name) const {
  const Entry* entry = node_.find(name);
  return entry == nullptr ? node_.at : entry->key_at;
}

}  // namespace fusebox::config::detail
