#include <iostream>

#include <CLI/CLI.hpp>

#include "killswitch/scope.hpp"
#include "sre/cli/commands.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/line_reader.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/cli/output.hpp"
#include "sre/cli/timeline.hpp"
#include "sre/engine/engine.hpp"
#include "telemetry/journal.hpp"

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
        engine_(std::move(spec)),
        readable_(options.timeline ||
                  (!options.json && options.out.empty() && is_terminal(stdout))),
        colour_(options.out.empty() && wants_colour(stdout)),
        timeline_(colour_) {}

  int run();

 private:
  [[nodiscard]] int feed_all();
  void write_records(const telemetry::Input& cause);
  [[nodiscard]] Result<void> write_summary();
  [[nodiscard]] int ask();
  [[nodiscard]] bool wants_lines() const { return options_.check.empty() || !options_.out.empty(); }
  int malformed(std::int64_t line, const Error& error) const;
  static int failed(const Error& error);

  const Options& options_;
  engine::Engine engine_;
  engine::Effects effects_;
  telemetry::JournalDecoder decoder_;
  Output output_;
  bool readable_;
  bool colour_;
  Timeline timeline_;
};

int Replay::run() {
  if (!options_.out.empty()) {
    if (auto opened = output_.open(options_.out); !opened) return failed(opened.error());
  }
  if (const int code = feed_all(); code != kSuccess) return code;
  if (auto written = wants_lines() ? write_summary() : Result<void>{}; !written) {
    return failed(written.error());
  }
  if (auto finished = output_.finish(); !finished) return failed(finished.error());
  return options_.check.empty() ? kSuccess : ask();
}

int Replay::feed_all() {
  LineReader reader(telemetry::kJournalLineBytesMax);
  if (auto opened = reader.open(options_.journal); !opened) {
    print_error(opened.error().message);
    return kUsage;
  }
  while (const auto line = reader.next()) {
    if (line->find_first_not_of(" \t\r") == std::string_view::npos) continue;  // a blank line
    const auto input = decoder_.decode_line(*line);
    if (!input) {
      // What came before is true all the same, and goes out unless a file would be replaced.
      if (options_.out.empty()) (void)output_.finish();
      return malformed(reader.line_number(), input.error());
    }
    if (const auto* kill = std::get_if<telemetry::KillInput>(&(*input)->body)) {
      // A stop order that stops nothing must not go by as a notice.
      const auto scope = killswitch::parse_ordered_scope(kill->scope);
      if (!scope) return malformed(reader.line_number(), scope.error());
    }
    engine_.apply(**input, effects_);
    write_records(**input);
    if (auto flushed = output_.flush_if_large(); !flushed) return failed(flushed.error());
  }
  if (!reader.error()) return kSuccess;
  print_error(reader.error()->message);
  return kUsage;
}

void Replay::write_records(const telemetry::Input& cause) {
  const auto* asked = std::get_if<telemetry::CheckInput>(&cause.body);
  if (wants_lines()) {
    for (const telemetry::Record& record : effects_.records) {
      if (readable_) {
        timeline_.append(output_.buffer(), record, asked == nullptr ? nullptr : &asked->check);
      } else {
        telemetry::append_json(output_.buffer(), record);
        output_.buffer() += '\n';
      }
    }
  }
  effects_.clear();
}

Result<void> Replay::write_summary() {
  Result<void> flushed;
  if (!readable_) {
    engine_.write_summary(output_.buffer(), [&] {
      if (flushed) flushed = output_.flush_if_large();
    });
    output_.buffer() += '\n';
    return flushed;
  }
  std::string summary;
  engine_.write_summary(summary);
  append_summary_tables(output_.buffer(), summary, colour_);
  return flushed;
}

// One decision of the state at the end of the journal.
int Replay::ask() {
  const auto decoded = decoder_.decode_check(options_.check, engine_.now());
  if (!decoded) {
    print_error("--check: " + decoded.error().message);
    return kUsage;
  }
  telemetry::Input input = **decoded;
  std::get<telemetry::CheckInput>(input.body).explain = options_.explain;
  engine_.apply(input, effects_);
  for (const telemetry::Record& record : effects_.records) {
    const auto* decision = std::get_if<telemetry::DecisionRecord>(&record.body);
    if (decision == nullptr) continue;
    std::string text;
    telemetry::append_json(text, *decision);
    std::cout << text << std::endl;
    return std::cout ? exit_code_of(decision->effect) : kFailure;
  }
  return kFailure;
}

int Replay::malformed(std::int64_t line, const Error& error) const {
  const std::string name = options_.journal == "-" ? "<stdin>" : options_.journal;
  std::cerr << format(Diagnostic{Severity::Error,
                                 {name, static_cast<std::size_t>(line), 1},
                                 error.code,
                                 error.message,
                                 "",
                                 ""})
            << "\n";
  return kUsage;
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
  auto* command = program.add_subcommand(
      "replay", "Run a recorded journal through the engine, in virtual time");
  auto options = std::make_shared<Options>();
  command
      ->add_option("-c,--config", options->configs,
                   "configuration file or folder, repeatable; without: the presets")
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
      "same output, byte for byte. Malformed input ends it with exit code 2 and the line.\n\n"
      "Examples:\n"
      "  fusebox replay -c fusebox.yaml journal.ndjson\n"
      "  fusebox replay -c fusebox.yaml journal.ndjson --out decisions.ndjson\n"
      "  fusebox replay -c fusebox.yaml journal.ndjson --explain \\\n"
      "    --check '{\"agent\":\"bot\",\"action\":\"tool\",\"target\":\"search\"}'\n");
  command->callback([options, &exit_code] { exit_code = replay(*options); });
}

}  // namespace fusebox::cli
