// Copies of the engine's status for those who ask. A copy costs the engine's thread a time that
// grows with the keys, so those who wait at the same time share one, and the next is not begun
// before the engine had four times as long for other work as the last one took.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "sre/engine/status.hpp"
#include "sre/runtime/engine_host.hpp"
#include "sre/runtime/io_threads.hpp"

namespace fusebox::api::detail {

class StatusSource : public std::enable_shared_from_this<StatusSource> {
 public:
  using Status = std::shared_ptr<const engine::Status>;
  using Done = std::function<void(const Status&)>;

  explicit StatusSource(runtime::IoThreads& io) : io_(io) {}

  // `done` is called on an I/O thread with a status that was copied after this call. Any thread.
  void get(runtime::EngineHost& host, Done done);

 private:
  using Clock = std::chrono::steady_clock;

  void ask(runtime::EngineHost& host);
  void copy(engine::Engine& engine);

  runtime::IoThreads& io_;
  std::mutex mutex_;
  std::vector<Done> waiting_;       // guarded
  bool asked_ = false;              // guarded: somebody will call copy()
  Clock::time_point not_before_{};  // guarded
  runtime::Timer pause_;            // guarded
};

}  // namespace fusebox::api::detail
