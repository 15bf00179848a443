// Completion scripts for shells. The command tree is read from CLI11 once, as a value; each shell's
// script is a pure function of it, so that no script knows a command that the program does not.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace fusebox::cli {

struct OptionWords {
  std::vector<std::string> names;  // as they are typed: "-c", "--config"
  std::string about;               // one line
  bool takes_value = false;
  std::vector<std::string> values;  // all it takes; empty if any, files then
};

struct CommandWords {
  std::string path;  // "fusebox kill list"
  std::string about;
  std::vector<OptionWords> options;
  std::vector<CommandWords> commands;
  [[nodiscard]] std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

[[nodiscard]] CommandWords words_of(const CLI::App& program);

[[nodiscard]] std::string bash_completion(const CommandWords& program);
[[nodiscard]] std::string zsh_completion(const CommandWords& program);
[[nodiscard]] std::string fish_completion(const CommandWords& program);

}  // namespace fusebox::cli
