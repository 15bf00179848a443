// `kind: Scenario`: files that say what is made to go wrong. They stand beside configurations and
// are no part of one: the same scenario runs under many, which is what it is for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "chaos/scenario.hpp"
#include "slo/spec.hpp"
#include "sre/config/source.hpp"
#include "sre/engine/spec.hpp"

namespace fusebox::config {

// What a scenario names and only a configuration can have.
enum class ReferenceKind : std::uint8_t {
  Slo,
  ThresholdSlo,  // an SLO whose indicator has a value: a latency comparison needs one
  Breaker,
};
struct Reference {
  ReferenceKind what = ReferenceKind::Slo;
  std::string name;
  Place place;
};

struct ScenarioFile {
  chaos::Scenario scenario;
  std::vector<Reference> references;  // in the order of the file
  Place place;                        // of the document's name
};

// The Scenario documents of all sources; documents of other kinds are load()'s and skipped. Every
// rule that a file alone can break is checked. Complete exactly if `diagnostics` got no errors.
// Sorts the diagnostics.
[[nodiscard]] std::vector<ScenarioFile> load_scenarios(const std::vector<Source>& sources,
                                                       Diagnostics& diagnostics);

// What only a configuration can answer: every SLO that is named is the configuration's or a
// preset's, and of the kind that is needed. A breaker that the configuration lacks is no mistake of
// the file: it is an expectation that will not be met. What is wrong is of `severity`.
void check_references(const ScenarioFile& file, const engine::EngineSpec& engine,
                      Diagnostics& diagnostics, Severity severity = Severity::Error);

// The SLOs that the scenario names, each once, in the order of their names' first appearance: the
// configuration's, or else the preset of that name. Names that neither knows are left out.
[[nodiscard]] std::vector<slo::SloSpec> slos_of(const ScenarioFile& file,
                                                const engine::EngineSpec& engine);

}  // namespace fusebox::config
