// The threads that wait for sockets, timers and signals, with plain functions for what they call.
//
// All of them serve one queue: a request that takes long on one thread delays no other connection.
// Nothing runs after stop() or the destructor has returned, and what was queued then is dropped.
// Servers, clients and whoever posts must be done before the object is destroyed.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "sre/runtime/task.hpp"

namespace fusebox::runtime {

namespace detail {
struct IoCore;
struct TimerState;
}  // namespace detail

// Keeps a timer running; destroying or cancelling it stops the timer. A call that is running then
// is not waited for. May outlive the IoThreads it came from.
class Timer {
 public:
  Timer() = default;
  explicit Timer(std::weak_ptr<detail::TimerState> state) : state_(std::move(state)) {}
  Timer(Timer&&) noexcept = default;
  Timer& operator=(Timer&& other) noexcept;
  ~Timer() { cancel(); }

  void cancel();

 private:
  std::weak_ptr<detail::TimerState> state_;
};

class IoThreads {
 public:
  explicit IoThreads(int threads = 1);  // 1 to 64
  ~IoThreads();
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  // Every function below may be called from any thread.

  // Runs the task on one of the threads, as soon as one is free.
  void post(Task task);
  // Runs it once, `delay` from now by the monotonic clock. Delays are not negative.
  [[nodiscard]] Timer after(Duration delay, Task task);
  // Runs it every `interval` (above zero), first after one interval; never twice at a time. A call
  // that comes late moves no later one; calls that were missed altogether are skipped.
  [[nodiscard]] Timer every(Duration interval, Task task);
  // Calls `handler` with the number of each of these signals that arrives, one at a time, until
  // stop(). Errors: InvalidValue for a signal that cannot be waited for.
  [[nodiscard]] Result<void> on_signals(const std::vector<int>& signals,
                                        std::function<void(int)> handler);

  // Waits for the functions that run now, then ends. Not from one of the threads. Repeatable.
  void stop();

  // For the sockets of this folder.
  [[nodiscard]] detail::IoCore& core() { return *core_; }

 private:
  std::unique_ptr<detail::IoCore> core_;
};

}  // namespace fusebox::runtime
