// Addresses as they are written: host:port to listen at, and http:// URLs to call.
#pragma once

#include <optional>
#include <string>

#include "sre/config/detail/field.hpp"
#include "sre/config/settings.hpp"

namespace fusebox::config::detail {

enum class Reach : std::uint8_t {
  Loopback,  // from this machine alone: 127.0.0.0/8, ::1 and localhost
  Any,
};

// "127.0.0.1:7100", "[::1]:7100".
[[nodiscard]] std::optional<std::string> as_listener(const Field& field, Reach reach);

// "http://host:port/path?query" without user and fragment; https is named and refused.
[[nodiscard]] std::optional<HttpUrl> as_http_url(const Field& field);

}  // namespace fusebox::config::detail
