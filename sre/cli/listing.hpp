// Commands that show a list the daemon has.
#pragma once

#include <string_view>

namespace CLI {
class App;
}

namespace fusebox::cli {

// slo, breakers, limits, agents or approvals; what acts on one of the rows is added to it.
CLI::App* add_listing(CLI::App& program, std::string_view name, int& exit_code);
// kill list
void add_kill_list(CLI::App& kill, int& exit_code);

}  // namespace fusebox::cli
