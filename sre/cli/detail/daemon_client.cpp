#include "sre/cli/detail/daemon_client.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sre/cli/daemon_address.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"

namespace fusebox::cli {
namespace {

constexpr Duration kConnectTimeout = std::chrono::seconds{5};
// A kill waits for its terminators, so an answer may take a while.
constexpr Duration kAnswerTimeout = std::chrono::seconds{60};

}  // namespace

void add_daemon_options(CLI::App& command, DaemonOptions& options) {
  command.add_option("--server", options.server,
                     "address or socket of the daemon; without: $FUSEBOX_SERVER,\n"
                     "/run/fusebox/fusebox.sock, ./state/fusebox.sock");
  command.add_option("--token-file", options.token_file,
                     "file with the token; without: $FUSEBOX_TOKEN");
}

Result<DaemonClient> DaemonClient::connect(const DaemonOptions& options) {
  auto token = find_token(options.token_file);
  if (!token) return Unexpected{token.error()};
  const auto endpoint = find_daemon(options.server);
  if (!endpoint) return Unexpected{endpoint.error()};
  auto client = runtime::HttpClient::connect(*endpoint, kConnectTimeout);
  if (client) return DaemonClient(std::move(*client), std::move(*token));
  return Unexpected{ErrorCode::Unreachable,
                    "no daemon answers: " + client.error().message +
                        "; start one with `fusebox serve`, or name it with --server"};
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
