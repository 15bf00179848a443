// What `kind: Config` says beyond the engine: where the daemon listens, what it keeps, whom it
// believes, and whom it calls. Plain values, checked by load(). A path that was written relative
// stands here as from the folder of its file, so it opens from where the program runs. Names of
// enums are as in YAML, in the order of the enum.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostics.hpp"
#include "base/time.hpp"
#include "killswitch/scope.hpp"
#include "killswitch/sha256.hpp"
#include "telemetry/journal_writer.hpp"
#include "telemetry/prices.hpp"

namespace fusebox::config {

// Who may do what. `agent` and `ingest` speak for agents and are pinned to them; the others are
// people.
enum class Role : std::uint8_t { Agent, Ingest, Viewer, Operator, Approver, Admin };
inline constexpr std::array<std::string_view, 6> kRoleNames{"agent",    "ingest",   "viewer",
                                                            "operator", "approver", "admin"};

// Where the token stands as one line of text. `at` is the place of `token_file`, for what may be
// wrong with the file.
struct TokenFile {
  std::string path;
  Place at;
};

struct TokenSpec {
  std::string name;  // unique; the actor of what the token does
  Role role = Role::Viewer;
  // Patterns with `*` of whom it may speak for; at least one each for agent and ingest, and none
  // for other roles.
  std::vector<std::string> agents;
  std::vector<std::string> tenants;
  std::variant<TokenFile, killswitch::Digest> secret;
};

// Without authentication every listener is a loopback address.
enum class AuthMode : std::uint8_t { None, Tokens };

struct AuthSettings {
  AuthMode mode = AuthMode::None;
  std::vector<TokenSpec> tokens;  // at least one with Tokens, none else
};

// When an answer to telemetry may leave: once it is in memory, or once it is on the disk.
enum class Durability : std::uint8_t { Periodic, Acknowledged };

struct JournalSettings {
  std::string path;  // a folder
  telemetry::Arguments arguments = telemetry::Arguments::Masked;
};

// What a client does with an action whose check nobody answers.
enum class Unanswered : std::uint8_t { Deny, Allow };
inline constexpr std::array<std::string_view, 2> kUnansweredNames{"deny", "allow"};

// By action, but that a tool which the caller declares read-only is `read`. The members have the
// names that clients and YAML use.
struct OnUnreachable {
  Unanswered tool = Unanswered::Deny;
  Unanswered delegation = Unanswered::Deny;
  Unanswered read = Unanswered::Allow;
  Unanswered llm = Unanswered::Allow;
  Unanswered task = Unanswered::Allow;  // its start; what it does is asked for by itself
};

// http://host:port/target, taken apart.
struct HttpUrl {
  std::string host;  // without brackets
  std::uint16_t port = 80;
  std::string target = "/";  // path and query as they stand in a request line
  friend bool operator==(const HttpUrl&, const HttpUrl&) = default;
};

// Output lines that a webhook can have.
enum class WebhookEvent : std::uint8_t { Alert, Breaker, Kill, Limit, Notice, Policy, SloStatus };
inline constexpr std::array<std::string_view, 7> kWebhookEventNames{
    "alert", "breaker", "kill", "limit", "notice", "policy", "slo_status"};

struct Webhook {
  std::string name;  // unique
  HttpUrl url;
  std::vector<WebhookEvent> events;  // at least one, each once
  Duration timeout = std::chrono::seconds{5};
};

struct CommandLine {
  std::vector<std::string> argv;  // at least the program; never read by a shell
};

// What is called when a stop order on one of `scopes` trips, to end the work and to confirm it.
struct Terminator {
  std::string name;                           // unique
  std::vector<killswitch::ScopeKind> scopes;  // at least one, each once
  std::variant<HttpUrl, CommandLine> call;
  Duration timeout = std::chrono::seconds{10};
};

struct Settings {
  std::string name = "default";
  std::optional<std::string> listen_api = "127.0.0.1:7100";  // host:port; absent: off
  std::optional<std::string> listen_otlp_http = "127.0.0.1:4318";
  std::string state = "./state";  // a folder
  AuthSettings auth;
  telemetry::PriceTable prices;  // empty: what a model call costs is what its telemetry says
  Durability durability = Durability::Periodic;
  std::optional<JournalSettings> journal;  // absent: input is not recorded
  OnUnreachable on_unreachable;
  std::vector<Webhook> webhooks;
  std::vector<Terminator> terminators;
};

}  // namespace fusebox::config
