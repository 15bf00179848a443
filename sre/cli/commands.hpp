// The subcommands. Each adds itself to the program and writes its exit code when it has run.
#pragma once

namespace CLI {
class App;
}

namespace fusebox::cli {

void add_replay(CLI::App& program, int& exit_code);
void add_validate(CLI::App& program, int& exit_code);
void add_exec(CLI::App& program, int& exit_code);
void add_policy(CLI::App& program, int& exit_code);
void add_version(CLI::App& program, int& exit_code);

// "fusebox 0.1.0"
[[nodiscard]] const char* version_text();

}  // namespace fusebox::cli
