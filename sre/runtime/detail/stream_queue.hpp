// Between the threads that write a stream and the connection that sends it: bytes, bounded.
//
// A lock and not a message per write: many small writes between two sends travel as one, and the
// writer learns at once that the reader is gone.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "sre/runtime/http.hpp"

namespace fusebox::runtime::detail {

class StreamQueue final : public StreamSink {
 public:
  // `wake` tells the connection that there is something to take(); any thread calls it.
  StreamQueue(std::size_t bytes_max, std::function<void()> wake);

  // The writer's side.
  bool write(std::string_view bytes) override;
  void close() override;
  void on_closed(std::function<void()> callback) override;

  // The connection's side.
  struct Taken {
    std::string bytes;
    bool ended;       // nothing will follow
    bool overflowed;  // the reader was too slow: some was lost
  };
  [[nodiscard]] Taken take();
  [[nodiscard]] bool overflowed();
  // The connection is done with the stream: later writes fail, the writer is told.
  void break_off();

 private:
  enum class State : std::uint8_t { Open, Closed, Overflowed, BrokenOff };

  void wake(std::unique_lock<std::mutex> lock);

  const std::size_t bytes_max_;
  const std::function<void()> wake_;
  std::mutex mutex_;  // guards what follows
  State state_ = State::Open;
  bool woken_ = false;  // and not taken yet
  std::string pending_;
  std::function<void()> on_closed_;
};

}  // namespace fusebox::runtime::detail
