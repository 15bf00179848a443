// fusebox: reliability and chaos engine for fleets of AI agents. One file per subcommand.
#include <algorithm>
#include <csignal>
#include <iterator>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

#include "sre/cli/commands.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/listing.hpp"
#include "sre/cli/load_files.hpp"

namespace {

// Commands that the design names and that are not built yet: refused by name, not as unknown words.
constexpr std::string_view kLater[] = {"incidents", "doctor", "gate", "token",
                                       "mcp",       "hook",   "top"};

bool comes_later(std::string_view word) {
  return std::find(std::begin(kLater), std::end(kLater), word) != std::end(kLater);
}

bool is_command(const CLI::App& program, std::string_view word) {
  const auto commands = program.get_subcommands([](const CLI::App*) { return true; });
  return std::any_of(commands.begin(), commands.end(),
                     [word](const CLI::App* each) { return each->get_name() == word; });
}

}  // namespace

int main(int argc, char** argv) {
  using namespace fusebox::cli;
  // A reader that goes away (`| head`) is an error of write(), not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App program{"Reliability and chaos engine for fleets of AI agents.", "fusebox"};
  program.set_version_flag("--version", version_text());
  program.get_formatter()->column_width(26);
  program.require_subcommand(1);
  program.footer(
      "Examples:\n"
      "  fusebox demo\n"
      "  fusebox serve -c fusebox.yaml\n"
      "  fusebox kill agent:bot --reason 'spends without end'\n"
      "  fusebox validate fusebox.yaml\n"
      "  fusebox replay -c fusebox.yaml journal.ndjson\n"
      "\n"
      "Exit codes: 0 success, 1 failure, 2 wrong arguments or invalid input, 5 no daemon.\n"
      "`fusebox COMMAND --help` tells more about a command.\n");
  int exit_code = kSuccess;
  add_serve(program, exit_code);
  add_demo(program, exit_code);
  add_listing(program, "slo", exit_code);
  add_breaker_orders(*add_listing(program, "breakers", exit_code), exit_code);
  add_limit_orders(*add_listing(program, "limits", exit_code), exit_code);
  add_listing(program, "agents", exit_code);
  add_approval_orders(*add_listing(program, "approvals", exit_code), exit_code);
  add_check(program, exit_code);
  add_kill(program, exit_code);
  add_rearm(program, exit_code);
  add_audit(program, exit_code);
  add_explain(program, exit_code);
  add_replay(program, exit_code);
  add_chaos(program, exit_code);
  add_validate(program, exit_code);
  add_policy(program, exit_code);
  add_exec(program, exit_code);
  add_export(program, exit_code);
  add_completion(program, exit_code);
  add_version(program, exit_code);
  if (argc > 1 && comes_later(argv[1])) {
    print_error(std::string("`") + argv[1] + "` is not built yet; `fusebox --help` lists what is");
    return kUsage;
  }
  if (argc > 1 && argv[1][0] != '-' && !is_command(program, argv[1])) {
    print_error(std::string("there is no command `") + argv[1] +
                "`; `fusebox --help` lists what there is");
    return kUsage;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kSuccess : kUsage;
  }
  return exit_code;
}
