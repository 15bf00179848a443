#include "sre/api/identity.hpp"

#include <algorithm>
#include <optional>

#include "base/assert.hpp"
#include "killswitch/sha256.hpp"
#include "telemetry/prices.hpp"

namespace fusebox::api {
namespace {

constexpr std::string_view kScheme = "bearer ";
constexpr std::string_view kUnixPeer = "unix";

bool matches_any(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(), [text](const std::string& pattern) {
    return telemetry::matches_glob(pattern, text);
  });
}

bool same_digest(const killswitch::Digest& a, const killswitch::Digest& b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// What stands behind "Bearer ", whose case says nothing (RFC 9110 section 11.1).
std::optional<std::string_view> bearer_token(std::string_view value) {
  if (value.size() <= kScheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    if (lower(value[i]) != kScheme[i]) return std::nullopt;
  }
  const auto begin = value.find_first_not_of(' ', kScheme.size());
  return begin == std::string_view::npos ? std::nullopt : std::optional(value.substr(begin));
}

bool is_localhost(std::string_view name) {
  constexpr std::string_view kName = "localhost";
  return std::equal(name.begin(), name.end(), kName.begin(), kName.end(),
                    [](char a, char b) { return lower(a) == b; });
}

// A name or an address of this machine alone, with or without a port: localhost, 127.0.0.1:7100,
// 127.8.0.1, [::1]. Whatever else stands there may be made to lead here by whoever owns the name.
bool is_local_host(std::string_view host) {
  const auto port = host.rfind(':');
  if (port != std::string_view::npos && host.find(']', port) == std::string_view::npos) {
    host = host.substr(0, port);
  }
  const bool is_address = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return is_localhost(host) || host == "[::1]" || (is_address && host.starts_with("127."));
}

// http://localhost:7100 is this machine, http://example.org and "null" are not.
bool is_local_origin(std::string_view origin) {
  const auto scheme = origin.find("://");
  return scheme != std::string_view::npos && is_local_host(origin.substr(scheme + 3));
}

// A page of another site can make a browser on this machine send a request here: it says so in
// Origin, or, once the site has its own name lead here, in Host. A Unix socket is no browser's.
std::optional<Problem> foreign_page(const runtime::HttpRequest& request) {
  const auto refused = [](std::string detail) {
    return Problem{.status = 403, .detail = std::move(detail)};
  };
  const auto origin = request.headers.find("Origin");
  if (origin && !is_local_origin(*origin)) {
    return refused("without authentication no other site may ask; set auth.mode: tokens");
  }
  const auto host = request.headers.find("Host");
  if (host && request.peer.address != kUnixPeer && !is_local_host(*host)) {
    return refused(
        "without authentication the host must be localhost, 127.0.0.1 or [::1]; ask by one of "
        "these, or set auth.mode: tokens");
  }
  return std::nullopt;
}

Problem not_known(std::string detail) { return {.status = 401, .detail = std::move(detail)}; }

}  // namespace

Identity Identity::local(const runtime::HttpPeer& peer) {
  return {peer.uid ? "local:" + std::to_string(*peer.uid) : "local", nullptr};
}

Identity Identity::of(std::shared_ptr<const config::Token> token) {
  std::string actor = token->name;
  return {std::move(actor), std::move(token)};
}

bool Identity::is_pinned() const {
  switch (role()) {
    case Role::Agent:
    case Role::Ingest:
      return true;
    case Role::Viewer:
    case Role::Operator:
    case Role::Approver:
    case Role::Admin:
      return false;
  }
  FUSEBOX_ASSERT(false);
  return true;
}

bool Identity::speaks_for(std::string_view tenant, std::string_view agent) const {
  return !is_pinned() ||
         (matches_any(token_->tenants, tenant) && matches_any(token_->agents, agent));
}

bool Identity::is_concerned_by(const killswitch::Scope& scope) const {
  using killswitch::ScopeKind;
  if (!is_pinned()) return true;
  switch (scope.kind) {
    case ScopeKind::Tenant:
      return matches_any(token_->tenants, scope.value);
    case ScopeKind::Agent:
      return matches_any(token_->agents, scope.value);
    case ScopeKind::TenantAgent:
      return speaks_for(scope.tenant, scope.value);
    case ScopeKind::Global:
    case ScopeKind::RootTask:
    case ScopeKind::Session:
    case ScopeKind::Task:
    case ScopeKind::Provider:
    case ScopeKind::Model:
    case ScopeKind::Tool:
    case ScopeKind::Capability:
    case ScopeKind::Drill:
      return true;
  }
  FUSEBOX_ASSERT(false);
  return true;
}

Credentials::Credentials(std::vector<config::Token> tokens) : required_(true) {
  for (config::Token& token : tokens) {
    tokens_.push_back(std::make_shared<const config::Token>(std::move(token)));
  }
}

std::variant<Identity, Problem> Credentials::identify(const runtime::HttpRequest& request) const {
  if (request.headers.count("Authorization") > 1) {
    return Problem{.status = 400, .detail = "the Authorization header stands twice"};
  }
  if (!required_) {
    if (auto problem = foreign_page(request)) return std::move(*problem);
    return Identity::local(request.peer);
  }
  const auto header = request.headers.find("Authorization");
  if (!header) return not_known("send a token: `Authorization: Bearer TOKEN`");
  const auto token = bearer_token(*header);
  if (!token) return Problem{.status = 400, .detail = "Authorization: expected `Bearer TOKEN`"};
  const killswitch::Digest digest = killswitch::sha256(*token);
  std::shared_ptr<const config::Token> found;
  for (const auto& each : tokens_) {
    if (same_digest(each->digest, digest)) found = each;
  }
  if (!found) return not_known("no such token");
  return Identity::of(std::move(found));
}

}  // namespace fusebox::api
