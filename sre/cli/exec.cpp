#include <cstdio>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/text.hpp"
#include "sre/cli/commands.hpp"
#include "sre/cli/daemon_address.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/cli/output.hpp"
#include "sre/runtime/process_supervisor.hpp"

namespace fusebox::cli {
namespace {

// As after a SIGKILL, whatever the command made of its SIGTERM: what an order ended did not
// succeed.
constexpr int kStopped = 137;

constexpr const char* kFooter =
    "Registers with the daemon, starts the command and ends it, with all it started, when a stop\n"
    "order covers it: SIGTERM, after --grace SIGKILL, until the kernel says that nothing is left.\n"
    "Signals go on to the command; ^Z does nothing. What the command leaves behind when it ends "
    "is\n"
    "waited for, because orders are for it too.\n"
    "Exit codes: the command's own; 128+N if signal N ended it; 137 if a stop order or the lease\n"
    "ended it or an order stands against it; 5 not started, no daemon; 1 not started, the daemon\n"
    "refuses it; 126, 127 the command cannot be started or found; 2 wrong arguments.\n\n"
    "Examples:\n"
    "  fusebox exec --agent research-bot -- python agent.py\n"
    "  fusebox exec --agent bot --tenant acme --on-unreachable run --lease 30s -- ./bot\n";

struct Options {
  std::string program;
  std::vector<std::string> command;
  std::string agent;
  std::string tenant;
  std::string session;
  std::string server;
  std::string token_file;
  std::string on_unreachable = "stop";
  std::string grace = "5s";
  std::string lease;
  bool no_cgroup = false;
  bool verbose = false;
};

void print_line(std::string_view text) {
  std::string line = "fusebox: ";
  append_visible(line, text);
  line += "\n";
  // One write, so that it is not mixed with what the command prints.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int exit_code_of(const runtime::SupervisionEnd& end) {
  using Kind = runtime::SupervisionEnd::Kind;
  switch (end.kind) {
    case Kind::CommandEnded:
    case Kind::StartFailed:
    case Kind::Interrupted:
      return end.code;
    case Kind::StoppedByOrder:
    case Kind::LeaseExpired:
      return kStopped;
    case Kind::Unreachable:
      return kUnreachable;
    case Kind::Refused:
      return kFailure;
  }
  return kFailure;
}

// Reports a wrong option and returns nothing.
std::nullopt_t wrong(const std::string& text) {
  print_error(text);
  return std::nullopt;
}

std::optional<Duration> duration_of(const char* option, const std::string& text) {
  const Result<Duration> duration = parse_duration(text);
  if (duration) return *duration;
  return wrong(std::string(option) + ": " + duration.error().message);
}

// The names become JSON, which is UTF-8.
bool is_name(const std::string& text) { return !find_invalid_utf8(text); }

std::optional<runtime::SupervisedCommand> command_of(const Options& options) {
  runtime::SupervisedCommand command{.argv = options.command,
                                     .agent = options.agent,
                                     .tenant = options.tenant,
                                     .session = options.session,
                                     .on_unreachable = options.on_unreachable == "run"
                                                           ? runtime::OnUnreachable::Run
                                                           : runtime::OnUnreachable::Stop,
                                     .cgroup = !options.no_cgroup};
  if (command.agent.empty()) {
    command.agent = options.command.front().substr(options.command.front().rfind('/') + 1);
  }
  if (command.agent.empty() || !is_name(command.agent)) return wrong("--agent: expected a name");
  if (!is_name(command.tenant)) return wrong("--tenant: expected a name");
  if (!is_name(command.session)) return wrong("--session: expected a name");

  const Result<runtime::Endpoint> server = find_daemon(options.server);
  if (!server) return wrong(server.error().message);
  const Result<std::string> token = find_token(options.token_file);
  if (!token) return wrong(token.error().message);
  const std::optional<Duration> grace = duration_of("--grace", options.grace);
  if (!grace) return std::nullopt;
  if (!options.lease.empty()) {
    command.lease = duration_of("--lease", options.lease);
    if (!command.lease) return std::nullopt;
    if (*command.lease == Duration::zero()) return wrong("--lease: expected more than nothing");
  }
  command.server = *server;
  command.token = *token;
  command.grace = *grace;
  return command;
}

// CLI11 takes "[a,b]" for a list wherever it collects several words, so it is given the first
// alone; the rest is what it calls remaining, beginning with the `--`.
int exec(Options options, const std::vector<std::string>& remaining) {
  if (options.program.empty() || remaining.empty() || remaining.front() != "--") {
    const bool unknown = !remaining.empty() && remaining.front() != "--";
    print_error((unknown ? remaining.front() + " is not expected here; " : "") +
                "the command comes after `--`: fusebox exec --agent NAME -- CMD");
    return kUsage;
  }
  options.command = {options.program};
  options.command.insert(options.command.end(), remaining.begin() + 1, remaining.end());
  const std::optional<runtime::SupervisedCommand> command = command_of(options);
  if (!command) return kUsage;
  const runtime::SupervisorLog log{.notice = print_line,
                                   .detail = [&options](std::string_view text) {
                                     if (options.verbose) print_line(text);
                                   }};
  const Result<runtime::SupervisionEnd> end = runtime::supervise(*command, log);
  if (end) return exit_code_of(*end);
  print_error(end.error().message);
  return kFailure;
}

}  // namespace

void add_exec(CLI::App& program, int& exit_code) {
  auto* command = add_command(program, "exec", "Run an agent so that a stop order ends it");
  auto options = std::make_shared<Options>();
  command->add_option("CMD", options->program, "the command, after `--`; its arguments follow it");
  command->prefix_command();
  command->add_option("--agent", options->agent, "its name; else the command's file name");
  command->add_option("--tenant", options->tenant, "whose it is");
  command->add_option("--session", options->session, "the session it serves");
  command->add_option("--server", options->server,
                      "the daemon: HOST:PORT or a socket's path; else $FUSEBOX_SERVER, "
                      "/run/fusebox/fusebox.sock, ./state/fusebox.sock");
  command->add_option("--token-file", options->token_file,
                      "a file with the token; else $FUSEBOX_TOKEN");
  command
      ->add_option("--on-unreachable", options->on_unreachable,
                   "no daemon at the start: `run` without it, or `stop`")
      ->check(CLI::IsMember({"run", "stop"}))
      ->capture_default_str();
  command->add_option("--grace", options->grace, "from SIGTERM to SIGKILL, at most")
      ->capture_default_str();
  command->add_option("--lease", options->lease,
                      "end the command when the daemon is away for so long; else it goes on");
  command->add_flag("--no-cgroup", options->no_cgroup, "do not create a cgroup for it");
  command->add_flag("--verbose", options->verbose, "say what it runs in");
  command->footer(kFooter);
  command->callback(
      [command, options, &exit_code] { exit_code = exec(*options, command->remaining()); });
}

}  // namespace fusebox::cli
