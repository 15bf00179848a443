// explain: one session, task or decision from beginning to end, told by the daemon or by a journal.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "sre/cli/commands.hpp"
#include "sre/cli/detail/daemon_client.hpp"
#include "sre/cli/detail/journal_run.hpp"
#include "sre/cli/detail/story_text.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/cli/output.hpp"
#include "sre/engine/story.hpp"
#include "sre/runtime/http.hpp"

namespace fusebox::cli {
namespace {

constexpr int kNotFound = 404;

struct Options {
  DaemonOptions daemon;
  std::string subject;
  std::vector<std::string> configs;
  std::string journal;
  bool json = false;
};

int show(const std::string& story, const Options& options) {
  std::cout << (options.json ? story + "\n"
                             : story_text(boost::json::parse(story), wants_colour(stdout)))
            << std::flush;
  return std::cout ? kSuccess : kFailure;
}

int ask_daemon(const Options& options) {
  auto client = DaemonClient::connect(options.daemon);
  if (!client) return report_failure(client.error());
  const auto answer = client->get("/v1/explain/" + runtime::percent_encode(options.subject));
  if (!answer) return report_failure(answer.error());
  if (answer->ok()) return show(answer->text, options);
  const int code = report_refusal(*answer);
  return answer->status == kNotFound ? kFailure : code;
}

void tell_decision(engine::Story& story, const telemetry::Check& check,
                   const telemetry::Record& record) {
  const auto* decision = std::get_if<telemetry::DecisionRecord>(&record.body);
  if (decision == nullptr) return;
  std::string json;
  telemetry::append_json(json, *decision);
  story.add({.at = record.at,
             .seq = record.seq,
             .dimensions = check.dimensions,
             .action = telemetry::name_of(check.action),
             .target = check.target,
             .id = decision->id,
             .effect = policy::name_of(decision->effect),
             .rule = decision->rule,
             .json = json});
}

void tell(engine::Story& story, const telemetry::Input* input, const engine::Effects& effects) {
  if (input != nullptr) {
    const auto* asked = std::get_if<telemetry::CheckInput>(&input->body);
    for (const telemetry::Record& record : effects.records) {
      if (asked != nullptr) tell_decision(story, asked->check, record);
    }
    story.add(*input);
  }
  for (const telemetry::Record& record : effects.records) story.add(record);
}

int read_journal(const Options& options, engine::Subject subject) {
  auto configuration = load_or_report(options.configs);
  if (!configuration) return kUsage;
  JournalRun journal({.path = options.journal,
                      .spec = std::move(configuration->engine),
                      .is_spec_given = !options.configs.empty()});
  engine::Story story(std::move(subject));
  const int code = journal.run(
      [&story](const telemetry::Input* input, const engine::Effects& effects) -> Result<void> {
        tell(story, input, effects);
        return {};
      });
  if (code != kSuccess) return code;
  if (story.is_known()) return show(story.json({}), options);
  print_error("nothing in " + options.journal + " is about " + options.subject);
  return kFailure;
}

int explain(const Options& options) {
  auto subject = engine::parse_subject(options.subject);
  if (!subject) {
    print_error(subject.error().message);
    return kUsage;
  }
  return options.journal.empty() ? ask_daemon(options) : read_journal(options, std::move(*subject));
}

}  // namespace

void add_explain(CLI::App& program, int& exit_code) {
  auto* command =
      add_command(program, "explain", "The whole story of one session, task or decision");
  auto options = std::make_shared<Options>();
  command->add_option("SUBJECT", options->subject, "session:ID, task:ID or decision:ID")
      ->required();
  auto* journal = command->add_option("--journal", options->journal,
                                      "tell it from this journal; - for standard input");
  command
      ->add_option("-c,--config", options->configs,
                   "with --journal: decide by this file or folder, repeatable; without: what the\n"
                   "journal says, or the presets")
      ->allow_extra_args(false)
      ->needs(journal);
  command->add_flag("--json", options->json, "for programs");
  add_daemon_options(*command, options->daemon);
  command->footer(
      "Events, decisions with their reasons, approvals, breakers, limits, stop orders with their\n"
      "outcomes, and what it cost, by time. A daemon remembers the last 16 MiB of inputs (some\n"
      "50,000 events), 8,192 decisions and 16,384 changes; decisions and changes only since its\n"
      "start. The answer says how far back that is. A journal has everything it recorded.\n"
      "Exit code 1: nothing is known of it.\n\n"
      "Examples:\n"
      "  fusebox explain session:s-17\n"
      "  fusebox explain task:t-4 --journal journal/2026-11-20T08:00:00Z.ndjson --json\n");
  command->callback([options, &exit_code] { exit_code = explain(*options); });
}

}  // namespace fusebox::cli
