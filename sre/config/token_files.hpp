// Tokens as a server knows them: by digest. Reads the token files, which load() leaves alone.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "sre/config/settings.hpp"

namespace fusebox::config {

struct Token {
  std::string name;
  Role role = Role::Viewer;
  std::vector<std::string> agents;  // patterns, as in TokenSpec
  std::vector<std::string> tenants;
  killswitch::Digest digest;  // SHA-256 of the token's bytes
};

// A token file holds the token as its only line: 1 to kTokenBytesMax printable ASCII characters,
// with or without an end of line.
inline constexpr std::size_t kTokenBytesMax = 1'024;

// The tokens whose secrets are known, in the order of the configuration. Unreadable files, those
// with anything but a token, and tokens that two names share are reported at their place in the
// configuration, with `severity`: an error where a server is to start, a notice where it is only
// checked, because secrets are often elsewhere. Never tells what stands in a file. Touches the
// disk.
[[nodiscard]] std::vector<Token> read_tokens(const AuthSettings& auth, Severity severity,
                                             Diagnostics& diagnostics);

}  // namespace fusebox::config
