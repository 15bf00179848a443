// When each fault was injected, by second of the run.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "chaos/injector.hpp"
#include "chaos/result.hpp"

namespace fusebox::chaos {

class InjectionLog {
 public:
  void add(std::uint32_t fault, Duration at);

  // One for each of the injector's faults, its series `step` apart over `length`.
  [[nodiscard]] std::vector<FaultSummary> summaries(const Scenario& scenario,
                                                    const Injector& injector, Duration step,
                                                    Duration length) const;

 private:
  struct Fault {
    Duration first{};
    Duration last{};
    std::vector<std::int64_t> by_second;
  };
  std::vector<Fault> faults_;
};

// Whether each fault fired; those of stages that began after `until` are left out.
[[nodiscard]] std::vector<Finding> trigger_findings(const Injector& injector,
                                                    const std::vector<FaultSummary>& faults,
                                                    Duration until);

}  // namespace fusebox::chaos
