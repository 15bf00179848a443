// Decides, for each call of each unit, which faults it meets. A pure function of (seed, scenario,
// fault, unit, call index) and of the time within the run: simulation, live traffic and replay
// agree, and the order in which calls arrive does not matter.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "chaos/arm.hpp"
#include "chaos/fault.hpp"
#include "chaos/scenario.hpp"

namespace fusebox::chaos {

// One call about to be made. Views need to live for the call only.
struct CallSite {
  std::size_t target = 0;       // index into Scenario::targets
  std::uint64_t unit = 0;       // PopulationSplit::unit_hash
  std::int64_t call_index = 0;  // of the unit on this target, from 0
  Arm arm = Arm::Outside;
  Duration since_start{};
  std::string_view agent;
  std::string_view tenant;
  std::string_view tool;
  std::string_view model;
};

// What is done to one call: at most one terminal fault, and those that pace or falsify it.
struct FaultPlan {
  // Indices into Injector::faults(), in the order declared; `count` of them are set. More than four
  // on one call are refused by the loader.
  std::array<std::uint32_t, 4> faults{};
  std::uint32_t count = 0;

  [[nodiscard]] bool empty() const { return count == 0; }
};

// A fault as it stands in its stage.
struct PlacedFault {
  const FaultSpec* spec;
  std::size_t stage;
  Duration begin;  // of its stage, since the start of the run
  Duration end;
};

class Injector {
 public:
  // The scenario must outlive it. `seed` is the run's, which may differ from the scenario's.
  Injector(const Scenario& scenario, std::uint64_t seed);
  ~Injector();
  Injector(Injector&&) noexcept;
  Injector& operator=(Injector&&) noexcept;

  // Counts what it decides: eligible calls and injections by fault, and max_count by them. At most
  // 100 ns and no allocation; outside the experiment arm and inject stages a comparison or two.
  [[nodiscard]] FaultPlan decide(const CallSite& call);

  // A draw of its own for what the fault needs (a delay), from the same identity.
  [[nodiscard]] std::uint64_t draw(std::uint32_t fault, const CallSite& call) const;

  // From now on nothing is injected. Cannot be taken back.
  void withdraw() { withdrawn_ = true; }

  [[nodiscard]] const std::vector<PlacedFault>& faults() const { return faults_; }
  [[nodiscard]] std::int64_t eligible(std::uint32_t fault) const { return counts_[fault].eligible; }
  [[nodiscard]] std::int64_t injected(std::uint32_t fault) const { return counts_[fault].injected; }

 private:
  struct Compiled;  // thresholds and hashes
  struct Count {
    std::int64_t eligible = 0;
    std::int64_t injected = 0;
  };

  [[nodiscard]] bool is_due(std::uint32_t fault, const CallSite& call) const;

  std::vector<PlacedFault> faults_;
  std::vector<Compiled> compiled_;
  std::vector<Count> counts_;
  bool withdrawn_ = false;
};

}  // namespace fusebox::chaos
