#include <utility>

#include <CLI/CLI.hpp>

#include "sre/cli/commands.hpp"

namespace fusebox::cli {

CLI::App* add_command(CLI::App& parent, std::string name, std::string about) {
  return parent.add_subcommand(std::move(name), std::move(about));
}

}  // namespace fusebox::cli
