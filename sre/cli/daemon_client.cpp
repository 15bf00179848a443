#include "sre/cli/daemon_client.hpp"

#include <cstdlib>
#include <fstream>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"

namespace fusebox::cli {
namespace {

constexpr Duration kConnectTimeout = std::chrono::seconds{5};
// A kill waits for its terminators, so an answer may take a while.
constexpr Duration kAnswerTimeout = std::chrono::seconds{60};

std::vector<std::string> places(const DaemonOptions& options) {
  if (!options.server.empty()) return {options.server};
  if (const char* server = std::getenv("FUSEBOX_SERVER"); server != nullptr && *server != '\0') {
    return {server};
  }
  return {"/run/fusebox/fusebox.sock", "./state/fusebox.sock"};
}

Result<std::string> token_of(const DaemonOptions& options) {
  if (options.token_file.empty()) {
    const char* token = std::getenv("FUSEBOX_TOKEN");
    return std::string(token == nullptr ? "" : token);
  }
  std::ifstream file(options.token_file);
  std::string token;
  if (!std::getline(file, token) || token.empty()) {
    return Unexpected{ErrorCode::FileUnreadable,
                      options.token_file + ": no token; expected one line, the token itself"};
  }
  return token;
}

}  // namespace

void add_daemon_options(CLI::App& command, DaemonOptions& options) {
  command.add_option("--server", options.server,
                     "address or socket of the daemon; without: $FUSEBOX_SERVER,\n"
                     "/run/fusebox/fusebox.sock, ./state/fusebox.sock");
  command.add_option("--token-file", options.token_file,
                     "file with the token; without: $FUSEBOX_TOKEN");
}

Result<DaemonClient> DaemonClient::connect(const DaemonOptions& options) {
  auto token = token_of(options);
  if (!token) return Unexpected{token.error()};
  std::string tried;
  for (const std::string& place : places(options)) {
    const auto endpoint = runtime::parse_endpoint(place);
    if (!endpoint) return Unexpected{endpoint.error()};
    auto client = runtime::HttpClient::connect(*endpoint, kConnectTimeout);
    if (client) return DaemonClient(std::move(*client), place, std::move(*token));
    tried += (tried.empty() ? "" : "; ") + client.error().message;
  }
  return Unexpected{
      ErrorCode::Unreachable,
      "no daemon answers: " + tried + ". Start one with `fusebox serve`, or name it with --server"};
}

runtime::HttpHeaders DaemonClient::headers() const {
  runtime::HttpHeaders headers;
  if (!token_.empty()) headers.add("Authorization", "Bearer " + token_);
  return headers;
}

Result<DaemonAnswer> DaemonClient::ask(const runtime::HttpCall& call) {
  auto response = client_.request(call, kAnswerTimeout);
  if (!response) return Unexpected{response.error()};
  DaemonAnswer answer{.status = response->status, .body = {}, .text = std::move(response->body)};
  boost::system::error_code failed;
  answer.body = boost::json::parse(answer.text, failed);
  if (failed) answer.body = nullptr;
  return answer;
}

Result<DaemonAnswer> DaemonClient::get(std::string_view target) {
  return ask({.target = target, .headers = headers()});
}

Result<DaemonAnswer> DaemonClient::post(std::string_view target, const boost::json::value& body) {
  const std::string text = boost::json::serialize(body);
  runtime::HttpHeaders fields = headers();
  fields.add("Content-Type", "application/json");
  return ask({.method = "POST", .target = target, .headers = std::move(fields), .body = text});
}

Result<DaemonAnswer> DaemonClient::stream(std::string_view target,
                                          const std::function<bool(std::string_view)>& on_line,
                                          Duration silence) {
  auto response = client_.stream_lines(target, headers(), on_line, silence);
  if (!response) return Unexpected{response.error()};
  return DaemonAnswer{.status = response->status, .body = {}, .text = std::move(response->body)};
}

int report_failure(const Error& error) {
  print_error(error.message);
  switch (error.code) {
    case ErrorCode::Unreachable:
    case ErrorCode::TimedOut:
      return kUnreachable;
    case ErrorCode::InvalidValue:
    case ErrorCode::FileUnreadable:
      return kUsage;
    default:
      return kFailure;
  }
}

int report_refusal(const DaemonAnswer& answer) {
  std::string detail = answer.text;
  if (const auto* problem = answer.body.if_object()) {
    const auto* said = problem->if_contains("detail");
    if (said == nullptr) said = problem->if_contains("title");
    if (said != nullptr && said->is_string()) detail = said->as_string();
  }
  print_error("the daemon answers " + std::to_string(answer.status) + ": " + detail);
  return answer.status == 400 || answer.status == 404 ? kUsage : kFailure;
}

}  // namespace fusebox::cli
