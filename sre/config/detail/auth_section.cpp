#include <algorithm>
#include <array>
#include <utility>

#include "sre/config/detail/config_sections.hpp"

namespace fusebox::config::detail {
namespace {

constexpr std::array kAuthKeys{required("mode"), optional("tokens")};
constexpr std::array kTokenKeys{required("name"),    required("role"),       optional("agents"),
                                optional("tenants"), optional("token_file"), optional("sha256")};
constexpr std::array kModes{
    Choice<AuthMode>{"none", AuthMode::None},
    Choice<AuthMode>{"tokens", AuthMode::Tokens},
};
constexpr std::size_t kTokensMax = 1'000;

std::optional<Role> as_role(const Field& field) {
  const auto index = as_index(field, kRoleNames, {});
  if (!index) return std::nullopt;
  return static_cast<Role>(*index);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<killswitch::Digest> parse_digest(std::string_view text) {
  killswitch::Digest digest;
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

// What was written is not repeated: who takes this for the place of the token itself must not find
// it in a log.
std::optional<killswitch::Digest> as_digest(const Field& field) {
  const auto digest =
      field.node.kind == NodeKind::Scalar ? parse_digest(field.node.text) : std::nullopt;
  constexpr std::string_view kHint = "it is what `printf %s TOKEN | sha256sum` prints";
  if (!digest) {
    field.error(ErrorCode::InvalidValue, "`sha256` is no digest", "expected 64 hexadecimal digits",
                std::string(kHint));
  } else if (*digest == killswitch::sha256("")) {
    field.error(ErrorCode::InvalidValue, "`sha256` is the digest of an empty text",
                "expected the digest of a token", std::string(kHint));
  } else {
    return digest;
  }
  return std::nullopt;
}

// Patterns of names; without the key every name.
std::vector<std::string> read_patterns(const MapReader& token, std::string_view name) {
  if (!token.has(name)) return {"*"};
  auto patterns = token.get(name, as_texts);
  if (patterns && patterns->empty()) token.field(name)->invalid("at least one pattern like bot*");
  return std::move(patterns).value_or(std::vector<std::string>{});
}

void read_pins(const MapReader& token, TokenSpec& spec) {
  if (spec.role == Role::Agent || spec.role == Role::Ingest) {
    spec.agents = read_patterns(token, "agents");
    spec.tenants = read_patterns(token, "tenants");
    return;
  }
  for (const std::string_view name : {"agents", "tenants"}) {
    if (!token.has(name)) continue;
    token.report().error(token.at_key(name), ErrorCode::ConflictingKeys,
                         quoted(name) + " stands on a token with `role: " +
                             std::string(kRoleNames[static_cast<std::size_t>(spec.role)]) + "`",
                         "only agent and ingest speak for agents, and are pinned to some");
  }
}

void read_secret(const MapReader& token, TokenSpec& spec) {
  token.exactly_one({"token_file", "sha256"});
  if (auto path = token.get("token_file", as_path)) {
    const Place at = token.report().place(token.field("token_file")->node.at);
    spec.secret = TokenFile{.path = std::move(*path), .at = at};
  }
  if (const auto digest = token.get("sha256", as_digest)) spec.secret = *digest;
}

std::string text_of(const std::variant<TokenFile, killswitch::Digest>& secret) {
  if (const auto* file = std::get_if<TokenFile>(&secret)) return file->path;
  return killswitch::to_hex(std::get<killswitch::Digest>(secret));
}

// One secret under two names would be one person who counts as two.
void check_secret_is_new(const MapReader& token, const std::vector<TokenSpec>& before,
                         const TokenSpec& spec) {
  const std::string_view key = token.has("sha256") ? "sha256" : "token_file";
  if (!token.has(key)) return;
  const std::string text = text_of(spec.secret);
  const auto same = std::find_if(before.begin(), before.end(), [&](const TokenSpec& other) {
    return !text.empty() && text_of(other.secret) == text;
  });
  if (same == before.end()) return;
  token.field(key)->error(ErrorCode::InvalidValue,
                          quoted(key) + " is also that of " + quoted(same->name),
                          "expected a token of its own for each name");
}

std::vector<TokenSpec> read_tokens(const MapReader& auth) {
  std::vector<TokenSpec> tokens;
  UniqueNames names;
  for (const Field& item : list_up_to(auth, "tokens", kTokensMax)) {
    const MapReader token(item, kTokenKeys);
    TokenSpec spec;
    spec.name = names.take(token);
    const auto role = token.get("role", as_role);
    spec.role = role.value_or(spec.role);
    if (role) read_pins(token, spec);
    read_secret(token, spec);
    check_secret_is_new(token, tokens, spec);
    tokens.push_back(std::move(spec));
  }
  return tokens;
}

// Tokens that nobody asks for would look like protection.
void check_mode(const MapReader& auth, std::optional<AuthMode> mode) {
  if (mode == AuthMode::None && auth.has("tokens")) {
    auth.report().error(auth.at_key("tokens"), ErrorCode::ConflictingKeys,
                        "`tokens` stands beside `mode: none`", "expected `mode: tokens`");
  }
  if (mode != AuthMode::Tokens) return;
  auth.require("tokens");
  const auto tokens = auth.field("tokens");
  const bool empty_list =
      tokens && tokens->node.kind == NodeKind::List && tokens->node.items.empty();
  if (empty_list) tokens->invalid("at least one token");
}

}  // namespace

AuthSection read_auth(const MapReader& spec) {
  const auto auth = spec.map("auth", kAuthKeys);
  if (!auth) return {};
  AuthSection section;
  section.mode = auth->choice("mode", kModes);
  section.tokens = read_tokens(*auth);
  check_mode(*auth, section.mode);
  return section;
}

}  // namespace fusebox::config::detail
