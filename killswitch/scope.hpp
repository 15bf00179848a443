// Scopes of stop orders: what one order stops.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/dimension.hpp"
#include "base/result.hpp"

namespace fusebox::killswitch {

// The first tripped kind in this order is the one a refusal names: the widest first.
enum class ScopeKind : std::uint8_t {
  Global,
  Tenant,
  Agent,        // in every tenant
  TenantAgent,  // tenant:T/agent:A
  RootTask,
  Session,
  Task,
  Provider,
  Model,
  Tool,
  Capability,  // the action, or attributes.capability
  Drill,       // matches no real request
};
constexpr ScopeKind last_of(ScopeKind) { return ScopeKind::Drill; }
inline constexpr std::size_t kScopeKindCount = 12;

struct Scope {
  ScopeKind kind = ScopeKind::Global;
  std::string value;   // "" for Global; the agent for TenantAgent
  std::string tenant;  // TenantAgent only

  friend auto operator<=>(const Scope&, const Scope&) = default;

  template <class Archive>
  void visit(Archive& archive) {
    archive(kind, value, tenant);
  }
};

// "global", "agent:bot", "tenant:acme/agent:bot". Values are not empty, at most 256 bytes, valid
// UTF-8 without control characters; in a combined scope the tenant has no "/agent:" in it, so
// that the first one ends it. Errors: InvalidScope, with what was expected.
[[nodiscard]] Result<Scope> parse_scope(std::string_view text);
// The inverse of parse_scope.
[[nodiscard]] std::string format(const Scope& scope);

// A scope as a person orders it. Refuses besides what looks like a stop and would stop nobody: a
// pattern (`agent:*`), blanks around the value, a combination that is not tenant:T/agent:A.
[[nodiscard]] Result<Scope> parse_ordered_scope(std::string_view text);

// The scope of one dimension's value, e.g. Agent and "bot"; an error for a dimension that no stop
// order can have (environment, version, …), for a value that parse_scope would not take, and for a
// tenant with "/agent:" in it, whose text would name an agent.
[[nodiscard]] Result<Scope> scope_of(Dimension dimension, std::string_view value);
[[nodiscard]] bool has_scope(Dimension dimension);

// tenant:T/agent:A, checked like parse_scope: what a request says may hold anything.
[[nodiscard]] Result<Scope> scope_of_agent(std::string_view tenant, std::string_view agent);

}  // namespace fusebox::killswitch
