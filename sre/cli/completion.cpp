#include "sre/cli/completion.hpp"

#include <iostream>

#include <CLI/CLI.hpp>

#include "sre/cli/commands.hpp"
#include "sre/cli/exit_code.hpp"

namespace fusebox::cli {
namespace {

// Descriptions are wrapped for --help; a shell shows one line.
std::string one_line(std::string text) {
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

// CLI11 shows a closed set of values as `TEXT:{run,stop}` and in no other place.
std::vector<std::string> values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t begin = type.find('{');
  if (begin == std::string::npos || type.back() != '}') return {};
  return CLI::detail::split(type.substr(begin + 1, type.size() - begin - 2), ',');
}

OptionWords option_words(const CLI::Option& option) {
  OptionWords words{.names = {},
                    .about = one_line(option.get_description()),
                    .takes_value = option.get_items_expected_max() > 0,
                    .values = values_of(option)};
  for (const std::string& name : option.get_snames()) words.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) words.names.push_back("--" + name);
  return words;
}

// CLI11 leaves what has no group out of --help.
template <class Named>
bool is_hidden(const Named& named) {
  return named.get_group().empty();
}

CommandWords words_below(const CLI::App& command, const std::string& parent) {
  CommandWords words{.path = parent + command.get_name(),
                     .about = one_line(command.get_description()),
                     .options = {},
                     .commands = {}};
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional() && !is_hidden(*option))
      words.options.push_back(option_words(*option));
  }
  const auto is_shown = [](const CLI::App* each) { return !is_hidden(*each); };
  for (const CLI::App* each : command.get_subcommands(is_shown)) {
    words.commands.push_back(words_below(*each, words.path + " "));
  }
  return words;
}

using Writer = std::string (*)(const CommandWords&);

void add_shell(CLI::App& completion, const char* shell, Writer write, int& exit_code) {
  auto* command = add_command(completion, shell, std::string("The script for ") + shell);
  // The tree is read when it is complete: commands may be added after this one.
  command->callback([&completion, write, &exit_code] {
    std::cout << write(words_of(*completion.get_parent())) << std::flush;
    exit_code = std::cout ? kSuccess : kFailure;
  });
}

}  // namespace

CommandWords words_of(const CLI::App& program) { return words_below(program, ""); }

void add_completion(CLI::App& program, int& exit_code) {
  auto* command = add_command(program, "completion", "Print a script that completes in a shell");
  command->require_subcommand(1);
  add_shell(*command, "bash", bash_completion, exit_code);
  add_shell(*command, "zsh", zsh_completion, exit_code);
  add_shell(*command, "fish", fish_completion, exit_code);
  command->footer(
      "Examples:\n"
      "  source <(fusebox completion bash)                 # or in ~/.bashrc\n"
      "  source <(fusebox completion zsh)                  # in ~/.zshrc, after compinit\n"
      "  fusebox completion fish > ~/.config/fish/completions/fusebox.fish\n");
}

}  // namespace fusebox::cli
