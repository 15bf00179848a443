// SHA-256 over bytes (OpenSSL behind it).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace fusebox::killswitch {

using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest sha256(std::string_view bytes);
[[nodiscard]] std::string to_hex(const Digest& digest);  // 64 lower-case digits

}  // namespace fusebox::killswitch
