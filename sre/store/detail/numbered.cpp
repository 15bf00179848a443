#include "sre/store/detail/numbered.hpp"

#include <charconv>

namespace fusebox::store {

std::string format_name(const NumberedName& rule, std::uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < rule.digits) digits.insert(0, rule.digits - digits.size(), '0');
  digits += rule.ending;
  return digits;
}

std::optional<std::uint64_t> parse_name(const NumberedName& rule, std::string_view name) {
  std::uint64_t number = 0;
  if (std::from_chars(name.data(), name.data() + name.size(), number).ec != std::errc{}) {
    return std::nullopt;
  }
  if (number == 0 || name != format_name(rule, number)) return std::nullopt;
  return number;
}

}  // namespace fusebox::store
