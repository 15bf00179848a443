// Faults, as the simulated world meets them: which calls they hit (chaos::Injector), and what a hit
// does to the model of a call, a piece of telemetry, or a clock.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "chaos/fault.hpp"
#include "chaos/injector.hpp"
#include "chaos/sampler.hpp"
#include "chaos/scenario.hpp"
#include "sre/sim/governor.hpp"
#include "sre/sim/roster.hpp"
#include "sre/sim/witness.hpp"

namespace fusebox::sim {

// What all faults of one call come to.
struct Impairment {
  static constexpr std::int64_t kWhole = 1'000'000;

  Duration first_byte_held{};                // on top of what the service takes
  std::int64_t usage_millionths = kWhole;    // factor of tokens
  const chaos::FaultEffect* ends = nullptr;  // the one that ends the call, if any
  bool lost = false;                         // telemetry never arrives
  bool twice = false;                        // it arrives twice
  Duration telemetry_held{};
  Duration clock_off{};
};

class Injections {
 public:
  struct Run {
    const chaos::Scenario& scenario;
    std::uint64_t seed;
    Instant start;
  };
  // All must outlive it; `journal` may be empty.
  Injections(const Run& run, Roster& roster, Witness& witness, const JournalSink& journal);

  // A call on these targets, which counts as one on each.
  struct Call {
    std::span<const std::size_t> targets;
    Membership caller;
    std::string_view model;
    std::string_view tool;
  };
  [[nodiscard]] Impairment meet(const Call& call, Instant now);

  void withdraw() { injector_.withdraw(); }
  [[nodiscard]] const chaos::Injector& injector() const { return injector_; }

 private:
  void apply(std::uint32_t fault, const chaos::CallSite& site, Impairment& out) const;
  void tell(std::uint32_t fault, const chaos::CallSite& site, const Membership& caller,
            Instant now);

  Run run_;
  Roster& roster_;
  Witness& witness_;
  const JournalSink& journal_;
  chaos::Injector injector_;
  std::vector<std::optional<chaos::Sampler>> delays_;  // by fault; of those that are slow
  std::string line_;
};

}  // namespace fusebox::sim
