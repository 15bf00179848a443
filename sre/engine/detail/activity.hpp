// What each agent did, by kind of event and model, as sums that only grow: for metrics and tables,
// never for decisions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/archive.hpp"
#include "base/key.hpp"
#include "sre/engine/counters.hpp"
#include "sre/engine/status.hpp"
#include "telemetry/event.hpp"

namespace fusebox::engine {

class Activity {
 public:
  // Names come from outside: further ones are counted as "_overflow" in every dimension.
  static constexpr std::size_t kSeriesMax = 10'000;

  Activity();

  // Counts the event, which was told at `now`. One key look-up; allocates only for a new key.
  void record(const telemetry::Event& event, Instant now);

  // By ascending key: tenant, agent, kind, model.
  [[nodiscard]] std::vector<ActivitySeries> series() const;

  template <class Archive>
  void visit(Archive& archive) {
    archive(keys_, sums_);
    if constexpr (Archive::kReading) {
      if (!plausible()) archive.fail();
    }
  }

 private:
  [[nodiscard]] ActivitySums& sums_of(const Dimensions& dimensions);
  [[nodiscard]] bool plausible() const;

  KeySpec key_spec_;
  KeyTable keys_;
  std::vector<ActivitySums> sums_;  // by key
  KeyBuffer key_buffer_;            // kept for its memory
};

}  // namespace fusebox::engine
