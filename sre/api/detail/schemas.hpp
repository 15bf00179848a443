// JSON Schemas of bodies, by the names that the table of routes uses.
#pragma once

#include <span>
#include <string_view>

namespace fusebox::api::detail {

struct Schema {
  std::string_view name;  // "Check"
  std::string_view json;
};

[[nodiscard]] std::span<const Schema> schemas();

}  // namespace fusebox::api::detail
