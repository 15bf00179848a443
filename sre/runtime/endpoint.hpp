// Where a server listens or a client connects: a TCP address or a Unix socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"

namespace fusebox::runtime {

struct TcpAddress {
  std::string host;    // without brackets: "127.0.0.1", "::1", "localhost"
  std::uint16_t port;  // 0 to listen: the system picks one
  friend bool operator==(const TcpAddress&, const TcpAddress&) = default;
};

struct UnixAddress {
  std::string path;
  friend bool operator==(const UnixAddress&, const UnixAddress&) = default;
};

using Endpoint = std::variant<TcpAddress, UnixAddress>;

// "127.0.0.1:7100", "[::1]:7100", "localhost:0", the same after "http://", "unix:PATH", or a path
// that begins with '/' or '.'. Errors: InvalidValue; NotYetSupported for https.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

// The shortest text that parses to the same endpoint.
[[nodiscard]] std::string endpoint_text(const Endpoint& endpoint);

// Reachable from this machine alone.
[[nodiscard]] bool is_loopback(const Endpoint& endpoint);

}  // namespace fusebox::runtime
