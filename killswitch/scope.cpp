#include "killswitch/scope.hpp"

#include <algorithm>
#include <optional>
#include <span>

#include "base/text.hpp"

namespace fusebox::killswitch {
namespace {

constexpr std::size_t kValueBytesMax = 256;
constexpr std::string_view kTenantPrefix = "tenant:";
constexpr std::string_view kAgentInfix = "/agent:";

// What stands before the colon, for the kinds that take one value.
struct Prefix {
  std::string_view name;
  ScopeKind kind;
  std::optional<Dimension> dimension;
};
constexpr std::array<Prefix, 10> kPrefixes{{
    {"tenant", ScopeKind::Tenant, Dimension::Tenant},
    {"agent", ScopeKind::Agent, Dimension::Agent},
    {"session", ScopeKind::Session, Dimension::Session},
    {"task", ScopeKind::Task, Dimension::Task},
    {"root_task", ScopeKind::RootTask, Dimension::RootTask},
    {"tool", ScopeKind::Tool, Dimension::Tool},
    {"model", ScopeKind::Model, Dimension::Model},
    {"provider", ScopeKind::Provider, Dimension::Provider},
    {"capability", ScopeKind::Capability, std::nullopt},
    {"drill", ScopeKind::Drill, std::nullopt},
}};

Unexpected invalid(std::string why) { return {ErrorCode::InvalidScope, std::move(why)}; }

// Text from outside in a message: short, and safe to print.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, 64)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + "'";
}

std::array<std::string_view, kPrefixes.size() + 1> scope_names() {
  std::array<std::string_view, kPrefixes.size() + 1> names{"global"};
  for (std::size_t i = 0; i < kPrefixes.size(); ++i) names[i + 1] = kPrefixes[i].name;
  return names;
}

Unexpected unknown_kind(std::string_view name) {
  const auto names = scope_names();
  const std::string_view near = nearest(name, names);
  return invalid(quoted(name) + " is no scope; one of " + join_or(names) +
                 (near.empty() ? "" : "; did you mean " + std::string(near) + "?"));
}

// C0, DEL, and C1 as UTF-8 writes it (0xC2 0x80 to 0xC2 0x9F).
bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte != 0xC2 || i + 1 == text.size()) continue;
    if (static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

// Why this cannot be a value; "" if it can.
std::string_view flaw_of(std::string_view value) {
  if (value.empty()) return "has no value";
  if (value.size() > kValueBytesMax) return "has a value of more than 256 bytes";
  if (find_invalid_utf8(value)) return "has a value that is not UTF-8";
  if (has_control_character(value)) return "has a control character in its value";
  return {};
}

Result<Scope> make_scope(std::string_view name, Scope scope) {
  std::string_view flaw = flaw_of(scope.value);
  if (flaw.empty() && scope.kind == ScopeKind::TenantAgent) flaw = flaw_of(scope.tenant);
  if (!flaw.empty()) return invalid("the scope " + quoted(name) + " " + std::string(flaw));
  return scope;
}

}  // namespace

Result<Scope> parse_scope(std::string_view text) {
  if (text == "global") return Scope{};
  const auto infix = text.find(kAgentInfix);
  if (text.starts_with(kTenantPrefix) && infix != std::string_view::npos) {
    const std::string_view tenant = text.substr(0, infix).substr(kTenantPrefix.size());
    const std::string_view agent = text.substr(infix + kAgentInfix.size());
    return make_scope(text, {ScopeKind::TenantAgent, std::string(agent), std::string(tenant)});
  }
  const auto colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (name == "global") return invalid("the scope 'global' takes no value");
  const auto* const found = std::find_if(kPrefixes.begin(), kPrefixes.end(),
                                         [name](const Prefix& each) { return each.name == name; });
  if (found == kPrefixes.end()) return unknown_kind(name);
  const std::string_view value =
      colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
  return make_scope(name, {found->kind, std::string(value), ""});
}

Result<Scope> parse_ordered_scope(std::string_view text) {
  auto scope = parse_scope(text);
  if (!scope) return scope;
  for (const std::string_view value :
       {std::string_view(scope->value), std::string_view(scope->tenant)}) {
    if (value.find('*') != std::string_view::npos) {
      return invalid(quoted(text) + " is a pattern; a stop order names one value, or is global");
    }
    if (value.starts_with(' ') || value.ends_with(' ')) {
      return invalid(quoted(text) + " has blanks around its value");
    }
    for (const Prefix& each : kPrefixes) {
      if (value.find("/" + std::string(each.name) + ":") != std::string_view::npos) {
        return invalid(quoted(text) + " combines scopes; only tenant:T/agent:A can be combined");
      }
    }
  }
  return scope;
}

std::string format(const Scope& scope) {
  if (scope.kind == ScopeKind::Global) return "global";
  if (scope.kind == ScopeKind::TenantAgent) {
    return std::string(kTenantPrefix) + scope.tenant + std::string(kAgentInfix) + scope.value;
  }
  const auto* const found =
      std::find_if(kPrefixes.begin(), kPrefixes.end(),
                   [&scope](const Prefix& each) { return each.kind == scope.kind; });
  return std::string(found->name) + ":" + scope.value;
}

Result<Scope> scope_of(Dimension dimension, std::string_view value) {
  const auto* const found =
      std::find_if(kPrefixes.begin(), kPrefixes.end(),
                   [dimension](const Prefix& each) { return each.dimension == dimension; });
  if (found == kPrefixes.end()) {
    return invalid("no stop order has a scope of " + std::string(name_of(dimension)));
  }
  if (found->kind == ScopeKind::Tenant && value.find(kAgentInfix) != std::string_view::npos) {
    return invalid("the scope 'tenant' has '/agent:' in its value");
  }
  return make_scope(found->name, {found->kind, std::string(value), ""});
}

Result<Scope> scope_of_agent(std::string_view tenant, std::string_view agent) {
  if (tenant.find(kAgentInfix) != std::string_view::npos) {
    return invalid("the scope 'tenant' has '/agent:' in its value");
  }
  return make_scope("tenant/agent",
                    {ScopeKind::TenantAgent, std::string(agent), std::string(tenant)});
}

bool has_scope(Dimension dimension) {
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [dimension](const Prefix& each) { return each.dimension == dimension; });
}

}  // namespace fusebox::killswitch
