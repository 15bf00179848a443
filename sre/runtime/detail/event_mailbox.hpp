// Events from I/O threads to a thread that waits with poll().
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

#include "sre/runtime/detail/file_descriptor.hpp"
#include "sre/runtime/detail/supervision.hpp"

namespace fusebox::runtime::detail {

// post() and full() from any thread, the rest from the one that waits.
class EventMailbox {
 public:
  // A daemon that sends more than this ahead of the reader is cut off; see full().
  static constexpr std::size_t kEventsMax = 4096;

  EventMailbox() : ready_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  void post(SupervisionEvent event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t ignored = ::write(ready_.get(), &one, sizeof one);
  }

  // Asked before what comes from outside is posted. The end of a stream is posted in any case.
  [[nodiscard]] bool full() {
    const std::lock_guard lock(mutex_);
    return events_.size() >= kEventsMax;
  }

  // Readable while there are events. None if the system had no descriptor left.
  [[nodiscard]] const FileDescriptor& ready() const { return ready_; }

  [[nodiscard]] std::vector<SupervisionEvent> take() {
    const std::lock_guard lock(mutex_);
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t ignored = ::read(ready_.get(), &count, sizeof count);
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<SupervisionEvent> events_;
  FileDescriptor ready_;
};

}  // namespace fusebox::runtime::detail
