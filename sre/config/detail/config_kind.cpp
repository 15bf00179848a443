#include <array>
#include <charconv>
#include <utility>

#include "sre/config/detail/kinds.hpp"
#include "sre/config/detail/map_reader.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::array kSpecKeys{
    optional("listen"),    optional("state"), optional("include"),     optional("telemetry"),
    later("journal"),      optional("auth"),  optional("presets"),     later("trust"),
    later("alertmanager"), later("webhooks"), later("on_unreachable"), later("defaults")};
constexpr std::array kListenKeys{optional("api"), optional("otlp_http"), optional("otlp_grpc"),
                                 optional("gateway")};
constexpr std::array kTelemetryKeys{optional("lateness"), optional("silence"),
                                    optional("durability"), later("prices")};
constexpr std::array kAuthKeys{required("mode"), later("tokens")};

constexpr std::array kDurabilities{Choice<bool>{"periodic", true}};
constexpr std::array<std::string_view, 1> kLaterDurabilities{"acknowledged"};
constexpr std::array kAuthModes{Choice<bool>{"none", true}};
constexpr std::array<std::string_view, 1> kLaterAuthModes{"tokens"};

constexpr std::size_t kPathMax = 4096;
constexpr Duration kLongest = std::chrono::days{31};

struct Address {
  std::string_view host;
  std::string_view port;
};

// "127.0.0.1:7100", "[::1]:7100": the host without brackets.
std::optional<Address> split_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (brackets) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!brackets && host.find(':') != std::string_view::npos)) return std::nullopt;
  return Address{host, text.substr(colon + 1)};
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && failure == std::errc{} && end == text.data() + text.size();
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

// nullopt for `off`, and after a report.
std::optional<std::string> as_listener(const Field& field) {
  if (is_off(field.node)) return std::nullopt;
  constexpr std::size_t kAddressMax = 300;
  auto text = as_text(field, kAddressMax);
  if (!text) return std::nullopt;
  const auto address = split_address(*text);
  if (!address || !is_port(address->port)) {
    field.invalid("host:port like 127.0.0.1:7100, or off");
    return std::nullopt;
  }
  const std::string_view host = address->host;
  if (!is_loopback_v4(host) && host != "::1" && host != "localhost") {
    field.invalid("a loopback address, as there is no authentication",
                  "`auth: {mode: tokens}` comes later");
    return std::nullopt;
  }
  return text;
}

// Listeners that come later can be off already.
void check_off(const MapReader& listen, std::string_view name) {
  const auto field = listen.field(name);
  if (!field || is_off(field->node)) return;
  field->error(ErrorCode::NotYetSupported,
               "listener " + quoted(name) + " is part of the contract and comes later", "off");
}

void read_listen(const MapReader& spec, Settings& settings) {
  const auto listen = spec.map("listen", kListenKeys);
  if (!listen) return;
  if (const auto api = listen->field("api")) settings.listen_api = as_listener(*api);
  if (const auto otlp = listen->field("otlp_http")) settings.listen_otlp_http = as_listener(*otlp);
  check_off(*listen, "otlp_grpc");
  check_off(*listen, "gateway");
}

void read_telemetry(const MapReader& spec, ConfigSpec& out) {
  const auto telemetry = spec.map("telemetry", kTelemetryKeys);
  if (!telemetry) return;
  out.lateness =
      telemetry->get("lateness", as_duration, Range<Duration>{0s, kLongest}).value_or(out.lateness);
  const auto silence = telemetry->field("silence");
  if (silence && !is_off(silence->node)) out.silence = as_duration(*silence, {1s, kLongest});
  static_cast<void>(telemetry->choice("durability", kDurabilities, kLaterDurabilities));
}

void check_auth(const MapReader& spec) {
  const auto auth = spec.map("auth", kAuthKeys);
  if (auth) static_cast<void>(auth->choice("mode", kAuthModes, kLaterAuthModes));
}

}  // namespace

ConfigSpec read_config(const Document& document) {
  const MapReader spec(document.spec, kSpecKeys);
  ConfigSpec out;
  out.settings.name = document.name;
  read_listen(spec, out.settings);
  out.settings.state = spec.get("state", as_text, kPathMax).value_or(out.settings.state);
  static_cast<void>(spec.get("include", as_texts));  // read_sources has followed it
  read_telemetry(spec, out);
  check_auth(spec);
  out.presets = spec.get("presets", as_bool);
  return out;
}

std::vector<IncludePath> includes_of(const Node& root) {
  const Entry* kind = root.find("kind");
  const Entry* spec = root.find("spec");
  if (kind == nullptr || kind->value.text != name_of(Kind::Config) || spec == nullptr) return {};
  const Entry* include = spec->value.find("include");
  if (include == nullptr) return {};
  std::vector<IncludePath> paths;
  const Node& value = include->value;
  if (value.kind == NodeKind::Scalar) paths.push_back({value.text, value.at});
  for (const Node& item : value.items) {
    if (item.kind == NodeKind::Scalar) paths.push_back({item.text, item.at});
  }
  return paths;
}

}  // namespace fusebox::config::detail
