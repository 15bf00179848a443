// Text for a terminal, in columns: a column is a code point.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fusebox::chaos {

// `text` with blanks behind or before it, so that it fills `width`.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
[[nodiscard]] std::string right(std::string_view text, std::size_t width);

// Words in lines of at most `width` columns, all but the first indented; a word that is longer than
// a line is cut. Ends with a line break.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

// Without control characters: names come from files, and a terminal obeys what it is sent.
[[nodiscard]] std::string visible(std::string text);

}  // namespace fusebox::chaos
