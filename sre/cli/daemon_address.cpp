#include "sre/cli/daemon_address.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

namespace fusebox::cli {
namespace {

constexpr std::array<const char*, 2> kSockets{"/run/fusebox/fusebox.sock", "./state/fusebox.sock"};

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT: no thread has been started yet
  return value == nullptr ? "" : value;
}

Result<runtime::Endpoint> parse(const std::string& text, std::string_view from) {
  Result<runtime::Endpoint> endpoint = runtime::parse_endpoint(text);
  if (endpoint) return endpoint;
  return Unexpected{endpoint.error().code, std::string(from) + ": " + endpoint.error().message};
}

// It becomes a header field, where anything else would end it early.
Result<std::string> check_token(std::string token, const std::string& from) {
  const bool fine =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (fine && !token.empty()) return token;
  return Unexpected{ErrorCode::InvalidValue, from + ": expected one line, the token itself"};
}

}  // namespace

Result<runtime::Endpoint> find_daemon(const std::string& server) {
  if (!server.empty()) return parse(server, "--server");
  const std::string from_environment = environment("FUSEBOX_SERVER");
  if (!from_environment.empty()) return parse(from_environment, "FUSEBOX_SERVER");
  const auto found = std::find_if(kSockets.begin(), kSockets.end(), [](const char* path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
  });
  return runtime::parse_endpoint(found == kSockets.end() ? kSockets.front() : *found);
}

Result<std::string> find_token(const std::string& token_file) {
  if (token_file.empty()) {
    const std::string token = environment("FUSEBOX_TOKEN");
    return token.empty() ? Result<std::string>(token) : check_token(token, "FUSEBOX_TOKEN");
  }
  std::ifstream file(token_file);
  std::string token;
  if (!file || !std::getline(file, token)) {
    return Unexpected{ErrorCode::FileUnreadable, token_file + ": cannot be read, or is empty"};
  }
  if (token.ends_with('\r')) token.pop_back();
  return check_token(std::move(token), token_file);
}

}  // namespace fusebox::cli
