// Who watches a simulated run and says what must be done: the experiment, or a test.
// The functions are those of chaos::Experiment, and mean the same.
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "chaos/experiment.hpp"
#include "telemetry/event.hpp"
#include "telemetry/record.hpp"

namespace fusebox::sim {

class Witness {
 public:
  virtual ~Witness() = default;
  virtual void observe(const telemetry::Event& event, const chaos::Origin& origin, Instant now) = 0;
  virtual void deliver(const telemetry::Event& event, chaos::Arm arm, Instant now) = 0;
  virtual void record(const telemetry::Record& record) = 0;
  virtual void attempted(const chaos::Attempt& attempt, const chaos::Origin& origin) = 0;
  virtual void refused(const chaos::Origin& origin) = 0;
  virtual void injected(std::uint32_t fault, Instant now) = 0;
  virtual chaos::Directive tick(Instant now) = 0;
  virtual void held(std::int64_t calls, Instant now) = 0;
};

}  // namespace fusebox::sim
