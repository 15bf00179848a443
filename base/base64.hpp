// Base64 of RFC 4648 section 4, with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fusebox {

[[nodiscard]] std::string base64_encode(std::string_view bytes);

// nullopt unless the text is what base64_encode() makes of some bytes: no line breaks, no missing
// padding, no bits set that carry nothing.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace fusebox
