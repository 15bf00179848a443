// A daemon of the demo's own: the same program as a child process, on free ports, in a folder that
// goes with it. Real in every respect, so that it can be killed with -9.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "base/result.hpp"
#include "base/time.hpp"
#include "sre/cli/detail/child_process.hpp"
#include "sre/cli/detail/daemon_client.hpp"

namespace fusebox::cli {

class DemoDaemon {
 public:
  // Makes the folder and starts the daemon on it; returns when it is ready.
  [[nodiscard]] static Result<DemoDaemon> start(std::string_view configuration);
  DemoDaemon(DemoDaemon&&) noexcept = default;
  ~DemoDaemon();

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string socket() const { return folder_ + "/state/fusebox.sock"; }
  [[nodiscard]] const std::string& api() const { return api_; }  // "127.0.0.1:40123"
  [[nodiscard]] const std::string& otlp() const { return otlp_; }
  [[nodiscard]] int pid() const { return process_->pid(); }

  // A request to the API or, by its path, to the OTLP listener. An answer that is no 2xx is an
  // error here.
  [[nodiscard]] Result<boost::json::value> get(std::string_view target);
  [[nodiscard]] Result<boost::json::value> post(std::string_view target,
                                                const boost::json::value& body);
  // SIGKILL, and the same command again.
  [[nodiscard]] Result<void> kill_and_restart();

 private:
  explicit DemoDaemon(std::string folder) : folder_(std::move(folder)) {}
  [[nodiscard]] Result<void> launch();
  [[nodiscard]] Result<void> await_ready();
  [[nodiscard]] Result<boost::json::value> ask(const std::string& server,
                                               const runtime::HttpCall& call);

  std::string folder_;
  std::string api_;
  std::string otlp_;
  std::optional<ChildProcess> process_;
};

// The program itself, for commands that a reader can repeat and for children.
[[nodiscard]] std::string own_path();

}  // namespace fusebox::cli
