#include "sre/config/scenario.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "sre/config/load.hpp"

namespace fusebox::config {
namespace {

const slo::SloSpec* find_slo(const std::vector<slo::SloSpec>& slos, const std::string& name) {
  const auto found = std::find_if(slos.begin(), slos.end(),
                                  [&](const slo::SloSpec& slo) { return slo.name == name; });
  return found == slos.end() ? nullptr : &*found;
}

void add(const Reference& reference, Severity severity, std::string what, std::string expected,
         std::string hint, Diagnostics& diagnostics) {
  diagnostics.add({.severity = severity,
                   .place = reference.place,
                   .code = ErrorCode::DanglingReference,
                   .what = std::move(what),
                   .expected = std::move(expected),
                   .hint = std::move(hint)});
}

std::string hint_for(const std::string& name, const std::vector<slo::SloSpec>& slos) {
  std::vector<std::string_view> names;
  for (const slo::SloSpec& slo : slos) names.push_back(slo.name);
  const std::string_view near = nearest(name, names);
  return near.empty() ? "" : "did you mean `" + std::string(near) + "`?";
}

void check_slo(const Reference& reference, const std::vector<slo::SloSpec>& slos, Severity severity,
               Diagnostics& diagnostics) {
  const slo::SloSpec* slo = find_slo(slos, reference.name);
  if (slo == nullptr) {
    add(reference, severity, "no SLO is named `" + reference.name + "`",
        "expected one of the configuration's, or of the presets", hint_for(reference.name, slos),
        diagnostics);
    return;
  }
  const bool measures = std::holds_alternative<slo::ThresholdIndicator>(slo->indicator);
  if (reference.what != ReferenceKind::ThresholdSlo || measures) return;
  add(reference, severity, "SLO `" + reference.name + "` has no value whose percentile is compared",
      "expected one with a thresholdMetric, or `kind: proportion`", "", diagnostics);
}

// All that the scenario may name: the configuration's, then the presets of other names.
std::vector<slo::SloSpec> known_slos(const engine::EngineSpec& engine) {
  std::vector<slo::SloSpec> slos = engine.slos;
  for (slo::SloSpec& preset : built_in().engine.slos) {
    if (find_slo(slos, preset.name) == nullptr) slos.push_back(std::move(preset));
  }
  return slos;
}

}  // namespace

void check_references(const ScenarioFile& file, const engine::EngineSpec& engine,
                      Diagnostics& diagnostics, Severity severity) {
  const auto slos = known_slos(engine);
  for (const Reference& reference : file.references) {
    switch (reference.what) {
      case ReferenceKind::Slo:
      case ReferenceKind::ThresholdSlo:
        check_slo(reference, slos, severity, diagnostics);
        break;
      case ReferenceKind::Breaker:
        break;  // an expectation that will fail, and no mistake
    }
  }
}

std::vector<slo::SloSpec> slos_of(const ScenarioFile& file, const engine::EngineSpec& engine) {
  const auto known = known_slos(engine);
  std::vector<slo::SloSpec> slos;
  for (const Reference& reference : file.references) {
    if (reference.what == ReferenceKind::Breaker) continue;
    const slo::SloSpec* slo = find_slo(known, reference.name);
    if (slo != nullptr && find_slo(slos, slo->name) == nullptr) slos.push_back(*slo);
  }
  return slos;
}

}  // namespace fusebox::config
