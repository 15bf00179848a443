#include "sre/runtime/endpoint.hpp"

#include <charconv>
#include <optional>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "base/overload.hpp"

namespace fusebox::runtime {
namespace {

// The kernel's room for a path, less the byte that ends it.
constexpr std::size_t kSocketPathMax = sizeof(sockaddr_un::sun_path) - 1;

Unexpected not_an_address(std::string_view text) {
  return {ErrorCode::InvalidValue,
          "\"" + std::string(text) + "\" is not an address; expected host:port or unix:PATH"};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

Result<Endpoint> parse_path(std::string_view path) {
  if (path.empty() || path.size() > kSocketPathMax || path.find('\0') != std::string_view::npos) {
    return Unexpected{ErrorCode::InvalidValue,
                      "the path of a Unix socket has 1 to " + std::to_string(kSocketPathMax) +
                          " bytes; this one has " + std::to_string(path.size())};
  }
  return Endpoint{UnixAddress{std::string(path)}};
}

bool plain_host(std::string_view host) {
  return !host.empty() && host.find_first_of("/@?# \t[]:") == std::string_view::npos;
}

Result<Endpoint> parse_tcp(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return not_an_address(text);
  const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!port) return not_an_address(text);
  in6_addr address{};
  const std::string name(host);
  const bool numeric_v6 = inet_pton(AF_INET6, name.c_str(), &address) == 1;
  if (bracketed ? !numeric_v6 : !plain_host(host)) return not_an_address(text);
  return Endpoint{TcpAddress{.host = name, .port = *port}};
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  if (text.starts_with("unix:")) return parse_path(text.substr(5));
  if (text.starts_with('/') || text.starts_with('.')) return parse_path(text);
  if (text.starts_with("https://")) {
    return Unexpected{ErrorCode::NotYetSupported,
                      "\"" + std::string(text) + "\": https is not built yet; expected http"};
  }
  if (text.starts_with("http://")) {
    text.remove_prefix(7);
    if (text.ends_with('/')) text.remove_suffix(1);
  }
  return parse_tcp(text);
}

std::string endpoint_text(const Endpoint& endpoint) {
  return std::visit(Overload{[](const TcpAddress& tcp) {
                               const bool v6 = tcp.host.find(':') != std::string::npos;
                               return (v6 ? "[" + tcp.host + "]:" : tcp.host + ":") +
                                      std::to_string(tcp.port);
                             },
                             [](const UnixAddress& path) { return "unix:" + path.path; }},
                    endpoint);
}

bool is_loopback(const Endpoint& endpoint) {
  const auto* tcp = std::get_if<TcpAddress>(&endpoint);
  if (tcp == nullptr || tcp->host == "localhost" || tcp->host == "::1") return true;
  in_addr address{};
  return inet_pton(AF_INET, tcp->host.c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24) == 127;
}

}  // namespace fusebox::runtime
