// Where a scenario and the configuration that it runs under come from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sre/config/load.hpp"
#include "sre/config/scenario.hpp"
#include "sre/config/source.hpp"

namespace fusebox::cli {

// A scenario, the configuration it runs under, and the SLOs it speaks of.
struct LoadedScenario {
  config::ScenarioFile file;
  std::string configuration_name;  // "provider-brownout.protected.yaml", "built-in"
  config::Configuration configuration;
  std::vector<slo::SloSpec> slos;
};

// A path, or the name of one that comes with fusebox. Exactly one scenario must stand there; what
// is wrong has been printed if it is nullopt. It runs under what `-c` says (files, or names such as
// "retry-storm.unprotected"), else configs/NAME.protected.yaml beside its file, else the one that
// comes with fusebox under its name, else the presets.
[[nodiscard]] std::optional<LoadedScenario> load_scenario(
    const std::string& path_or_name, const std::vector<std::string>& config_paths);

// Every scenario of the folders and files, or those that come with fusebox without any.
struct ListedScenario {
  chaos::Scenario scenario;
  std::string source;  // the file, or "built-in"
};
[[nodiscard]] std::optional<std::vector<ListedScenario>> list_scenarios(
    const std::vector<std::string>& paths);

}  // namespace fusebox::cli
