// One mapping with a table of its keys. The table is checked when the reader is made, so a key
// that nobody reads cannot be taken for one that works.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "sre/config/detail/field.hpp"

namespace fusebox::config::detail {

enum class Need : std::uint8_t { Required, Optional, Later };

struct Key {
  std::string_view name;
  Need need;
};
constexpr Key required(std::string_view name) { return {name, Need::Required}; }
constexpr Key optional(std::string_view name) { return {name, Need::Optional}; }
// Named by the contract and not built: refused by name.
constexpr Key later(std::string_view name) { return {name, Need::Later}; }

class MapReader {
 public:
  // `field` must be a map; anything else is reported, and reads as a map without keys. Reports
  // unknown keys with the nearest known one, missing ones, and those that come later.
  MapReader(const Field& field, std::span<const Key> keys);

  // The value of a key of the table; nullopt if it is absent.
  [[nodiscard]] std::optional<Field> field(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return field(name).has_value(); }

  // Reads a value with one of the `as_…` functions; nullopt if it is absent or wrong.
  template <class Parse, class... Args>
  [[nodiscard]] auto get(std::string_view name, Parse parse, const Args&... args) const
      -> decltype(parse(std::declval<const Field&>(), args...)) {
    const auto value = field(name);
    if (!value) return std::nullopt;
    return parse(*value, args...);
  }
  template <class T, std::size_t N>
  [[nodiscard]] std::optional<T> choice(std::string_view name,
                                        const std::array<Choice<T>, N>& choices,
                                        Names later = {}) const {
    const auto value = field(name);
    return value ? as_choice(*value, choices, later) : std::nullopt;
  }
  [[nodiscard]] std::optional<MapReader> map(std::string_view name,
                                             std::span<const Key> keys) const;
  // The elements of a list; empty if it is absent or no list.
  [[nodiscard]] std::vector<Field> list(std::string_view name) const;

  // The key must be present: for keys that only some forms of a mapping need.
  void require(std::string_view name) const;
  // Keys that exclude each other: reports the second of those that are present.
  void at_most_one(std::initializer_list<std::string_view> names) const;
  // The same, and none is a mistake too.
  void exactly_one(std::initializer_list<std::string_view> names) const;
  // `name` means nothing unless one of `others` is present.
  void needs(std::string_view name, std::initializer_list<std::string_view> others) const;

  // False if the value was none; its keys are then not missing.
  [[nodiscard]] bool is_map() const { return node_.kind == NodeKind::Map; }
  [[nodiscard]] Position at() const { return node_.at; }
  [[nodiscard]] Position at_key(std::string_view name) const;
  [[nodiscard]] Report& report() const { return report_; }

 private:
  void check_keys() const;
  [[nodiscard]] bool present(std::string_view name) const { return node_.find(name) != nullptr; }

  std::string_view name_;
  const Node& node_;
  std::span<const Key> keys_;
  Report& report_;
};

}  // namespace fusebox::config::detail
