#include "sre/config/detail/address.hpp"

#include <algorithm>
#include <charconv>

namespace fusebox::config::detail {
namespace {

struct Address {
  std::string_view host;  // without brackets
  std::string_view port;
};

// "127.0.0.1:7100", "[::1]:7100".
std::optional<Address> split_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (brackets) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!brackets && host.find(':') != std::string_view::npos)) return std::nullopt;
  return Address{host, text.substr(colon + 1)};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const last = text.data() + text.size();
  const auto [end, failure] = std::from_chars(text.data(), last, port);
  if (text.empty() || failure != std::errc{} || end != last) return std::nullopt;
  return port;
}

// Four decimal numbers up to 255, the first of them 127.
bool is_loopback_v4(std::string_view host) {
  for (int i = 0; i < 4; ++i) {
    std::uint8_t number = 0;
    const auto [end, failure] = std::from_chars(host.data(), host.data() + host.size(), number);
    if (failure != std::errc{} || (i == 0 && number != 127)) return false;
    host.remove_prefix(static_cast<std::size_t>(end - host.data()));
    if (i == 3) return host.empty();
    if (!host.starts_with('.')) return false;
    host.remove_prefix(1);
  }
  return false;
}

bool is_loopback(std::string_view host) {
  return is_loopback_v4(host) || host == "::1" || host == "localhost";
}

// What a name or an IP address can hold; everything else would end up in a Host header.
bool is_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == ':';
  });
}

// What a request line can hold: printable ASCII. Blanks and the rest are percent-encoded.
bool is_target(std::string_view target) {
  return std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// What stands behind "http://".
std::optional<HttpUrl> parse_url(std::string_view rest) {
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string authority(rest.substr(0, end));
  const std::string_view target = rest.substr(end);
  const bool begins_well = target.empty() || target.starts_with('/');
  if (!begins_well || !is_target(target) || target.find('#') != std::string_view::npos) {
    return std::nullopt;
  }
  // After the bracket of an IPv6 address, or in anything else, a colon begins the port.
  const bool has_port = authority.rfind(':') != std::string::npos && !authority.ends_with(']');
  if (!has_port) authority += ":80";
  const auto address = split_address(authority);
  if (!address || !is_host(address->host)) return std::nullopt;
  const auto port = parse_port(address->port);
  if (!port || *port == 0) return std::nullopt;
  return HttpUrl{.host = std::string(address->host),
                 .port = *port,
                 .target = target.empty() ? "/" : std::string(target)};
}

}  // namespace

std::optional<std::string> as_listener(const Field& field, Reach reach) {
  constexpr std::size_t kAddressMax = 300;
  auto text = as_text(field, kAddressMax);
  if (!text) return std::nullopt;
  const auto address = split_address(*text);
  if (!address || !is_host(address->host) || !parse_port(address->port)) {
    field.invalid("host:port like 127.0.0.1:7100, or off");
    return std::nullopt;
  }
  if (reach == Reach::Loopback && !is_loopback(address->host)) {
    field.invalid("a loopback address, as there is no authentication",
                  "other machines need `auth: {mode: tokens}`");
    return std::nullopt;
  }
  return text;
}

std::optional<HttpUrl> as_http_url(const Field& field) {
  constexpr std::size_t kUrlMax = 2048;
  constexpr std::string_view kScheme = "http://";
  const auto text = as_text(field, kUrlMax);
  if (!text) return std::nullopt;
  if (text->starts_with("https://")) {
    field.error(ErrorCode::NotYetSupported, comes_later("https"),
                "expected a URL like http://127.0.0.1:9000/path");
    return std::nullopt;
  }
  auto url = text->starts_with(kScheme) ? parse_url(std::string_view(*text).substr(kScheme.size()))
                                        : std::nullopt;
  if (!url) field.invalid("a URL like http://127.0.0.1:9000/path");
  return url;
}

}  // namespace fusebox::config::detail
