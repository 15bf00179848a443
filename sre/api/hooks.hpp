// The terminators of the configuration: webhooks, and commands on this machine.
//
// A webhook is POSTed {"order":{…}}. That it answered says that it knows; only an answer
// {"outcome":"confirmed"} says that the work is over. A command gets the order in its environment
// (FUSEBOX_ORDER, FUSEBOX_SCOPE, FUSEBOX_EPOCH, FUSEBOX_CATEGORY, FUSEBOX_DEADLINE_MS,
// FUSEBOX_REASON, FUSEBOX_ACTOR) and confirms by its exit code 0.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "sre/api/terminators.hpp"
#include "sre/config/settings.hpp"
#include "sre/runtime/io_threads.hpp"

namespace fusebox::api {

// Any thread.
class Hooks final : public Terminator {
 public:
  explicit Hooks(runtime::IoThreads& io) : io_(io) {}

  // For orders from now on.
  void configure(std::vector<config::Terminator> terminators);

  void stop(const StopOrder& order, Done done) override;

 private:
  using Configured = std::shared_ptr<const std::vector<config::Terminator>>;
  [[nodiscard]] Configured configured() const;

  runtime::IoThreads& io_;
  mutable std::mutex mutex_;
  Configured configured_ = std::make_shared<const std::vector<config::Terminator>>();
};

}  // namespace fusebox::api
