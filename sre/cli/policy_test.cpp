#include <iostream>

#include <CLI/CLI.hpp>

#include "base/json_writer.hpp"
#include "sre/cli/commands.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/cli/output.hpp"
#include "sre/engine/engine.hpp"
#include "telemetry/journal.hpp"

namespace fusebox::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool json = false;
};

struct Outcome {
  std::string name;
  std::string failure;  // "" if it passed
};

// Says what differs, in the words of the file.
void compare(std::string& failure, std::string_view field,
             const std::optional<std::string>& expected, std::string_view actual) {
  if (!expected || *expected == actual) return;
  if (!failure.empty()) failure += ", ";
  failure += std::string(field) + " is " + (actual.empty() ? "absent" : std::string(actual)) +
             ", expected " + *expected;
}

std::string compare(const config::PolicyExpectation& expected,
                    const telemetry::DecisionRecord& decision) {
  std::string failure;
  const bool objected = decision.reason != policy::Reason::None;
  compare(failure, "effect", expected.effect, policy::name_of(decision.effect));
  compare(failure, "gate", expected.gate, objected ? policy::name_of(decision.gate) : "");
  compare(failure, "reason", expected.reason, policy::name_of(decision.reason));
  compare(failure, "rule", expected.rule, decision.rule);
  return failure;
}

// Each test asks a fresh engine, so that no test depends on another. The time is the epoch: rules
// on requests cannot see it.
std::string run_one(const engine::EngineSpec& spec, const config::PolicyExpectation& test) {
  telemetry::JournalDecoder decoder;
  const auto input = decoder.decode_check(test.check_json, from_ns(0));
  if (!input) return "the check is not valid: " + input.error().message;
  engine::Engine engine(spec);
  engine::Effects effects;
  engine.apply(**input, effects);
  for (const telemetry::Record& record : effects.records) {
    if (const auto* decision = std::get_if<telemetry::DecisionRecord>(&record.body)) {
      return compare(test, *decision);
    }
  }
  return "no decision";
}

void print_outcomes(const std::vector<Outcome>& outcomes) {
  const bool colour = wants_colour(stdout);
  std::string out;
  std::size_t failed = 0;
  for (const Outcome& outcome : outcomes) {
    const bool passed = outcome.failure.empty();
    failed += passed ? 0 : 1;
    append_styled(out, passed ? "PASS" : "FAIL", passed ? Style::Green : Style::Red, colour);
    out += "  " + outcome.name + (passed ? "" : ": " + outcome.failure) + "\n";
  }
  out +=
      std::to_string(outcomes.size() - failed) + " passed, " + std::to_string(failed) + " failed\n";
  std::cout << out;
}

void print_json(const std::vector<Outcome>& outcomes) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("tests");
  json.begin_array();
  for (const Outcome& outcome : outcomes) {
    json.begin_object();
    json.field("name", outcome.name);
    json.field("passed", outcome.failure.empty());
    if (!outcome.failure.empty()) json.field("failure", outcome.failure);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  std::cout << out << "\n";
}

int run_tests(const Options& options) {
  Diagnostics diagnostics;
  const auto sources = config::read_sources(options.paths, diagnostics);
  const auto files = config::load_policy_tests(sources, diagnostics);
  diagnostics.sort();
  print_diagnostics(diagnostics);
  if (diagnostics.has_errors()) return kUsage;
  std::vector<Outcome> outcomes;
  bool all_passed = true;
  for (const config::PolicyTestFile& file : files) {
    const auto configuration = load_or_report(file.config_paths);
    if (!configuration) return kUsage;
    for (const config::PolicyExpectation& test : file.tests) {
      outcomes.push_back({file.name + ": " + test.name, run_one(configuration->engine, test)});
      all_passed = all_passed && outcomes.back().failure.empty();
    }
  }
  if (outcomes.empty()) {
    print_error("no tests found: expected documents of kind PolicyTest");
    return kUsage;
  }
  options.json ? print_json(outcomes) : print_outcomes(outcomes);
  return all_passed ? kSuccess : kFailure;
}

}  // namespace

void add_policy(CLI::App& program, int& exit_code) {
  auto* command = add_command(program, "policy", "Work with policies");
  command->require_subcommand(1);
  auto* test = add_command(*command, "test", "Run the tests that stand beside the rules");
  auto options = std::make_shared<Options>();
  test->add_option("PATH", options->paths, "files or folders with documents of kind PolicyTest")
      ->required();
  test->add_flag("--json", options->json, "print the outcomes as JSON");
  test->footer(
      "Exit codes: 0 all pass, 1 some fail, 2 a file is not valid.\n\n"
      "Example:\n  fusebox policy test policies/tests.yaml\n");
  test->callback([options, &exit_code] { exit_code = run_tests(*options); });
}

}  // namespace fusebox::cli
