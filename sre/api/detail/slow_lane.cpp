#include "sre/api/detail/slow_lane.hpp"

#include <utility>

namespace fusebox::api::detail {
namespace {

constexpr std::size_t kWaitingMax = 16;

}  // namespace

SlowLane::SlowLane() : thread_([this] { loop(); }) {}

void SlowLane::stop() {
  std::deque<runtime::Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool SlowLane::run(runtime::Task job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() == kWaitingMax) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void SlowLane::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    runtime::Task job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = {};
    lock.lock();
  }
}

}  // namespace fusebox::api::detail
