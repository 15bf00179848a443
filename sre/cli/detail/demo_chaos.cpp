#include "sre/cli/detail/demo_chaos.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <utility>

#include "sre/cli/detail/report_folder.hpp"
#include "sre/cli/detail/scenario_files.hpp"
#include "sre/sim/simulation.hpp"

namespace fusebox::cli {
namespace {

constexpr const char* kScenario = "provider-brownout";

std::string printed(const char* format, double value) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(std::max(length, 0))};
}

std::string share(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return "-";
  return printed("%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

const chaos::ArmSummary& arm_of(const chaos::RunResult& result, chaos::Arm arm) {
  return result.arms[static_cast<std::size_t>(arm)];
}

// What the run found out about its recovery, in the words of the finding.
std::string recovery_of(const chaos::RunResult& result) {
  for (const chaos::Finding& finding : result.findings) {
    if (finding.kind == chaos::FindingKind::Expectation && finding.name.starts_with("recovery")) {
      return finding.text;
    }
  }
  return "";
}

sim::JournalSink appending_to(std::string* journal) {
  if (journal == nullptr) return {};
  return [journal](std::string_view line) { *journal += line; };
}

chaos::RunResult simulate(const LoadedScenario& loaded, std::string* journal) {
  return sim::simulate(loaded.file.scenario, loaded.configuration.engine, loaded.slos,
                       {.seed = loaded.file.scenario.seed,
                        .configuration = loaded.configuration_name,
                        .governed = true,
                        .journal = appending_to(journal),
                        .progress = {},
                        .trace = {},
                        .watch = {}});
}

Result<std::string> make_folder() {
  std::string folder = (std::filesystem::temp_directory_path() / "fusebox-report-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    return Unexpected{ErrorCode::FileUnreadable, folder + ": cannot be made"};
  }
  return folder;
}

}  // namespace

Result<SideBySide> run_side_by_side() {
  const auto with = load_scenario(kScenario, {});
  const auto without = load_scenario(kScenario, {std::string(kScenario) + ".unprotected"});
  if (!with || !without) return Unexpected{ErrorCode::FileUnreadable, "the built-in scenario"};
  SideBySide runs;
  std::string journal;
  auto other = std::async(std::launch::async, [&] { return simulate(*without, nullptr); });
  runs.with = simulate(*with, &journal);
  runs.without = other.get();
  const auto folder = make_folder();
  if (!folder) return Unexpected{folder.error()};
  if (auto written = write_report(*folder, runs.with, journal); !written) {
    return Unexpected{written.error()};
  }
  runs.report = *folder + "/report.html";
  return runs;
}

ComparedRow compared(std::string_view protection, const chaos::RunResult& result) {
  const chaos::ArmSummary& experiment = arm_of(result, chaos::Arm::Experiment);
  const chaos::ArmSummary& control = arm_of(result, chaos::Arm::Control);
  const double tasks = static_cast<double>(std::max<std::int64_t>(experiment.tasks, 1));
  return {.protection = std::string(protection),
          .success = share(experiment.tasks_ok, experiment.tasks),
          .control = share(control.tasks_ok, control.tasks),
          .cost = printed("%.4f USD", to_usd(experiment.cost) / tasks),
          .recovery = recovery_of(result)};
}

}  // namespace fusebox::cli
