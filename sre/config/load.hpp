// YAML in, specs out, with every mistake of every file at its place. yaml-cpp lives behind this
// header.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "sre/config/policy_test.hpp"
#include "sre/config/scenario.hpp"
#include "sre/config/settings.hpp"
#include "sre/config/source.hpp"
#include "sre/engine/spec.hpp"

namespace fusebox::config {

struct Configuration {
  Settings settings;
  engine::EngineSpec engine;
};

// Loads all documents of all sources as one configuration. Returns nullopt exactly if
// `diagnostics` has errors, from here or from before; notices may stand there in any case. Pure but
// for memory: `include` is checked here and followed by read_sources. PolicyTest and
// Scenario documents are checked and left out. Sorts the diagnostics.
[[nodiscard]] std::optional<Configuration> load(const std::vector<Source>& sources,
                                                Diagnostics& diagnostics);

// The configuration without a file: the presets.
[[nodiscard]] Configuration built_in();

}  // namespace fusebox::config
