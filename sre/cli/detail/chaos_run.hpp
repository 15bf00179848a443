// chaos run: a scenario in virtual time, once or over many seeds, with its reports.
#pragma once

namespace CLI {
class App;
}

namespace fusebox::cli {

void add_chaos_run(CLI::App& chaos, int& exit_code);

}  // namespace fusebox::cli
