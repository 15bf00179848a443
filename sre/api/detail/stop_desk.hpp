// Hands every stop order to those who end work: orders of people, whose sender waits for the
// outcomes, and those that rules and limits give, for which nobody waits. What became of each is on
// record either way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
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

  // Who keeps the outcomes; before the first order. Called on an I/O thread, at most once for each
  // order, and not if nobody has anything to say.
  using Recorder = std::function<void(const std::string& order, const std::vector<StopResult>&)>;
  void record_with(Recorder recorder) { recorder_ = std::move(recorder); }

  // `record` is the trip with this `seq`; the scope and the rest of `order` are taken from it.
  void stop(std::int64_t seq, const telemetry::KillRecord& record, StopOrder order,
            Terminator::Done done);
  void on_records(std::span<const telemetry::Record> records);

 private:
  void dispatch(const telemetry::KillRecord& record, StopOrder order, Terminator::Done done);

  runtime::IoThreads& io_;
  const std::vector<std::shared_ptr<Terminator>> terminators_;
  Recorder recorder_ = [](const std::string&, const std::vector<StopResult>&) {};
  std::vector<std::int64_t> taken_;  // trips whose records are still to be shown
};

}  // namespace fusebox::api::detail
