// YAML in, specs out, with every mistake of every file at its place. yaml-cpp lives behind this
// header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"
#include "sre/engine/spec.hpp"

namespace fusebox::config {

// Limits of one file; more is an error before anything is built from it.
inline constexpr std::size_t kFileBytesMax = 1 << 20;
inline constexpr std::size_t kYamlDepthMax = 32;
inline constexpr std::size_t kYamlNodesMax = 100'000;

// What `kind: Config` says beyond the engine. The daemon listens and stores by it.
struct Settings {
  std::string name = "default";
  std::optional<std::string> listen_api = "127.0.0.1:7100";  // host:port; absent: off
  std::optional<std::string> listen_otlp_http = "127.0.0.1:4318";
  std::string state = "./state";
};

struct Configuration {
  Settings settings;
  engine::EngineSpec engine;
};

// One file's text and the name that diagnostics give it.
struct Source {
  std::string name;
  std::string text;
};

// Loads all documents of all sources as one configuration. Returns nullopt exactly if
// `diagnostics` has errors; notices may stand there in any case. Pure but for memory: includes are
// resolved by read_sources.
[[nodiscard]] std::optional<Configuration> load(const std::vector<Source>& sources,
                                                Diagnostics& diagnostics);

// Reads files, and folders of *.yaml and *.yml in sorted order, and follows `include` relative to
// the file it stands in (depth 8, no file twice). Unreadable and oversized files are diagnostics.
[[nodiscard]] std::vector<Source> read_sources(const std::vector<std::string>& paths,
                                               Diagnostics& diagnostics);

// The configuration without a file: the presets.
[[nodiscard]] Configuration built_in();

// One `kind: PolicyTest` document: requests and the decisions they must get.
struct PolicyExpectation {
  std::string name;
  std::string check_json;   // body of a check
  // Each present field must be equal in the decision.
  std::optional<std::string> effect;
  std::optional<std::string> gate;
  std::optional<std::string> reason;
  std::optional<std::string> rule;
  Place place;
};
struct PolicyTestFile {
  std::string name;
  std::vector<std::string> config_paths;  // resolved from the test file's folder
  std::vector<PolicyExpectation> tests;
};
[[nodiscard]] std::vector<PolicyTestFile> load_policy_tests(const std::vector<Source>& sources,
                                                            Diagnostics& diagnostics);

}  // namespace fusebox::config
