#include <iostream>

#include <CLI/CLI.hpp>

#include "base/json_writer.hpp"
#include "sre/cli/commands.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/config/scenario.hpp"
#include "sre/config/token_files.hpp"

namespace fusebox::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool json = false;
};

void print_json(const Diagnostics& diagnostics) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("valid", !diagnostics.has_errors());
  json.key("diagnostics");
  json.begin_array();
  for (const Diagnostic& each : diagnostics.all()) {
    json.begin_object();
    json.field("severity", each.severity == Severity::Error ? "error" : "notice");
    json.field("file", each.place.file);
    json.field("line", static_cast<std::int64_t>(each.place.line));
    json.field("column", static_cast<std::int64_t>(each.place.column));
    json.field("code", code_text(each.code));
    json.field("what", each.what);
    json.field("expected", each.expected);
    json.field("hint", each.hint);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  std::cout << out << "\n";
}

// What scenarios name is looked for in the files beside them. It may as well stand in the
// configuration that they will run under, so what is missing here is no mistake. Their own mistakes
// are load()'s.
std::size_t check_scenarios(const std::vector<config::Source>& sources,
                            const engine::EngineSpec& engine, Diagnostics& diagnostics) {
  Diagnostics known;
  const auto scenarios = config::load_scenarios(sources, known);
  for (const config::ScenarioFile& scenario : scenarios) {
    config::check_references(scenario, engine, diagnostics, Severity::Notice);
  }
  return scenarios.size();
}

std::string valid_text(const engine::EngineSpec& engine, std::size_t scenarios) {
  std::string text = "valid: " + std::to_string(engine.slos.size()) + " SLOs, " +
                     std::to_string(engine.breakers.size()) + " breakers, " +
                     std::to_string(engine.limits.size()) + " limits, " +
                     std::to_string(engine.policies.size()) + " policies";
  if (scenarios > 0) {
    text += ", " + std::to_string(scenarios) + (scenarios == 1 ? " scenario" : " scenarios");
  }
  return text;
}

int validate(const Options& options) {
  Diagnostics diagnostics;
  const auto sources = config::read_sources(options.paths, diagnostics);
  // What could be read is checked even if another file could not.
  const auto loaded = config::load(sources, diagnostics);
  // Secrets are often elsewhere than where a configuration is checked.
  std::size_t scenarios = 0;
  if (loaded) {
    scenarios = check_scenarios(sources, loaded->engine, diagnostics);
    static_cast<void>(config::read_tokens(loaded->settings.auth, Severity::Notice, diagnostics));
  }
  diagnostics.sort();
  if (options.json) {
    print_json(diagnostics);
  } else {
    print_diagnostics(diagnostics);
  }
  if (diagnostics.has_errors() || !loaded) {
    if (!options.json) {
      std::cerr << diagnostics.error_count() << " error"
                << (diagnostics.error_count() == 1 ? "" : "s") << "\n";
    }
    return kUsage;
  }
  if (!options.json) std::cout << valid_text(loaded->engine, scenarios) << "\n";
  return kSuccess;
}

}  // namespace

void add_validate(CLI::App& program, int& exit_code) {
  auto* command = add_command(program, "validate", "Check configuration and scenario files");
  auto options = std::make_shared<Options>();
  command->add_option("PATH", options->paths, "files, or folders of *.yaml and *.yml")->required();
  command->add_flag("--json", options->json, "print the diagnostics as JSON");
  command->footer(
      "Every mistake of every file is printed as file:line:col: error[E0102]: what; expected; "
      "hint.\nExit codes: 0 valid, 2 not valid.\n\n"
      "Examples:\n  fusebox validate fusebox.yaml\n  fusebox validate --json configs/\n"
      "  fusebox validate scenarios/provider-brownout.yaml\n");
  command->callback([options, &exit_code] { exit_code = validate(*options); });
}

}  // namespace fusebox::cli
