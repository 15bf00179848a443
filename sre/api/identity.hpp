// Who asks, and for whom they may speak. A token's name is the actor of what is done with it; the
// tokens of agents and collectors are pinned to patterns of agents and tenants.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/dimension.hpp"
#include "killswitch/scope.hpp"
#include "sre/api/problem.hpp"
#include "sre/config/settings.hpp"
#include "sre/config/token_files.hpp"
#include "sre/runtime/http.hpp"

namespace fusebox::api {

using config::Role;

// Those who may use a route.
class Roles {
 public:
  constexpr Roles(std::initializer_list<Role> roles) {
    for (const Role role : roles) bits_ |= bit(role);
  }
  // Those who show no token, too.
  [[nodiscard]] static constexpr Roles anyone() {
    Roles all{};
    all.open_ = true;
    return all;
  }

  [[nodiscard]] constexpr bool contains(Role role) const {
    return open_ || (bits_ & bit(role)) != 0;
  }
  [[nodiscard]] constexpr bool is_open() const { return open_; }

 private:
  static constexpr unsigned bit(Role role) { return 1U << static_cast<unsigned>(role); }

  unsigned bits_ = 0;
  bool open_ = false;
};

// An identity, once it is known. Small to copy; keeps the tokens it was found among alive.
class Identity {
 public:
  // Nobody was asked who they are.
  [[nodiscard]] static Identity local(const runtime::HttpPeer& peer);
  [[nodiscard]] static Identity of(std::shared_ptr<const config::Token> token);

  [[nodiscard]] const std::string& actor() const { return actor_; }
  [[nodiscard]] bool is_authenticated() const { return token_ != nullptr; }
  // Without authentication everything is allowed that does not need two people.
  [[nodiscard]] Role role() const { return token_ ? token_->role : Role::Admin; }
  [[nodiscard]] bool is_pinned() const;

  // A pinned identity speaks for those that its patterns match; one that names no tenant is
  // matched as "".
  [[nodiscard]] bool speaks_for(std::string_view tenant, std::string_view agent) const;
  // Whether a stop order on this scope may be its business: all are, except those that name
  // another tenant or agent.
  [[nodiscard]] bool is_concerned_by(const killswitch::Scope& scope) const;

 private:
  Identity(std::string actor, std::shared_ptr<const config::Token> token)
      : actor_(std::move(actor)), token_(std::move(token)) {}

  std::string actor_;
  std::shared_ptr<const config::Token> token_;  // null without authentication
};

// The tokens of one configuration. Immutable, so that a reload swaps one for another.
class Credentials {
 public:
  // Without authentication.
  Credentials() = default;
  explicit Credentials(std::vector<config::Token> tokens);

  [[nodiscard]] bool are_required() const { return required_; }

  // Problems: 400 for a header that stands twice or is no bearer token, 401 for none and for one
  // that nobody has, 403 for a browser that speaks for another site, by Origin or by a Host that is
  // not this machine's own, to a server without authentication. Every token is compared with every
  // digest to its end, whatever was found before.
  [[nodiscard]] std::variant<Identity, Problem> identify(const runtime::HttpRequest& request) const;

 private:
  bool required_ = false;
  std::vector<std::shared_ptr<const config::Token>> tokens_;
};

}  // namespace fusebox::api
