// fusebox: reliability and chaos engine for fleets of AI agents. One file per subcommand.
#include <csignal>

#include <CLI/CLI.hpp>

#include "sre/cli/commands.hpp"
#include "sre/cli/exit_code.hpp"

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
      "  fusebox validate fusebox.yaml\n"
      "  fusebox replay -c fusebox.yaml journal.ndjson\n"
      "\n"
      "Exit codes: 0 success, 1 failure, 2 wrong arguments or invalid input.\n"
      "`fusebox COMMAND --help` tells more about a command.\n");
  int exit_code = kSuccess;
  add_replay(program, exit_code);
  add_validate(program, exit_code);
  add_policy(program, exit_code);
  add_version(program, exit_code);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kSuccess : kUsage;
  }
  return exit_code;
}
