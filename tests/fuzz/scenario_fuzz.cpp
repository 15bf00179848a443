// Scenarios from arbitrary bytes. Besides not crashing: reading is a function of the bytes; what is
// accepted can be written canonically, planned, explained and asked which call meets which fault;
// and its digest is that of its canonical text's meaning, so a second reading has the same.
#include "sre/config/scenario.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "chaos/canonical.hpp"
#include "chaos/explain.hpp"
#include "chaos/injector.hpp"
#include "chaos/population.hpp"
#include "chaos/profile.hpp"
#include "sre/config/load.hpp"

namespace {

using fusebox::Diagnostics;
using fusebox::config::ScenarioFile;
using fusebox::config::Source;
namespace chaos = fusebox::chaos;

void ask_for_faults(const chaos::Scenario& scenario) {
  const chaos::PopulationSplit split(scenario);
  chaos::Injector injector(scenario, scenario.seed);
  for (std::size_t target = 0; target < scenario.targets.size(); ++target) {
    chaos::CallSite call;
    call.target = target;
    call.unit = split.unit_hash("agent-1/1");
    call.since_start = scenario.inject_begin();
    call.arm = chaos::Arm::Experiment;
    const chaos::FaultPlan plan = injector.decide(call);
    FUSEBOX_ASSERT(plan.count <= plan.faults.size());
  }
}

void use(const ScenarioFile& file) {
  const chaos::Scenario& scenario = file.scenario;
  FUSEBOX_ASSERT(!fusebox::find_invalid_utf8(chaos::canonical_json(scenario)));
  const std::string words = chaos::explain(scenario, {});
  FUSEBOX_ASSERT(!fusebox::find_invalid_utf8(words));
  FUSEBOX_ASSERT(words.find('\x1b') == std::string::npos);
  if (!scenario.workload.profile.empty()) static_cast<void>(chaos::profile_of(scenario));
  ask_for_faults(scenario);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Source source{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)};
  Diagnostics first;
  const auto files = fusebox::config::load_scenarios({source}, first);
  Diagnostics second;
  const auto again = fusebox::config::load_scenarios({source}, second);
  FUSEBOX_ASSERT(files.size() == again.size());
  FUSEBOX_ASSERT(first.all().size() == second.all().size());
  if (first.has_errors()) return 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    FUSEBOX_ASSERT(files[i].scenario.hash == again[i].scenario.hash);
    use(files[i]);
  }
  return 0;
}
