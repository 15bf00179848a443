#include <iostream>

#include <CLI/CLI.hpp>

#include "sre/cli/commands.hpp"
#include "sre/cli/detail/journal_run.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/cli/output.hpp"
#include "sre/cli/timeline.hpp"

namespace fusebox::cli {
namespace {

struct Options {
  std::vector<std::string> configs;
  std::string journal;
  std::string out;
  std::string check;
  bool explain = false;
  bool json = false;
  bool timeline = false;
};

// One replay: a journal through an engine, its records to an output.
class Replay {
 public:
  Replay(const Options& options, engine::EngineSpec spec)
      : options_(options),
        journal_({.path = options.journal,
                  .spec = std::move(spec),
                  .is_spec_given = !options.configs.empty()}),
        readable_(options.timeline ||
                  (!options.json && options.out.empty() && is_terminal(stdout))),
        colour_(options.out.empty() && wants_colour(stdout)),
        timeline_(colour_) {}

  int run();

 private:
  void write_records(const telemetry::Input* cause, const engine::Effects& effects);
  [[nodiscard]] Result<void> write_summary();
  [[nodiscard]] int ask();
  [[nodiscard]] bool wants_lines() const { return options_.check.empty() || !options_.out.empty(); }
  static int failed(const Error& error);

  const Options& options_;
  JournalRun journal_;
  Output output_;
  bool readable_;
  bool colour_;
  Timeline timeline_;
};

int Replay::run() {
  if (!options_.out.empty()) {
    if (auto opened = output_.open(options_.out); !opened) return failed(opened.error());
  }
  const int code = journal_.run(
      [this](const telemetry::Input* cause, const engine::Effects& effects) -> Result<void> {
        write_records(cause, effects);
        return output_.flush_if_large();
      });
  if (code != kSuccess) {
    // What came before is true all the same, and goes out unless a file would be replaced.
    if (options_.out.empty()) (void)output_.finish();
    return code;
  }
  if (auto written = wants_lines() ? write_summary() : Result<void>{}; !written) {
    return failed(written.error());
  }
  if (auto finished = output_.finish(); !finished) return failed(finished.error());
  return options_.check.empty() ? kSuccess : ask();
}

void Replay::write_records(const telemetry::Input* cause, const engine::Effects& effects) {
  if (!wants_lines()) return;
  const auto* asked = cause == nullptr ? nullptr : std::get_if<telemetry::CheckInput>(&cause->body);
  for (const telemetry::Record& record : effects.records) {
    if (readable_) {
      timeline_.append(output_.buffer(), record, asked == nullptr ? nullptr : &asked->check);
    } else {
      telemetry::append_json(output_.buffer(), record);
      output_.buffer() += '\n';
    }
  }
}

Result<void> Replay::write_summary() {
  Result<void> flushed;
  if (!readable_) {
    journal_.engine().write_summary(output_.buffer(), [&] {
      if (flushed) flushed = output_.flush_if_large();
    });
    output_.buffer() += '\n';
    return flushed;
  }
  std::string summary;
  journal_.engine().write_summary(summary);
  append_summary_tables(output_.buffer(), summary, colour_);
  return flushed;
}

// One decision of the state at the end of the journal.
int Replay::ask() {
  const auto decoded = journal_.decoder().decode_check(options_.check, journal_.engine().now());
  if (!decoded) {
    print_error("--check: " + decoded.error().message);
    return kUsage;
  }
  telemetry::Input input = **decoded;
  std::get<telemetry::CheckInput>(input.body).explain = options_.explain;
  engine::Effects effects;
  (void)journal_.engine().apply(input, effects);
  for (const telemetry::Record& record : effects.records) {
    const auto* decision = std::get_if<telemetry::DecisionRecord>(&record.body);
    if (decision == nullptr) continue;
    std::string text;
    telemetry::append_json(text, *decision);
    std::cout << text << std::endl;
    return std::cout ? exit_code_of(decision->effect) : kFailure;
  }
  return kFailure;
}

int Replay::failed(const Error& error) {
  print_error(error.message);
  return kFailure;
}

int replay(const Options& options) {
  std::vector<std::string> inputs = options.configs;
  inputs.push_back(options.journal);
  for (const std::string& input : inputs) {
    if (options.out.empty() || !is_same_file(input, options.out)) continue;
    print_error("--out would overwrite its own input " + input + "; name another file");
    return kUsage;
  }
  auto configuration = load_or_report(options.configs);
  if (!configuration) return kUsage;
  return Replay(options, std::move(configuration->engine)).run();
}

}  // namespace

void add_replay(CLI::App& program, int& exit_code) {
  auto* command =
      add_command(program, "replay", "Run a recorded journal through the engine, in virtual time");
  auto options = std::make_shared<Options>();
  command
      ->add_option(
          "-c,--config", options->configs,
          "configuration file or folder, repeatable; without: what the journal says, or the\n"
          "presets")
      ->allow_extra_args(false);
  command->add_option("JOURNAL", options->journal, "NDJSON of inputs, - for standard input")
      ->required();
  auto* out = command->add_option("--out", options->out,
                                  "write all output lines to this file, the summary last");
  auto* check =
      command->add_option("--check", options->check,
                          "then ask for one decision (JSON) and print only that; "
                          "exit code 0 allow, 1 deny, 3 approval required, 4 throttle or degrade");
  command->add_flag("--explain", options->explain, "with --check: what every gate thought of it")
      ->needs(check);
  auto* json = command->add_flag("--json", options->json, "NDJSON even on a terminal");
  command->add_flag("--timeline", options->timeline, "a readable timeline even without a terminal")
      ->excludes(json)
      ->excludes(out);
  command->footer(
      "Opens no socket, reads and writes no state. The same journal and configuration give the\n"
      "same output, byte for byte. A journal that the daemon recorded begins with its\n"
      "configuration and state; with -c another configuration decides. Malformed input ends it "
      "with exit code 2 and the line.\n\n"
      "Examples:\n"
      "  fusebox replay -c fusebox.yaml journal.ndjson\n"
      "  fusebox replay -c fusebox.yaml journal.ndjson --out decisions.ndjson\n"
      "  fusebox replay -c fusebox.yaml journal.ndjson --explain \\\n"
      "    --check '{\"agent\":\"bot\",\"action\":\"tool\",\"target\":\"search\"}'\n");
  command->callback([options, &exit_code] { exit_code = replay(*options); });
}

}  // namespace fusebox::cli
