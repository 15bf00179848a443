// Each script walks the words before the cursor down the command tree, and offers what may follow.
// The walk is the same in the three shells: a word that names a sub-command goes one level down, an
// option with a value swallows the next word, `--` ends it, and every other word is an argument.
#include <functional>

#include "sre/cli/completion.hpp"

namespace fusebox::cli {
namespace {

// In single quotes, as bash and zsh read them; fish reads the same where no backslash stands.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += separator;
    out += word;
  }
  return out;
}

void each_command(const CommandWords& from, const std::function<void(const CommandWords&)>& visit) {
  visit(from);
  for (const CommandWords& below : from.commands) each_command(below, visit);
}

// `'fusebox kill --reason'` for every option that takes a value.
std::vector<std::string> swallowing(const CommandWords& program) {
  std::vector<std::string> out;
  each_command(program, [&](const CommandWords& at) {
    for (const OptionWords& option : at.options) {
      if (!option.takes_value) continue;
      for (const std::string& name : option.names) out.push_back(quoted(at.path + " " + name));
    }
  });
  return out;
}

// `'fusebox kill'` for every command below the program.
std::vector<std::string> paths(const CommandWords& program) {
  std::vector<std::string> out;
  each_command(program, [&](const CommandWords& at) {
    if (&at != &program) out.push_back(quoted(at.path));
  });
  return out;
}

std::vector<std::string> option_names(const CommandWords& at) {
  std::vector<std::string> out;
  for (const OptionWords& option : at.options) {
    out.insert(out.end(), option.names.begin(), option.names.end());
  }
  return out;
}

std::vector<std::string> command_names(const CommandWords& at) {
  std::vector<std::string> out;
  for (const CommandWords& each : at.commands) out.push_back(each.name());
  return out;
}

// One arm of a `case` for each option with a closed set of values.
std::string value_arms(const CommandWords& program, std::string_view before,
                       std::string_view after) {
  std::string out;
  each_command(program, [&](const CommandWords& at) {
    for (const OptionWords& option : at.options) {
      if (option.values.empty()) continue;
      for (const std::string& name : option.names) {
        out += "    " + quoted(at.path + " " + name) + ") " + std::string(before) +
               joined(option.values, " ") + std::string(after) + " ;;\n";
      }
    }
  });
  return out;
}

// The walk as bash and zsh both read it; `words` and its bounds are the shell's.
std::string shell_walk(const CommandWords& program, std::string_view loop, std::string_view word) {
  std::string out;
  out += "  local at=" + program.path + " word i value_of=\n";
  out += "  for " + std::string(loop) + "; do\n";
  out += "    word=" + std::string(word) + "\n";
  out += "    if [[ $value_of && $word != '=' ]]; then value_of=; continue; fi\n";
  out += "    case \"$at $word\" in\n";
  out += "      *' --') at=; break ;;\n";
  out += "      " + joined(swallowing(program), "|\\\n      ") + ") value_of=$word ;;\n";
  out += "      " + joined(paths(program), "|\\\n      ") + ") at=\"$at $word\" ;;\n";
  out += "    esac\n  done\n";
  return out;
}

std::string zsh_row(std::string_view name, std::string_view about) {
  std::string row;
  for (const char c : name) row += c == ':' ? std::string("\\:") : std::string(1, c);
  return quoted(row + ":" + std::string(about));
}

std::string zsh_arm(const CommandWords& at) {
  std::string commands;
  std::string options;
  for (const CommandWords& each : at.commands) {
    commands += " " + zsh_row(each.name(), each.about);
  }
  for (const OptionWords& option : at.options) {
    for (const std::string& name : option.names) options += " " + zsh_row(name, option.about);
  }
  return "    " + quoted(at.path) + ")\n      commands=(" + commands + " )\n      options=(" +
         options + " ) ;;\n";
}

// fish has no `\` before what is special in '…' other than ' and \ themselves.
std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_rows(const CommandWords& at) {
  const std::string here = "complete -c fusebox -n \"__fusebox_at '" + at.path + "'\"";
  std::string out;
  for (const CommandWords& each : at.commands) {
    out += here + " -f -a " + each.name() + " -d " + fish_quoted(each.about) + "\n";
  }
  for (const OptionWords& option : at.options) {
    out += here;
    for (const std::string& name : option.names) {
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    if (option.takes_value) out += " -r";
    if (!option.values.empty()) out += " -f -a " + fish_quoted(joined(option.values, " "));
    out += " -d " + fish_quoted(option.about) + "\n";
  }
  return out;
}

}  // namespace

std::string bash_completion(const CommandWords& program) {
  std::string out = "# bash completion for fusebox; source <(fusebox completion bash)\n";
  out += "_fusebox() {\n  COMPREPLY=()\n";
  out += shell_walk(program, "((i = 1; i < COMP_CWORD; i++))", "${COMP_WORDS[i]}");
  out += "  local current=${COMP_WORDS[COMP_CWORD]} offered= options= values=\n";
  out += "  [[ $current == '=' ]] && current=\n";
  out += "  case $at in\n";
  each_command(program, [&](const CommandWords& at) {
    out += "    " + quoted(at.path) + ") offered=" + quoted(joined(command_names(at), " ")) +
           "\n      options=" + quoted(joined(option_names(at), " ")) + " ;;\n";
  });
  out += "  esac\n";
  out += "  case \"$at $value_of\" in\n" + value_arms(program, "values='", "'") + "  esac\n";
  out += "  if [[ $value_of ]]; then offered=$values\n";
  out += "  elif [[ $current == -* ]]; then offered=$options\n  fi\n";
  out += "  if [[ $offered ]]; then mapfile -t COMPREPLY < <(compgen -W \"$offered\" -- ";
  out += "\"$current\")\n";
  // Outside of a completion there are no options to set, and nobody to offer files to.
  out += "  else compopt -o default 2>/dev/null\n  fi\n";
  out += "  return 0\n}\ncomplete -F _fusebox fusebox\n";
  return out;
}

std::string zsh_completion(const CommandWords& program) {
  std::string out = "#compdef fusebox\n# zsh completion; source <(fusebox completion zsh)\n";
  out += "_fusebox() {\n";
  out += shell_walk(program, "((i = 2; i < CURRENT; i++))", "$words[i]");
  out += "  local -a commands options values\n";
  out += "  case $at in\n";
  each_command(program, [&](const CommandWords& at) { out += zsh_arm(at); });
  out += "  esac\n";
  out += "  case \"$at $value_of\" in\n" + value_arms(program, "values=(", ")") + "  esac\n";
  out += "  if [[ -n $value_of ]]; then\n";
  out += "    if (( $#values )); then compadd -- $values; else _files; fi\n";
  out += "  elif [[ $words[CURRENT] == -* ]]; then _describe option options\n";
  out += "  elif (( $#commands )); then _describe command commands\n";
  out += "  else _files\n  fi\n}\n";
  // Autoloaded from fpath the file is the function's body; sourced it has to be registered.
  out += "if [[ $funcstack[1] == _fusebox ]]; then _fusebox \"$@\"; ";
  out += "else compdef _fusebox fusebox; fi\n";
  return out;
}

std::string fish_completion(const CommandWords& program) {
  std::string out = "# fish completion for fusebox\n";
  out += "function __fusebox_at\n  set -l at " + program.path + "\n  set -l value_of\n";
  out += "  for word in (commandline -opc)[2..-1]\n";
  out += "    if test -n \"$value_of\"\n      set value_of\n      continue\n    end\n";
  out += "    switch \"$at $word\"\n";
  out += "      case '* --'\n        return 1\n";
  out += "      case " + joined(swallowing(program), " \\\n        ") +
         "\n        set value_of $word\n";
  out += "      case " + joined(paths(program), " \\\n        ") +
         "\n        set at \"$at $word\"\n    end\n  end\n";
  out += "  test \"$at\" = \"$argv[1]\"\nend\n";
  each_command(program, [&](const CommandWords& at) { out += fish_rows(at); });
  return out;
}

}  // namespace fusebox::cli
