// Endpoints as the system calls want them.
#pragma once

#include <optional>
#include <string>

#include <sys/socket.h>

#include "sre/runtime/endpoint.hpp"

namespace fusebox::runtime::detail {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }  // NOLINT
  [[nodiscard]] const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);  // NOLINT: how sockets take addresses
  }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

// From what the system returns.
[[nodiscard]] SocketAddress copy_address(const sockaddr* address, socklen_t size);

// Nothing for a host name: names are looked up elsewhere. "localhost" is 127.0.0.1.
[[nodiscard]] std::optional<SocketAddress> numeric_address(const Endpoint& endpoint);

// The endpoint behind an address of TCP; "unix" otherwise (the ends of Unix sockets have no names).
[[nodiscard]] std::string address_text(const SocketAddress& address);

// The port of a TCP address; 0 otherwise.
[[nodiscard]] std::uint16_t port_of(const SocketAddress& address);

}  // namespace fusebox::runtime::detail
