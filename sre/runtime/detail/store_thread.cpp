#include "sre/runtime/detail/store_thread.hpp"

#include <iterator>
#include <utility>

namespace fusebox::runtime::detail {
namespace {

// Together with the sync itself within the five milliseconds that are promised.
constexpr auto kSyncDelay = std::chrono::milliseconds{3};

}  // namespace

StoreThread::StoreThread(std::function<void(const Error&)> on_failure)
    : on_failure_(std::move(on_failure)), thread_([this] { loop(); }) {}

StoreThread::~StoreThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void StoreThread::sync_soon(DurableEngine::Syncs syncs, std::vector<std::function<void()>> then) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = !syncs_;
    if (first) sync_at_ = std::chrono::steady_clock::now() + kSyncDelay;
    // Those who wait for the disk should not wait for others to come.
    if (!then.empty()) sync_at_ = std::chrono::steady_clock::now();
    first = first || !then.empty();
    syncs_ = std::move(syncs);
    std::move(then.begin(), then.end(), std::back_inserter(then_));
  }
  if (first) wake_.notify_one();
}

void StoreThread::run(Task job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    ++unfinished_;
  }
  wake_.notify_one();
}

void StoreThread::wait_for_jobs() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return unfinished_ == 0; });
}

void StoreThread::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool due = syncs_ && (stopping_ || std::chrono::steady_clock::now() >= sync_at_);
    if (due) {
      sync(lock);
    } else if (!jobs_.empty()) {
      Task job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      job = {};  // what it owned ends here, not under the lock
      lock.lock();
      --unfinished_;
      done_.notify_all();
    } else if (stopping_) {
      return;
    } else if (syncs_) {
      wake_.wait_until(lock, sync_at_);
    } else {
      wake_.wait(lock);
    }
  }
}

void StoreThread::sync(std::unique_lock<std::mutex>& lock) {
  const DurableEngine::Syncs syncs = *std::exchange(syncs_, std::nullopt);
  const std::vector<std::function<void()>> then = std::exchange(then_, {});
  lock.unlock();
  if (auto done = syncs.run(); !done) {
    on_failure_(done.error());
  } else {
    for (const auto& each : then) each();
  }
  lock.lock();
}

}  // namespace fusebox::runtime::detail
