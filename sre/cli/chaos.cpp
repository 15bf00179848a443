// chaos: scenarios, what they will do, and what they came to. chaos_run.cpp has `run`.
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/json_writer.hpp"
#include "chaos/explain.hpp"
#include "sre/cli/commands.hpp"
#include "sre/cli/detail/chaos_run.hpp"
#include "sre/cli/detail/scenario_files.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/cli/output.hpp"
#include "sre/cli/table.hpp"

namespace fusebox::cli {
namespace {

struct ListOptions {
  std::vector<std::string> paths;
  bool json = false;
};

// "slow_ttft, in_stream_error": each type once, in the order declared.
std::string fault_types(const chaos::Scenario& scenario) {
  std::vector<std::string_view> seen;
  std::string text;
  for (const chaos::Stage& stage : scenario.stages) {
    for (const chaos::FaultSpec& fault : stage.faults) {
      const std::string_view name = chaos::kFaultTypeNames[static_cast<std::size_t>(fault.type())];
      if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
      seen.push_back(name);
      text += (text.empty() ? "" : ", ") + std::string(name);
    }
  }
  return text;
}

void print_table(const std::vector<ListedScenario>& scenarios) {
  Table table({{"SCENARIO"}, {"LENGTH", true}, {"FAULTS"}, {"TITLE"}, {"FROM"}});
  for (const ListedScenario& each : scenarios) {
    table.add({{each.scenario.name, Style::Bold},
               {format_duration(each.scenario.duration())},
               {fault_types(each.scenario)},
               {each.scenario.title},
               {each.source, Style::Dim}});
  }
  std::string out;
  table.append_to(out, wants_colour(stdout), 0);
  std::cout << out;
}

void print_json(const std::vector<ListedScenario>& scenarios) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("scenarios");
  json.begin_array();
  for (const ListedScenario& each : scenarios) {
    json.begin_object();
    json.field("name", each.scenario.name);
    json.field("title", each.scenario.title);
    json.field("owner", each.scenario.owner);
    json.field("incident", each.scenario.incident);
    json.field("duration", format_duration(each.scenario.duration()));
    json.field("faults", fault_types(each.scenario));
    json.field("scenario_hash", each.scenario.hash);
    json.field("source", each.source);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  std::cout << out << "\n";
}

int list(const ListOptions& options) {
  const auto scenarios = list_scenarios(options.paths);
  if (!scenarios) return kUsage;
  options.json ? print_json(*scenarios) : print_table(*scenarios);
  return kSuccess;
}

void add_chaos_list(CLI::App& chaos, int& exit_code) {
  auto* command = add_command(chaos, "list", "Scenarios: those that come along, or of PATH");
  auto options = std::make_shared<ListOptions>();
  command->add_option("PATH", options->paths, "files or folders with documents of kind Scenario");
  command->add_flag("--json", options->json, "print them as JSON");
  command->footer("Examples:\n  fusebox chaos list\n  fusebox chaos list scenarios/ --json\n");
  command->callback([options, &exit_code] { exit_code = list(*options); });
}

void add_chaos_explain(CLI::App& chaos, int& exit_code) {
  auto* command =
      add_command(chaos, "explain",
                  "What a scenario will do, to whom, what stops it, and what its verdict needs");
  auto scenario = std::make_shared<std::string>();
  auto config_paths = std::make_shared<std::vector<std::string>>();
  command->add_option("SCENARIO", *scenario, "a file, or the name of one that comes along")
      ->required();
  command->add_option("-c,--config", *config_paths, "the configuration that it names SLOs of");
  command->footer("Example:\n  fusebox chaos explain provider-brownout\n");
  command->callback([scenario, config_paths, &exit_code] {
    const auto loaded = load_scenario(*scenario, *config_paths);
    exit_code = loaded ? kSuccess : kUsage;
    if (loaded) std::cout << chaos::explain(loaded->file.scenario, loaded->slos);
  });
}

// Named by the contract; there is nothing live to abort yet.
void add_chaos_abort(CLI::App& chaos, int& exit_code) {
  auto* command = add_command(chaos, "abort", "");
  command->group("");  // not in the help
  command->allow_extras();
  command->callback([&exit_code] {
    print_error(
        "`chaos abort` comes later, with live runs; a simulation ends by Ctrl-C and harms nobody");
    exit_code = kUsage;
  });
}

}  // namespace

void add_chaos(CLI::App& program, int& exit_code) {
  auto* command = add_command(program, "chaos", "Run fault scenarios and judge them");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n"
      "  fusebox chaos list\n"
      "  fusebox chaos explain provider-brownout\n"
      "  fusebox chaos run provider-brownout --report report/\n");
  add_chaos_run(*command, exit_code);
  add_chaos_list(*command, exit_code);
  add_chaos_explain(*command, exit_code);
  add_chaos_abort(*command, exit_code);
}

}  // namespace fusebox::cli
