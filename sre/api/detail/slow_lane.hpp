// One thread for what reads files, so that no I/O thread waits for a disk.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "sre/runtime/task.hpp"

namespace fusebox::api::detail {

class SlowLane {
 public:
  SlowLane();
  ~SlowLane() { stop(); }
  SlowLane(const SlowLane&) = delete;
  SlowLane& operator=(const SlowLane&) = delete;

  // False if too many wait already: the job was not taken.
  [[nodiscard]] bool run(runtime::Task job);

  // Waits for the job that runs and drops the others. A job may own what owns the lane, so this
  // must come before the lane's owner is let go. Repeatable.
  void stop();

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<runtime::Task> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace fusebox::api::detail
