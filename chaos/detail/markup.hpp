// Text from outside inside HTML and XML.
#pragma once

#include <string>
#include <string_view>

namespace fusebox::chaos {

// `text` as content or as the value of a quoted attribute: nothing in it can end either. Control
// characters, which XML forbids even escaped, become U+FFFD.
[[nodiscard]] std::string escape_markup(std::string_view text);

}  // namespace fusebox::chaos
