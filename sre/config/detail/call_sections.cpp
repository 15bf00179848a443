#include <algorithm>
#include <array>
#include <utility>

#include "sre/config/detail/address.hpp"
#include "sre/config/detail/config_sections.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;
using killswitch::ScopeKind;

constexpr std::array kWebhookKeys{required("name"), required("url"), required("events"),
                                  optional("timeout")};
constexpr std::array kTerminatorKeys{required("name"), optional("scopes"), optional("webhook"),
                                     optional("command"), optional("timeout")};
constexpr std::array<std::string_view, 1> kLaterEvents{"incident"};
// In the order of ScopeKind, but that `agent` means its orders in one tenant as well.
constexpr std::array kScopes{
    Choice<ScopeKind>{"global", ScopeKind::Global},
    Choice<ScopeKind>{"tenant", ScopeKind::Tenant},
    Choice<ScopeKind>{"agent", ScopeKind::Agent},
    Choice<ScopeKind>{"root_task", ScopeKind::RootTask},
    Choice<ScopeKind>{"session", ScopeKind::Session},
    Choice<ScopeKind>{"task", ScopeKind::Task},
    Choice<ScopeKind>{"provider", ScopeKind::Provider},
    Choice<ScopeKind>{"model", ScopeKind::Model},
    Choice<ScopeKind>{"tool", ScopeKind::Tool},
    Choice<ScopeKind>{"capability", ScopeKind::Capability},
    Choice<ScopeKind>{"drill", ScopeKind::Drill},
};

// A trip starts all its terminators at once, and each is a process or a connection.
constexpr std::size_t kCallsMax = 100;
constexpr std::size_t kArgumentsMax = 256;
constexpr std::size_t kArgumentMax = 4096;
constexpr Range<Duration> kTimeout{100ms, 5min};

std::optional<WebhookEvent> as_event(const Field& field) {
  const auto index = as_index(field, kWebhookEventNames, kLaterEvents);
  if (!index) return std::nullopt;
  return static_cast<WebhookEvent>(*index);
}

std::optional<ScopeKind> as_scope_kind(const Field& field) { return as_choice(field, kScopes); }

// A list of different items, at least one; what is wrong is reported and left out.
template <class T>
std::vector<T> read_different(const MapReader& map, std::string_view name,
                              std::optional<T> (*as_item)(const Field&)) {
  const auto items = map.list(name);
  std::vector<T> found;
  for (const Field& item : items) {
    const auto value = as_item(item);
    if (!value) continue;
    if (std::find(found.begin(), found.end(), *value) != found.end()) {
      item.error(ErrorCode::InvalidValue, quoted(item.node.text) + " stands twice",
                 "expected each of `" + std::string(name) + "` at most once");
      continue;
    }
    found.push_back(*value);
  }
  const auto field = map.field(name);
  if (items.empty() && field && field->node.kind == NodeKind::List) field->invalid("at least one");
  return found;
}

// Without `scopes` every order but a drill, which must not end anything unless it is asked to.
std::vector<ScopeKind> read_scopes(const MapReader& terminator) {
  std::vector<ScopeKind> scopes;
  if (terminator.has("scopes")) {
    scopes = read_different(terminator, "scopes", as_scope_kind);
  } else {
    for (const auto& scope : kScopes) {
      if (scope.value != ScopeKind::Drill) scopes.push_back(scope.value);
    }
  }
  if (std::find(scopes.begin(), scopes.end(), ScopeKind::Agent) != scopes.end()) {
    scopes.push_back(ScopeKind::TenantAgent);
  }
  return scopes;
}

std::optional<std::string> as_argument(const Field& field) {
  auto text = as_text(field, kArgumentMax);
  if (text && text->find('\0') != std::string::npos) {
    field.invalid("an argument without NUL");
    return std::nullopt;
  }
  return text;
}

// The program is looked for in PATH if its name has no slash; else it is a path like all others.
std::optional<CommandLine> as_command(const Field& field) {
  if (field.node.kind != NodeKind::List) {
    field.error(ErrorCode::WrongType, field.is(),
                "expected a list like [docker, stop, bots]: the program and its arguments",
                "no shell reads it");
    return std::nullopt;
  }
  const auto& items = field.node.items;
  if (items.empty() || items.size() > kArgumentsMax) {
    field.invalid("a program and its arguments, at most " + std::to_string(kArgumentsMax));
    return std::nullopt;
  }
  CommandLine command;
  for (const Node& item : items) {
    auto argument = as_argument({field.name, item, field.report});
    if (!argument) return std::nullopt;
    command.argv.push_back(std::move(*argument));
  }
  std::string& program = command.argv.front();
  if (program.find('/') != std::string::npos) {
    program = from_folder_of(field.report, program);
  }
  return command;
}

}  // namespace

std::vector<Webhook> read_webhooks(const MapReader& spec) {
  std::vector<Webhook> webhooks;
  UniqueNames names;
  for (const Field& item : list_up_to(spec, "webhooks", kCallsMax)) {
    const MapReader reader(item, kWebhookKeys);
    Webhook webhook;
    webhook.name = names.take(reader);
    webhook.url = reader.get("url", as_http_url).value_or(HttpUrl{});
    webhook.events = read_different(reader, "events", as_event);
    webhook.timeout = reader.get("timeout", as_duration, kTimeout).value_or(webhook.timeout);
    webhooks.push_back(std::move(webhook));
  }
  return webhooks;
}

std::vector<Terminator> read_terminators(const MapReader& spec) {
  std::vector<Terminator> terminators;
  UniqueNames names;
  for (const Field& item : list_up_to(spec, "terminators", kCallsMax)) {
    const MapReader reader(item, kTerminatorKeys);
    Terminator terminator;
    terminator.name = names.take(reader);
    terminator.scopes = read_scopes(reader);
    reader.exactly_one({"webhook", "command"});
    if (auto url = reader.get("webhook", as_http_url)) terminator.call = std::move(*url);
    if (auto command = reader.get("command", as_command)) terminator.call = std::move(*command);
    terminator.timeout = reader.get("timeout", as_duration, kTimeout).value_or(terminator.timeout);
    terminators.push_back(std::move(terminator));
  }
  return terminators;
}

}  // namespace fusebox::config::detail
