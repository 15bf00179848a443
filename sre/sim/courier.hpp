// Brings word of finished work to the engine, as far as faults of telemetry and clocks let it.
//
// Word of a call is its report; it has no time of its own. Word of a task is an event, stamped by
// the wall clock of the agent's host, which may be off. What is lost never arrives: the call's
// permit then ends by its lease, charged in full.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.hpp"
#include "sre/sim/due.hpp"
#include "sre/sim/forms.hpp"
#include "sre/sim/governor.hpp"
#include "sre/sim/injections.hpp"
#include "sre/sim/roster.hpp"
#include "sre/sim/witness.hpp"

namespace fusebox::sim {

class Courier {
 public:
  struct Parts {
    const chaos::Scenario& scenario;
    Injections& injections;
    Governor& governor;
    Witness& witness;
    Forms& forms;
    Agenda& agenda;
  };
  explicit Courier(const Parts& parts);

  // `sender` is whose work it is.
  void send(Work work, const Membership& sender, Instant now);
  // What was held is due.
  void deliver_late(std::uint32_t parcel, Instant now);
  // Everything that is held is delivered now.
  void release(Instant now);

  [[nodiscard]] std::int64_t held() const { return held_; }

 private:
  void deliver(const Work& work, Instant now);
  void hold(const Work& work, Instant until);
  [[nodiscard]] Instant stamp(const Work& work, const Membership& sender, Instant now);

  struct Parcel {
    Work work;
    bool waiting = false;
  };

  Parts parts_;
  std::vector<std::size_t> telemetry_targets_;
  std::vector<std::size_t> clock_targets_;
  std::vector<Parcel> parcels_;
  std::vector<std::uint32_t> free_;
  std::int64_t held_ = 0;
};

}  // namespace fusebox::sim
