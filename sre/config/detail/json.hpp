// Parsed YAML as JSON text.
#pragma once

#include <string>

#include "sre/config/detail/yaml.hpp"

namespace fusebox::config::detail {

// The value as JSON of its own: plain `true`, `false`, `null` and numbers as JSON spells them stay
// what they are; everything else, and everything in quotes, is text.
[[nodiscard]] std::string to_json(const Node& node);

// One text for one meaning: keys sorted, every scalar a text, no comments, places or styles. Two
// documents with the same canonical text are the same document.
[[nodiscard]] std::string canonical_text(const Node& node);

}  // namespace fusebox::config::detail
