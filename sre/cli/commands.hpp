// The subcommands. Each adds itself to the program and writes its exit code when it has run.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace fusebox::cli {

// A new subcommand, which `parent` owns; never null. CLI11 is headers alone: every unit that made
// one itself would compile the parser and the help again, a quarter of its time.
CLI::App* add_command(CLI::App& parent, std::string name, std::string about);

void add_serve(CLI::App& program, int& exit_code);
void add_demo(CLI::App& program, int& exit_code);
void add_chaos(CLI::App& program, int& exit_code);
void add_check(CLI::App& program, int& exit_code);
void add_kill(CLI::App& program, int& exit_code);
void add_rearm(CLI::App& program, int& exit_code);
void add_audit(CLI::App& program, int& exit_code);
// Actions on the rows of a listing (listing.hpp): breakers force, limits raise, approvals grant and
// deny.
void add_breaker_orders(CLI::App& breakers, int& exit_code);
void add_limit_orders(CLI::App& limits, int& exit_code);
void add_approval_orders(CLI::App& approvals, int& exit_code);
void add_explain(CLI::App& program, int& exit_code);
void add_replay(CLI::App& program, int& exit_code);
void add_validate(CLI::App& program, int& exit_code);
void add_export(CLI::App& program, int& exit_code);
void add_exec(CLI::App& program, int& exit_code);
void add_policy(CLI::App& program, int& exit_code);
void add_completion(CLI::App& program, int& exit_code);
void add_version(CLI::App& program, int& exit_code);

// "fusebox 0.1.0"
[[nodiscard]] const char* version_text();

}  // namespace fusebox::cli
