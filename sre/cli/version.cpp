#include <iostream>

#include <CLI/CLI.hpp>

#include "sre/cli/commands.hpp"
#include "sre/cli/exit_code.hpp"

namespace fusebox::cli {

const char* version_text() { return "fusebox " FUSEBOX_VERSION; }

void add_version(CLI::App& program, int& exit_code) {
  auto* command = add_command(program, "version", "Print the version");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "as JSON");
  command->footer("Example:\n  fusebox version --json\n");
  command->callback([json, &exit_code] {
    if (*json) {
      std::cout << R"({"version":")" FUSEBOX_VERSION R"(","compiler":")" __VERSION__ "\"}\n";
    } else {
      std::cout << version_text() << "\n";
    }
    exit_code = kSuccess;
  });
}

}  // namespace fusebox::cli
