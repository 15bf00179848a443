#include "sre/runtime/detail/stream_queue.hpp"

#include <utility>

namespace fusebox::runtime::detail {

StreamQueue::StreamQueue(std::size_t bytes_max, std::function<void()> wake)
    : bytes_max_(bytes_max), wake_(std::move(wake)) {}

bool StreamQueue::write(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  if (state_ != State::Open) return false;
  const bool fits = bytes.size() <= bytes_max_ - pending_.size();
  if (fits) {
    pending_.append(bytes);
  } else {
    state_ = State::Overflowed;
    woken_ = false;  // the connection may wait for its reader, and must hear of this
  }
  wake(std::move(lock));
  return fits;
}

void StreamQueue::close() {
  std::unique_lock lock(mutex_);
  if (state_ != State::Open) return;
  state_ = State::Closed;
  // The writer ended it itself and is not told; what its callback holds may go.
  const std::function<void()> forgotten = std::exchange(on_closed_, nullptr);
  wake(std::move(lock));
}

void StreamQueue::on_closed(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::Closed) return;
    if (state_ != State::BrokenOff) {
      on_closed_ = std::move(callback);
      return;
    }
  }
  callback();
}

StreamQueue::Taken StreamQueue::take() {
  const std::lock_guard lock(mutex_);
  woken_ = false;
  return {.bytes = std::exchange(pending_, {}),
          .ended = state_ != State::Open,
          .overflowed = state_ == State::Overflowed};
}

bool StreamQueue::overflowed() {
  const std::lock_guard lock(mutex_);
  return state_ == State::Overflowed;
}

void StreamQueue::break_off() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::Open || state_ == State::Overflowed) {
      callback = std::exchange(on_closed_, nullptr);
      state_ = State::BrokenOff;
    }
    pending_ = {};
  }
  if (callback) callback();
}

void StreamQueue::wake(std::unique_lock<std::mutex> lock) {
  if (std::exchange(woken_, true)) return;
  lock.unlock();
  wake_();
}

}  // namespace fusebox::runtime::detail
