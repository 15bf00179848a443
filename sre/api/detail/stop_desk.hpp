// Hands every stop order to those who end work: orders of people, whose sender waits for the
// outcomes, and those that rules and limits give, for which nobody waits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sre/api/terminators.hpp"
#include "sre/runtime/io_threads.hpp"
#include "telemetry/record.hpp"

namespace fusebox::api::detail {

// Of the engine's thread alone. A host answers an input before it shows its records, which is how
// the desk knows whose orders somebody waits for.
class StopDesk {
 public:
  StopDesk(runtime::IoThreads& io, std::vector<std::shared_ptr<Terminator>> terminators)
      : io_(io), terminators_(std::move(terminators)) {}

  // `record` is the trip with this `seq`; the scope and the rest of `order` are taken from it.
  void stop(std::int64_t seq, const telemetry::KillRecord& record, StopOrder order,
            Terminator::Done done);
  void on_records(std::span<const telemetry::Record> records);

 private:
  void dispatch(const telemetry::KillRecord& record, StopOrder order, Terminator::Done done);

  runtime::IoThreads& io_;
  const std::vector<std::shared_ptr<Terminator>> terminators_;
  std::vector<std::int64_t> taken_;  // trips whose records are still to be shown
};

}  // namespace fusebox::api::detail
