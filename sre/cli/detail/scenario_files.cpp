#include "sre/cli/detail/scenario_files.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "sre/cli/detail/embedded.hpp"
#include "sre/cli/load_files.hpp"

namespace fusebox::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfigFolder = "configs/";
constexpr std::string_view kProtected = ".protected.yaml";

const EmbeddedFile* find_embedded(std::string_view name) {
  const auto files = embedded_files();
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const EmbeddedFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

bool is_scenario(const EmbeddedFile& file) { return !file.name.starts_with(kConfigFolder); }

std::string built_in_names() {
  std::string names;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!is_scenario(file)) continue;
    names += (names.empty() ? "" : ", ") + std::string(fs::path(file.name).stem());
  }
  return names;
}

config::Source source_of(const EmbeddedFile& file) {
  return {.name = "built-in:" + std::string(file.name), .text = std::string(file.text)};
}

// The bytes of a scenario: a file if there is one, else one of those that come along.
std::vector<config::Source> read_scenario(const std::string& path_or_name,
                                          Diagnostics& diagnostics) {
  std::error_code error;
  if (!fs::exists(path_or_name, error)) {
    if (const auto* file = find_embedded(path_or_name + ".yaml")) return {source_of(*file)};
    if (path_or_name.find_first_of("/.") == std::string::npos) {
      print_error("there is no file and no built-in scenario `" + path_or_name +
                  "`; built in are " + built_in_names());
    }
  }
  return config::read_sources({path_or_name}, diagnostics);
}

struct NamedSources {
  std::string name;
  std::vector<config::Source> sources;
};

// Files, folders, and names of configurations that come along: "retry-storm.unprotected".
NamedSources read_configuration(const std::vector<std::string>& paths, Diagnostics& diagnostics) {
  NamedSources read;
  std::vector<std::string> files;
  std::error_code error;
  for (const std::string& path : paths) {
    read.name += (read.name.empty() ? "" : ", ") + fs::path(path).filename().string();
    const auto* embedded = find_embedded(std::string(kConfigFolder) + path + ".yaml");
    if (embedded != nullptr && !fs::exists(path, error)) {
      read.sources.push_back(source_of(*embedded));
    } else {
      files.push_back(path);
    }
  }
  if (files.empty()) return read;
  for (auto& source : config::read_sources(files, diagnostics)) {
    read.sources.push_back(std::move(source));
  }
  return read;
}

NamedSources configuration_for(const std::string& path_or_name, const std::string& scenario,
                               const std::vector<std::string>& config_paths,
                               Diagnostics& diagnostics) {
  if (!config_paths.empty()) return read_configuration(config_paths, diagnostics);
  const std::string name = scenario + std::string(kProtected);
  const fs::path beside = fs::path(path_or_name).parent_path() / kConfigFolder / name;
  std::error_code error;
  if (fs::exists(beside, error)) {
    return {name, config::read_sources({beside.string()}, diagnostics)};
  }
  if (const auto* file = find_embedded(std::string(kConfigFolder) + name)) {
    return {name, {source_of(*file)}};
  }
  return {"presets", {}};
}

// Exactly one scenario must stand there.
std::optional<config::ScenarioFile> load_file(const std::string& path_or_name) {
  Diagnostics diagnostics;
  const auto sources = read_scenario(path_or_name, diagnostics);
  std::vector<config::ScenarioFile> files;
  if (!diagnostics.has_errors()) files = config::load_scenarios(sources, diagnostics);
  diagnostics.sort();
  print_diagnostics(diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  if (files.size() == 1) return std::move(files.front());
  print_error(path_or_name + ": expected one document of kind Scenario, found " +
              std::to_string(files.size()));
  return std::nullopt;
}

}  // namespace

std::optional<LoadedScenario> load_scenario(const std::string& path_or_name,
                                            const std::vector<std::string>& config_paths) {
  auto file = load_file(path_or_name);
  if (!file) return std::nullopt;
  Diagnostics diagnostics;
  auto [name, sources] =
      configuration_for(path_or_name, file->scenario.name, config_paths, diagnostics);
  std::optional<config::Configuration> configuration;
  if (!diagnostics.has_errors()) configuration = config::load(sources, diagnostics);
  if (configuration) config::check_references(*file, configuration->engine, diagnostics);
  diagnostics.sort();
  print_diagnostics(diagnostics);
  if (diagnostics.has_errors() || !configuration) return std::nullopt;
  auto slos = config::slos_of(*file, configuration->engine);
  return LoadedScenario{.file = std::move(*file),
                        .configuration_name = std::move(name),
                        .configuration = std::move(*configuration),
                        .slos = std::move(slos)};
}

std::optional<std::vector<ListedScenario>> list_scenarios(const std::vector<std::string>& paths) {
  Diagnostics diagnostics;
  std::vector<config::Source> sources;
  if (paths.empty()) {
    for (const EmbeddedFile& file : embedded_files()) {
      if (is_scenario(file)) sources.push_back(source_of(file));
    }
  } else {
    sources = config::read_sources(paths, diagnostics);
  }
  std::vector<ListedScenario> listed;
  for (const config::Source& source : sources) {
    for (auto& file : config::load_scenarios({source}, diagnostics)) {
      listed.push_back({std::move(file.scenario), paths.empty() ? "built-in" : source.name});
    }
  }
  diagnostics.sort();
  print_diagnostics(diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  return listed;
}

}  // namespace fusebox::cli
