// A client that speaks bytes, and what tests of sockets wait with. Nothing here sleeps: every wait
// ends with an event, or fails after kPatience.
#pragma once

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sre/runtime/detail/file_descriptor.hpp"
#include "sre/runtime/detail/socket_address.hpp"
#include "sre/runtime/endpoint.hpp"
#include "sre/runtime/http_server.hpp"
#include "sre/runtime/io_threads.hpp"

namespace fusebox::runtime::testing {

// Far above what anything here takes, sanitizers included.
inline constexpr std::chrono::seconds kPatience{60};

inline Endpoint any_port() { return TcpAddress{.host = "127.0.0.1", .port = 0}; }

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fusebox-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string path(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// A number that threads raise and a test waits for.
class Counter {
 public:
  void raise(int by = 1) {
    const std::lock_guard lock(mutex_);
    value_ += by;
    changed_.notify_all();
  }
  [[nodiscard]] bool reaches(int wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return value_ >= wanted; });
  }
  [[nodiscard]] int value() {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int value_ = 0;
};

class RawClient {
 public:
  explicit RawClient(const Endpoint& endpoint) {
    const auto address = detail::numeric_address(endpoint);
    fd_ = detail::FileDescriptor(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;  // or a request in two pieces waits for the other side's delayed ACK
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    EXPECT_EQ(::connect(fd_.get(), address->get(), address->size), 0) << endpoint_text(endpoint);
  }

  // Sends what the socket takes; false once the other side is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Everything up to and including the `count`th `ending` that arrives from now on.
  std::string read_until(std::string_view ending, int count = 1) {
    std::size_t from = 0;
    for (int found = 0; found < count; ++found) {
      std::size_t at = received_.find(ending, from);
      while (at == std::string::npos && receive()) at = received_.find(ending, from);
      if (at == std::string::npos) return std::exchange(received_, {});
      from = at + ending.size();
    }
    std::string out = received_.substr(0, from);
    received_.erase(0, from);
    return out;
  }

  // Everything until the other side closes.
  std::string read_all() {
    while (receive()) continue;
    return std::exchange(received_, {});
  }

  void close_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  // Closes so that the other side gets a reset.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    fd_ = {};
  }
  void close() { fd_ = {}; }

 private:
  bool receive() {
    pollfd poll{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
    if (::poll(&poll, 1, static_cast<int>(patience.count())) <= 0) {
      ADD_FAILURE() << "nothing came; so far: " << received_;
      return false;
    }
    char bytes[16 * 1024];  // NOLINT: a buffer
    const ssize_t count = ::recv(fd_.get(), bytes, sizeof(bytes), 0);
    if (count <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  detail::FileDescriptor fd_;
  std::string received_;
};

// The Date field is the only one that differs from run to run.
inline std::string without_dates(std::string text) {
  constexpr std::string_view kField = "Date: ";
  for (std::size_t at = text.find(kField); at != std::string::npos; at = text.find(kField, at)) {
    text.erase(at, text.find("\r\n", at) + 2 - at);
  }
  return text;
}

inline int status_of(std::string_view answer) {
  constexpr std::string_view kStart = "HTTP/1.1 ";
  if (!answer.starts_with(kStart)) return 0;
  int status = 0;
  std::from_chars(answer.data() + kStart.size(), answer.data() + answer.size(), status);
  return status;
}

inline std::string body_of(std::string_view answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? "" : std::string(answer.substr(end + 4));
}

// A server on a free port of its own.
struct TestServer {
  explicit TestServer(HttpHandler handler, const HttpLimits& limits = {}, int threads = 2)
      : io(threads), server(io), endpoint(*server.listen(any_port(), std::move(handler), limits)) {}

  IoThreads io;
  HttpServer server;
  Endpoint endpoint;
};

// Answers with what the request was.
inline void echo(const HttpRequest& request, Responder respond) {
  respond({.status = 200,
           .content_type = "text/plain",
           .body = request.method + " " + request.path + " " + request.body});
}

}  // namespace fusebox::runtime::testing
