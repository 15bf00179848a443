#include <array>
#include <utility>

#include "sre/config/detail/address.hpp"
#include "sre/config/detail/config_sections.hpp"
#include "sre/config/detail/kinds.hpp"
#include "sre/config/detail/map_reader.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::array kSpecKeys{
    optional("listen"),    optional("state"),       optional("include"),
    optional("telemetry"), optional("journal"),     optional("auth"),
    optional("presets"),   later("trust"),          later("alertmanager"),
    optional("webhooks"),  optional("terminators"), optional("on_unreachable"),
    later("defaults")};
constexpr std::array kListenKeys{optional("api"), optional("otlp_http"), optional("otlp_grpc"),
                                 optional("gateway")};
constexpr std::array kTelemetryKeys{optional("lateness"), optional("silence"),
                                    optional("durability"), optional("prices")};
constexpr std::array kJournalKeys{required("path"), optional("arguments")};
constexpr std::array kOnUnreachableKeys{optional("tool"), optional("delegation"), optional("read"),
                                        optional("llm"), optional("task")};

constexpr std::array kDurabilities{
    Choice<Durability>{"periodic", Durability::Periodic},
    Choice<Durability>{"acknowledged", Durability::Acknowledged},
};
constexpr std::array kArguments{
    Choice<telemetry::Arguments>{"masked", telemetry::Arguments::Masked},
    Choice<telemetry::Arguments>{"full", telemetry::Arguments::Full},
};

constexpr Duration kLongest = std::chrono::days{31};

// Listeners that come later can be off already.
void check_off(const MapReader& listen, std::string_view name) {
  const auto field = listen.field(name);
  if (!field || is_off(field->node)) return;
  field->error(ErrorCode::NotYetSupported,
               "listener " + quoted(name) + " is part of the contract and comes later", "off");
}

// Absent if it is off, or after a report.
void read_listener(const MapReader& listen, std::string_view name, Reach reach,
                   std::optional<std::string>& address) {
  const auto field = listen.field(name);
  if (!field) return;
  address = is_off(field->node) ? std::nullopt : as_listener(*field, reach);
}

void read_listen(const MapReader& spec, Reach reach, Settings& settings) {
  const auto listen = spec.map("listen", kListenKeys);
  if (!listen) return;
  read_listener(*listen, "api", reach, settings.listen_api);
  read_listener(*listen, "otlp_http", reach, settings.listen_otlp_http);
  check_off(*listen, "otlp_grpc");
  check_off(*listen, "gateway");
  const bool same = settings.listen_api && settings.listen_api == settings.listen_otlp_http;
  if (!same || settings.listen_api->ends_with(":0")) return;
  const std::string_view second = listen->has("otlp_http") ? "otlp_http" : "api";
  listen->field(second)->invalid(
      "an address of its own", quoted("api") + " and " + quoted("otlp_http") + " are two servers");
}

void read_telemetry(const MapReader& spec, ConfigSpec& out) {
  const auto telemetry = spec.map("telemetry", kTelemetryKeys);
  if (!telemetry) return;
  out.lateness =
      telemetry->get("lateness", as_duration, Range<Duration>{0s, kLongest}).value_or(out.lateness);
  const auto silence = telemetry->field("silence");
  if (silence && !is_off(silence->node)) out.silence = as_duration(*silence, {1s, kLongest});
  out.settings.durability =
      telemetry->choice("durability", kDurabilities).value_or(Durability::Periodic);
  out.settings.prices = read_prices(*telemetry);
}

std::optional<JournalSettings> read_journal(const MapReader& spec) {
  const auto reader = spec.map("journal", kJournalKeys);
  if (!reader) return std::nullopt;
  JournalSettings journal;
  journal.path = reader->get("path", as_path).value_or("");
  journal.arguments = reader->choice("arguments", kArguments).value_or(journal.arguments);
  return journal;
}

OnUnreachable read_on_unreachable(const MapReader& spec) {
  OnUnreachable out;
  const auto reader = spec.map("on_unreachable", kOnUnreachableKeys);
  if (!reader) return out;
  const auto take = [&](std::string_view name, Unanswered& answer) {
    const auto index = reader->get(name, as_index, Names(kUnansweredNames), Names());
    if (index) answer = static_cast<Unanswered>(*index);
  };
  take("tool", out.tool);
  take("delegation", out.delegation);
  take("read", out.read);
  take("llm", out.llm);
  take("task", out.task);
  return out;
}

}  // namespace

ConfigSpec read_config(const Document& document) {
  const MapReader spec(document.spec, kSpecKeys);
  ConfigSpec out;
  Settings& settings = out.settings;
  settings.name = document.name;
  AuthSection auth = read_auth(spec);
  read_listen(spec, auth.mode == AuthMode::None ? Reach::Loopback : Reach::Any, settings);
  settings.auth = {.mode = auth.mode.value_or(AuthMode::None), .tokens = std::move(auth.tokens)};
  settings.state = spec.get("state", as_path).value_or(settings.state);
  static_cast<void>(spec.get("include", as_texts));  // read_sources has followed it
  read_telemetry(spec, out);
  settings.journal = read_journal(spec);
  settings.on_unreachable = read_on_unreachable(spec);
  settings.webhooks = read_webhooks(spec);
  settings.terminators = read_terminators(spec);
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
