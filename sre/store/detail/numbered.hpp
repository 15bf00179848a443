// Names of numbered files in a folder: the digits, padded by zeros, and an ending.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fusebox::store {

// {8, ".log"} and 7: "00000007.log".
struct NumberedName {
  std::size_t digits;
  std::string_view ending;
};

[[nodiscard]] std::string format_name(const NumberedName& rule, std::uint64_t number);
// The number, from 1 on, of a name that format_name gives; nullopt of any other.
[[nodiscard]] std::optional<std::uint64_t> parse_name(const NumberedName& rule,
                                                      std::string_view name);

}  // namespace fusebox::store
