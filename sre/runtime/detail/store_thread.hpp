// The thread that waits for the disk, so that the engine's does not.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "sre/runtime/durable_engine.hpp"
#include "sre/runtime/task.hpp"

namespace fusebox::runtime::detail {

class StoreThread {
 public:
  // `on_failure` is called here when a sync fails.
  explicit StoreThread(std::function<void(const Error&)> on_failure);
  // Runs what is queued, then ends.
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  // Makes what was written safe within five milliseconds, then runs `then` if that went well. A
  // later request replaces an earlier one that has not begun: it covers more.
  void sync_soon(DurableEngine::Syncs syncs, std::vector<std::function<void()>> then);
  // Jobs run one after the other.
  void run(Task job);
  // Returns when all jobs that were given are done.
  void wait_for_jobs();

 private:
  void loop();
  void sync(std::unique_lock<std::mutex>& lock);

  std::function<void(const Error&)> on_failure_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::optional<DurableEngine::Syncs> syncs_;
  std::chrono::steady_clock::time_point sync_at_;
  std::vector<std::function<void()>> then_;
  std::deque<Task> jobs_;
  std::size_t unfinished_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace fusebox::runtime::detail
