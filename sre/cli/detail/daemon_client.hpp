// How a command talks to the daemon: where it is, who asks, and what a refusal looks like.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "base/result.hpp"
#include "sre/runtime/http_client.hpp"

namespace CLI {
class App;
}

namespace fusebox::cli {

// --server and --token-file; see daemon_address.hpp for what is looked at without them.
struct DaemonOptions {
  std::string server;
  std::string token_file;
};
void add_daemon_options(CLI::App& command, DaemonOptions& options);

// What the daemon said.
struct DaemonAnswer {
  int status = 0;
  boost::json::value body;  // null if it was not JSON
  std::string text;         // the body as it came
  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
};

class DaemonClient {
 public:
  // Errors: Unreachable, and those of find_daemon and find_token.
  [[nodiscard]] static Result<DaemonClient> connect(const DaemonOptions& options);

  [[nodiscard]] Result<DaemonAnswer> get(std::string_view target);
  [[nodiscard]] Result<DaemonAnswer> post(std::string_view target, const boost::json::value& body);
  // Lines of a stream until `on_line` returns false; see HttpClient::stream_lines.
  [[nodiscard]] Result<DaemonAnswer> stream(std::string_view target,
                                            const std::function<bool(std::string_view)>& on_line,
                                            Duration silence);

 private:
  DaemonClient(runtime::HttpClient client, std::string token)
      : client_(std::move(client)), token_(std::move(token)) {}
  [[nodiscard]] Result<DaemonAnswer> ask(const runtime::HttpCall& call);
  [[nodiscard]] runtime::HttpHeaders headers() const;

  runtime::HttpClient client_;
  std::string token_;
};

// Prints what went wrong and returns the exit code: 5 for a daemon that cannot be reached, 2 for
// what it calls a wrong value, 1 for everything else it refuses.
int report_failure(const Error& error);
int report_refusal(const DaemonAnswer& answer);

}  // namespace fusebox::cli
