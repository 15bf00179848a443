// String literals: quotes, raw strings and CEL's escapes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/detail/mistakes.hpp"

namespace fusebox::policy::detail {

struct StringLiteral {
  std::size_t end;   // behind the closing quote, or where an unterminated literal gives up
  bool valid;        // false: reported
  std::string text;  // decoded; never longer than its source
};

// The string literal whose opening quote stands at `quote`. In a `raw` one a backslash is itself.
// Three quotes open a text that may span lines.
[[nodiscard]] StringLiteral scan_string(std::string_view source, std::size_t quote, bool raw,
                                        Mistakes& mistakes);

}  // namespace fusebox::policy::detail
