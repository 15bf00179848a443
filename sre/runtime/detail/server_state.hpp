// What the connections of one server share, and what those of one listener do.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "sre/runtime/detail/io_core.hpp"
#include "sre/runtime/http_server.hpp"

namespace fusebox::runtime::detail {

class Connection;
class Listener;

// Each is only ever added to and read on its own, so no order between them is needed.
class Count {
 public:
  void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

struct ServerCounts {
  Count accepted, refused, accept_failures, requests, bad_requests, timeouts, streams_cut;
};

class ServerState {
 public:
  explicit ServerState(IoCore& core) : io(core) {}

  // False once the server drains: what wanted to join must close.
  [[nodiscard]] bool join(const std::shared_ptr<Listener>& listener);
  [[nodiscard]] bool join(const std::shared_ptr<Connection>& connection);
  void leave(const std::shared_ptr<Listener>& listener);
  void leave(const std::shared_ptr<Connection>& connection);

  void drain(Duration deadline);
  [[nodiscard]] HttpCounters counters() const;

  IoCore& io;
  ServerCounts counts;

 private:
  void forget();
  [[nodiscard]] std::vector<std::shared_ptr<Connection>> connections() const;

  mutable std::mutex mutex_;  // guards what follows; taken when something opens or closes
  std::condition_variable left_;
  bool draining_ = false;
  std::set<std::shared_ptr<Listener>> listeners_;
  std::set<std::shared_ptr<Connection>> connections_;
};

struct ListenerState {
  ListenerState(std::shared_ptr<ServerState> of, HttpHandler calls, const HttpLimits& within)
      : server(std::move(of)), handler(std::move(calls)), limits(within) {}

  const std::shared_ptr<ServerState> server;
  const HttpHandler handler;
  const HttpLimits limits;
  std::atomic<std::size_t> connections = 0;
  std::atomic<std::uint64_t> receiving_bytes = 0;  // of bodies that have begun and not ended
};

}  // namespace fusebox::runtime::detail
