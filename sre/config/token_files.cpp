#include "sre/config/token_files.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "sre/config/detail/read_file.hpp"

namespace fusebox::config {
namespace {

// Without the end of its line; nullopt if that is no token.
std::optional<std::string_view> token_of(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  const auto is_printable = [](char c) { return c > ' ' && c < '\x7f'; };
  const bool good = !text.empty() && text.size() <= kTokenBytesMax &&
                    std::all_of(text.begin(), text.end(), is_printable);
  return good ? std::optional(text) : std::nullopt;
}

class TokenReader {
 public:
  TokenReader(Severity severity, Diagnostics& out) : severity_(severity), out_(out) {}

  [[nodiscard]] std::optional<killswitch::Digest> digest_of(const TokenFile& file) const {
    constexpr std::size_t kLineEnd = 2;
    const auto text = detail::read_file(file.path, kTokenBytesMax + kLineEnd + 1);
    if (!text) {
      report(file.at, ErrorCode::FileUnreadable, "token file " + file.path + " cannot be read", "");
      return std::nullopt;
    }
    const auto token = token_of(*text);
    if (token) return killswitch::sha256(*token);
    report(file.at, ErrorCode::InvalidValue, "token file " + file.path + " holds no token",
           "expected one line of 1 to " + std::to_string(kTokenBytesMax) +
               " printable characters without blanks");
    return std::nullopt;
  }

  void report(const Place& at, ErrorCode code, std::string what, std::string expected) const {
    out_.add({.severity = severity_,
              .place = at,
              .code = code,
              .what = std::move(what),
              .expected = std::move(expected),
              .hint = {}});
  }

 private:
  Severity severity_;
  Diagnostics& out_;
};

const Token* find_digest(const std::vector<Token>& tokens, const killswitch::Digest& digest) {
  const auto found = std::find_if(tokens.begin(), tokens.end(),
                                  [&](const Token& token) { return token.digest == digest; });
  return found == tokens.end() ? nullptr : &*found;
}

// One secret under two names would be one person who counts as two. Two digests that are equal are
// load()'s to report, so one of the two is a file; `files` has the place of each token's.
void check_shared(const TokenReader& reader, const std::vector<Token>& tokens,
                  const std::vector<const TokenFile*>& files) {
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    const Token* first = find_digest(tokens, tokens[i].digest);
    const auto index = static_cast<std::size_t>(first - tokens.data());
    const TokenFile* file = files[i] != nullptr ? files[i] : files[index];
    if (index == i || file == nullptr) continue;
    reader.report(file->at, ErrorCode::InvalidValue,
                  "`" + first->name + "` and `" + tokens[i].name + "` have the same token",
                  "expected a token of its own for each name");
  }
}

}  // namespace

std::vector<Token> read_tokens(const AuthSettings& auth, Severity severity,
                               Diagnostics& diagnostics) {
  const TokenReader reader(severity, diagnostics);
  std::vector<Token> tokens;
  std::vector<const TokenFile*> files;
  for (const TokenSpec& spec : auth.tokens) {
    const auto* file = std::get_if<TokenFile>(&spec.secret);
    const auto digest = file != nullptr ? reader.digest_of(*file)
                                        : std::optional(std::get<killswitch::Digest>(spec.secret));
    if (!digest) continue;
    tokens.push_back({.name = spec.name,
                      .role = spec.role,
                      .agents = spec.agents,
                      .tenants = spec.tenants,
                      .digest = *digest});
    files.push_back(file);
  }
  check_shared(reader, tokens, files);
  return tokens;
}

}  // namespace fusebox::config
