// One expectation of a scenario over a run: it listens to the engine's lines where those decide,
// and is judged at the end.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "chaos/detail/arm_tally.hpp"
#include "chaos/detail/engine_watch.hpp"
#include "chaos/detail/run_stages.hpp"
#include "chaos/scenario.hpp"
#include "chaos/slis.hpp"
#include "slo/spec.hpp"
#include "telemetry/record.hpp"

namespace fusebox::chaos {

// What there is to judge by at the end of a run.
struct Evidence {
  const Scenario& scenario;
  const RunStages& stages;
  const std::vector<slo::SloSpec>& slos;
  const Slis& lived;
  const ArmTally& experiment;
};

class ExpectationWatch {
 public:
  // Both must outlive it.
  ExpectationWatch(const Expectation& expectation, const RunStages& stages);

  void record(const telemetry::RecordBody& body, Duration at);
  // Whether a stop order on this scope is part of what is expected.
  [[nodiscard]] bool expects_stop(std::string_view scope) const;
  [[nodiscard]] Finding judge(const Evidence& evidence) const;
  // Of a run that ended too early to tell.
  [[nodiscard]] Finding left_open(std::string_view why) const;

 private:
  using Watch = std::variant<std::monostate, BreakerWatch, KillWatch, AlertWatch, UncertainWatch>;
  static Watch watch_for(const Expectation& expectation, const RunStages& stages);

  const Expectation* expectation_;
  Watch watch_;
};

}  // namespace fusebox::chaos
