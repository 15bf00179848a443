// chaos run: a scenario in virtual time against the real engine, and its verdict as an exit code.
#include "sre/cli/detail/chaos_run.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <boost/json/value.hpp>

#include "base/json_writer.hpp"
#include "chaos/explain.hpp"
#include "chaos/report.hpp"
#include "sre/cli/commands.hpp"
#include "sre/cli/detail/daemon_client.hpp"
#include "sre/cli/detail/report_folder.hpp"
#include "sre/cli/detail/scenario_files.hpp"
#include "sre/cli/exit_code.hpp"
#include "sre/cli/load_files.hpp"
#include "sre/cli/output.hpp"
#include "sre/cli/table.hpp"
#include "sre/sim/determinism.hpp"
#include "sre/sim/seeds.hpp"
#include "sre/sim/simulation.hpp"

namespace fusebox::cli {
namespace {

namespace json = boost::json;
using chaos::Verdict;

constexpr std::size_t kWidth = 80;
constexpr std::uint64_t kSeedsMax = 100'000;

struct Options {
  std::string scenario;
  std::vector<std::string> config_paths;
  std::string seed;
  std::string seeds;
  std::string report;
  bool sim = false;
  bool live = false;
  bool dry_run = false;
  bool check_determinism = false;
  bool json = false;
  DaemonOptions daemon;
};

struct SeedRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

std::optional<std::uint64_t> parse_seed(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "3..40", both ends included.
std::optional<SeedRange> parse_seeds(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const auto first = parse_seed(text.substr(0, dots));
  const auto last = parse_seed(text.substr(dots + 2));
  if (!first || !last || *last < *first || *last - *first >= kSeedsMax) return std::nullopt;
  return SeedRange{*first, *last};
}

Style style_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return Style::Green;
    case Verdict::Inconclusive:
    case Verdict::NotTriggered:
    case Verdict::Unsteady:
    case Verdict::Refused:
      return Style::Yellow;
    case Verdict::Fail:
    case Verdict::Aborted:
    case Verdict::HarnessError:
    case Verdict::RollbackUnverified:
      return Style::Red;
  }
  return Style::Plain;
}

// The stop order that forbids experiments, if one stands: everything, or this capability.
std::optional<std::string> standing_stop(const json::value& body) {
  const json::object* object = body.if_object();
  const json::value* kills = object == nullptr ? nullptr : object->if_contains("kills");
  if (kills == nullptr || !kills->is_array()) return std::nullopt;
  for (const json::value& kill : kills->as_array()) {
    const json::object* order = kill.if_object();
    if (order == nullptr || !order->contains("scope") || !order->contains("state")) continue;
    const auto scope = json::string_view(order->at("scope").as_string());
    if (order->at("state").as_string() != "tripped") continue;
    if (scope == "global" || scope == "capability:chaos") return std::string(scope);
  }
  return std::nullopt;
}

// Asks the daemon that this installation has, if it has one, whether experiments are stopped. Who
// names a daemon wants it asked: not reaching that one is an error. The exit code of a refusal.
std::optional<int> refused_by_kill_switch(const DaemonOptions& options) {
  const char* const server =
      std::getenv("FUSEBOX_SERVER");  // NOLINT: no thread has been started yet
  const bool named = !options.server.empty() || server != nullptr;
  auto client = DaemonClient::connect(options);
  if (!client) return named ? std::optional(report_failure(client.error())) : std::nullopt;
  const auto answer = client->get("/v1/kills");
  if (!answer) return named ? std::optional(report_failure(answer.error())) : std::nullopt;
  if (!answer->ok()) return report_refusal(*answer);
  const auto scope = standing_stop(answer->body);
  if (!scope) return std::nullopt;
  print_error("refused: a stop order stands on " + *scope +
              "; experiments may run again when it is re-armed (`fusebox kill list`)");
  return chaos::exit_code_of(Verdict::Refused);
}

void print_result(const chaos::RunResult& result) {
  const std::string text = chaos::summary_text(result, kWidth);
  const std::size_t first = text.find('\n');  // the verdict, in its colour
  std::string out;
  append_styled(out, text.substr(0, first), style_of(result.verdict), wants_colour(stdout));
  std::cout << out << text.substr(first);
}

// Virtual minutes on a terminal's standard error, in place.
std::function<void(Duration)> progress_of(const Options& options, Duration length) {
  if (options.json || !is_terminal(stderr)) return {};
  return [length](Duration done) {
    std::fprintf(stderr, "\r\x1b[K%s of %s virtual time%s", format_duration(done).c_str(),
                 format_duration(length).c_str(), done >= length ? "\r\x1b[K" : "");
    std::fflush(stderr);
  };
}

sim::Options options_of(const LoadedScenario& loaded, std::uint64_t seed) {
  return {.seed = seed,
          .configuration = loaded.configuration_name,
          .governed = true,
          .journal = {},
          .progress = {},
          .trace = {},
          .watch = {}};
}

int run_once(const Options& options, const LoadedScenario& loaded, std::uint64_t seed) {
  std::string journal;
  sim::Options simulation = options_of(loaded, seed);
  if (!options.report.empty()) {
    simulation.journal = [&journal](std::string_view line) { journal += line; };
  }
  simulation.progress = progress_of(options, loaded.file.scenario.duration());
  const auto result =
      sim::simulate(loaded.file.scenario, loaded.configuration.engine, loaded.slos, simulation);
  if (!options.report.empty()) {
    if (const auto written = write_report(options.report, result, journal); !written) {
      print_error(written.error().message);
      return chaos::exit_code_of(Verdict::HarnessError);
    }
  }
  if (options.json) {
    std::cout << chaos::report_json(result, version_text());
  } else {
    print_result(result);
    if (!options.report.empty()) std::cout << "report: " << options.report << "/report.html\n";
  }
  return chaos::exit_code_of(result.verdict);
}

// What did not hold, by kind and name.
void append_failed(JsonWriter& json, const chaos::RunResult& result) {
  json.key("failed");
  json.begin_array();
  for (const chaos::Finding& finding : result.findings) {
    if (finding.state != chaos::FindingState::Fail) continue;
    json.begin_object();
    json.field("kind", chaos::kFindingKindNames[static_cast<std::size_t>(finding.kind)]);
    json.field("name", finding.name);
    json.end_object();
  }
  json.end_array();
}

void append_json(std::string& out, const std::vector<chaos::RunResult>& results) {
  JsonWriter json(out);
  json.begin_object();
  json.key("seeds");
  json.begin_array();
  for (const chaos::RunResult& each : results) {
    json.begin_object();
    json.field("seed", static_cast<std::int64_t>(each.seed));
    json.field("verdict", name_of(each.verdict));
    json.field("run_hash", each.run_hash);
    json.field("reason", each.reason);
    append_failed(json, each);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void print_seeds(const std::vector<chaos::RunResult>& results, bool as_json) {
  std::string out;
  if (as_json) {
    append_json(out, results);
    std::cout << out << "\n";
    return;
  }
  Table table({{"SEED", true}, {"VERDICT"}, {"RUN HASH"}, {"REASON"}});
  for (const chaos::RunResult& each : results) {
    table.add({{std::to_string(each.seed)},
               {std::string(name_of(each.verdict)), style_of(each.verdict)},
               {each.run_hash, Style::Dim},
               {each.reason}});
  }
  table.append_to(out, wants_colour(stdout), 0);
  const auto passed =
      std::count_if(results.begin(), results.end(),
                    [](const chaos::RunResult& each) { return each.verdict == Verdict::Pass; });
  out += std::to_string(passed) + " of " + std::to_string(results.size()) + " passed\n";
  std::cout << out;
}

// Seeds as they are done, in place on a terminal's standard error.
std::function<void(const chaos::RunResult&)> seeds_progress(const Options& options,
                                                            std::uint64_t count) {
  if (options.json || !is_terminal(stderr)) return {};
  return [count, done = std::uint64_t{0}](const chaos::RunResult&) mutable {
    ++done;
    std::fprintf(stderr, "\r\x1b[K%llu of %llu seeds%s", static_cast<unsigned long long>(done),
                 static_cast<unsigned long long>(count), done >= count ? "\r\x1b[K" : "");
    std::fflush(stderr);
  };
}

// The worst verdict decides: one seed in which it fails is a way to fail.
int run_seeds(const Options& options, const LoadedScenario& loaded, const SeedRange& range) {
  const auto results =
      sim::simulate_seeds(loaded.file.scenario, loaded.configuration.engine, loaded.slos,
                          {.first_seed = range.first,
                           .last_seed = range.last,
                           .configuration = loaded.configuration_name,
                           .threads = 0,
                           .done = seeds_progress(options, range.last - range.first + 1)});
  Verdict worst = Verdict::Pass;
  for (const chaos::RunResult& result : results) {
    worst = std::max(worst, result.verdict);
    if (options.report.empty()) continue;
    const std::string folder = options.report + "/seed-" + std::to_string(result.seed);
    if (const auto written = write_report(folder, result, std::nullopt); !written) {
      print_error(written.error().message);
      return chaos::exit_code_of(Verdict::HarnessError);
    }
  }
  print_seeds(results, options.json);
  return chaos::exit_code_of(worst);
}

int check_determinism(const LoadedScenario& loaded, std::uint64_t seed) {
  const auto difference = sim::check_determinism(loaded.file.scenario, loaded.configuration.engine,
                                                 loaded.slos, options_of(loaded, seed));
  if (!difference) {
    std::cout << "deterministic: two runs with seed " << seed << " handled the same events\n";
    return kSuccess;
  }
  print_error("not deterministic: the runs part at event " + std::to_string(difference->event) +
              ", " + format_rfc3339(difference->at) + ", " +
              std::string(name_of(difference->kind)));
  return chaos::exit_code_of(Verdict::HarnessError);
}

int usage(const std::string& text) {
  print_error(text);
  return kUsage;
}

int run(const Options& options) {
  if (options.live) return usage("`--live` comes later, with the gateway; `--sim` is the default");
  if (!options.seed.empty() && !options.seeds.empty()) {
    return usage("--seed and --seeds exclude each other");
  }
  const auto loaded = load_scenario(options.scenario, options.config_paths);
  if (!loaded) return kUsage;
  const chaos::Scenario& scenario = loaded->file.scenario;
  if (scenario.mode == chaos::Mode::Live) {
    return usage(options.scenario + ": its mode is live, and live runs come later");
  }
  std::uint64_t seed = scenario.seed;
  if (!options.seed.empty()) {
    const auto parsed = parse_seed(options.seed);
    if (!parsed) return usage("--seed: expected a whole number, such as 7");
    seed = *parsed;
  }
  std::optional<SeedRange> seeds;
  if (!options.seeds.empty()) {
    seeds = parse_seeds(options.seeds);
    if (!seeds) return usage("--seeds: expected A..B with A at most B, such as 1..100");
  }
  if (options.dry_run) {
    std::cout << chaos::explain(scenario, loaded->slos);
    return kSuccess;
  }
  if (const auto code = refused_by_kill_switch(options.daemon)) return *code;
  if (options.check_determinism) return check_determinism(*loaded, seed);
  return seeds ? run_seeds(options, *loaded, *seeds) : run_once(options, *loaded, seed);
}

}  // namespace

void add_chaos_run(CLI::App& chaos, int& exit_code) {
  auto* command = add_command(chaos, "run", "Run a scenario and judge it");
  auto options = std::make_shared<Options>();
  command->add_option("SCENARIO", options->scenario, "a file, or the name of one that comes along")
      ->required();
  command->add_flag("--sim", options->sim, "in virtual time, the fleet simulated (default)");
  command->add_flag("--live", options->live, "against real traffic: comes later");
  command->add_option("-c,--config", options->config_paths,
                      "what is put to the test: files, or a name that comes along, such as "
                      "NAME.unprotected; default configs/NAME.protected.yaml beside it");
  command->add_option("--seed", options->seed, "another seed than the scenario's");
  command->add_option("--seeds", options->seeds, "A..B: each of them, on all cores");
  command->add_option("--report", options->report,
                      "folder for report.json, .xml, .md, .html and journal.ndjson");
  command->add_flag("--dry-run", options->dry_run, "say what would happen, and end");
  command->add_flag("--check-determinism", options->check_determinism,
                    "run twice and say where the runs part, if they do");
  command->add_flag("--json", options->json, "print report.json instead of the summary");
  add_daemon_options(*command, options->daemon);
  command->footer(
      "A daemon, where there is one, is asked whether a stop order forbids experiments.\n\n"
      "Exit codes: 0 pass, 1 fail, 2 invalid, 3 inconclusive, 4 aborted, 5 harness error,\n"
      "6 refused, 7 unsteady, 8 not triggered, 9 rollback unverified; the worst of --seeds.\n\n"
      "Examples:\n"
      "  fusebox chaos run provider-brownout\n"
      "  fusebox chaos run my.yaml -c fusebox.yaml --seeds 1..20 --report report/\n");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace fusebox::cli
