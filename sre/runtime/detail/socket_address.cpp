#include "sre/runtime/detail/socket_address.hpp"

#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "base/assert.hpp"
#include "base/overload.hpp"

namespace fusebox::runtime::detail {
namespace {

template <class Address>
SocketAddress stored(const Address& address) {
  SocketAddress out;
  std::memcpy(&out.storage, &address, sizeof(address));
  out.size = sizeof(address);
  return out;
}

template <class Address>
Address loaded(const SocketAddress& from) {
  Address address{};
  std::memcpy(&address, &from.storage, sizeof(address));
  return address;
}

std::optional<SocketAddress> tcp_address(const TcpAddress& tcp) {
  const char* const host = tcp.host == "localhost" ? "127.0.0.1" : tcp.host.c_str();
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(tcp.port);
  if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) return stored(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(tcp.port);
  if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) return stored(v6);
  return std::nullopt;
}

SocketAddress unix_address(const UnixAddress& from) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  FUSEBOX_ASSERT(from.path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, from.path.data(), from.path.size());
  return stored(address);
}

}  // namespace

SocketAddress copy_address(const sockaddr* address, socklen_t size) {
  SocketAddress out;
  FUSEBOX_ASSERT(size <= sizeof(out.storage));
  std::memcpy(&out.storage, address, size);
  out.size = size;
  return out;
}

std::optional<SocketAddress> numeric_address(const Endpoint& endpoint) {
  return std::visit(
      Overload{[](const TcpAddress& tcp) { return tcp_address(tcp); },
               [](const UnixAddress& path) { return std::optional{unix_address(path)}; }},
      endpoint);
}

std::string address_text(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.family() == AF_INET) {
    const auto v4 = loaded<sockaddr_in>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (address.family() == AF_INET6) {
    const auto v6 = loaded<sockaddr_in6>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  } else {
    return "unix";
  }
  return endpoint_text(TcpAddress{.host = text.data(), .port = port_of(address)});
}

std::uint16_t port_of(const SocketAddress& address) {
  if (address.family() == AF_INET) return ntohs(loaded<sockaddr_in>(address).sin_port);
  if (address.family() == AF_INET6) return ntohs(loaded<sockaddr_in6>(address).sin6_port);
  return 0;
}

}  // namespace fusebox::runtime::detail
