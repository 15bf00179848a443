// A connection as a client has it, waiting with a deadline.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "sre/runtime/detail/file_descriptor.hpp"
#include "sre/runtime/endpoint.hpp"

namespace fusebox::runtime::detail {

using Deadline = std::chrono::steady_clock::time_point;

[[nodiscard]] Deadline deadline_after(Duration timeout);

class ClientSocket {
 public:
  // Host names are looked up by the system, outside the deadline. Errors, here and below:
  // Unreachable and TimedOut.
  [[nodiscard]] static Result<ClientSocket> connect(const Endpoint& endpoint, Deadline deadline);

  [[nodiscard]] Result<void> send(std::string_view bytes, Deadline deadline);
  // What is there, at least one byte; 0 when the other side has closed.
  [[nodiscard]] Result<std::size_t> receive(std::span<char> room, Deadline deadline);

  // Whether the other side has closed, or sent what nobody asked for.
  [[nodiscard]] bool stale() const;

 private:
  explicit ClientSocket(FileDescriptor fd) : fd_(std::move(fd)) {}

  FileDescriptor fd_;
};

}  // namespace fusebox::runtime::detail
