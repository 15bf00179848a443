// JSON Schema from tables of keys: the pieces that every kind's schema is put together from. Each
// function returns JSON.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sre/config/detail/field.hpp"
#include "sre/config/detail/map_reader.hpp"

namespace fusebox::config::detail::schema {

[[nodiscard]] std::string text(std::size_t bytes_max);
[[nodiscard]] std::string matching(std::string_view pattern);
[[nodiscard]] std::string words(Names names);
[[nodiscard]] std::string integer(std::int64_t min, std::int64_t max);
[[nodiscard]] std::string number(double min, double max);
[[nodiscard]] std::string boolean();
[[nodiscard]] std::string just_true();
// As YAML reads them: `0.1` is a number, `10%` and `1/10` are texts.
[[nodiscard]] std::string ratio();
[[nodiscard]] std::string duration();
[[nodiscard]] std::string money();
[[nodiscard]] std::string list(const std::string& items, std::size_t min, std::size_t max);
[[nodiscard]] std::string any_of(std::initializer_list<std::string> schemas);

// A mapping that takes the keys of the table and no others. `properties` has each of them that is
// built, and nothing else: a bug otherwise.
using Property = std::pair<std::string_view, std::string>;
[[nodiscard]] std::string object(std::span<const Key> keys,
                                 std::initializer_list<Property> properties);

// `object` with JSON members of its own at its end: "\"minProperties\":1".
[[nodiscard]] std::string with(std::string object, std::string_view members);

}  // namespace fusebox::config::detail::schema
