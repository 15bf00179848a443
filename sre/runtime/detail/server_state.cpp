#include "sre/runtime/detail/server_state.hpp"

#include <utility>

#include "sre/runtime/detail/connection.hpp"
#include "sre/runtime/detail/listener.hpp"

namespace fusebox::runtime::detail {

bool ServerState::join(const std::shared_ptr<Listener>& listener) {
  const std::lock_guard lock(mutex_);
  return !draining_ && listeners_.insert(listener).second;
}

bool ServerState::join(const std::shared_ptr<Connection>& connection) {
  const std::lock_guard lock(mutex_);
  return !draining_ && connections_.insert(connection).second;
}

void ServerState::leave(const std::shared_ptr<Listener>& listener) {
  const std::lock_guard lock(mutex_);
  listeners_.erase(listener);
  left_.notify_all();
}

void ServerState::leave(const std::shared_ptr<Connection>& connection) {
  const std::lock_guard lock(mutex_);
  connections_.erase(connection);
  left_.notify_all();
}

std::vector<std::shared_ptr<Connection>> ServerState::connections() const {
  const std::lock_guard lock(mutex_);
  return {connections_.begin(), connections_.end()};
}

void ServerState::drain(Duration deadline) {
  if (io.context.stopped()) return forget();
  std::set<std::shared_ptr<Listener>> listeners;
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    listeners = listeners_;
  }
  for (const auto& listener : listeners) listener->close();
  for (const auto& connection : connections()) connection->drain();
  const auto all_left = [this] { return listeners_.empty() && connections_.empty(); };
  std::unique_lock lock(mutex_);
  if (left_.wait_for(lock, deadline, all_left)) return;
  lock.unlock();
  for (const auto& connection : connections()) connection->abort();
  lock.lock();
  left_.wait(lock, all_left);
}

// Without I/O threads nobody can leave any more, and nothing can run: the sockets close with the
// objects.
void ServerState::forget() {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  listeners_.clear();
  connections_.clear();
}

HttpCounters ServerState::counters() const {
  const std::lock_guard lock(mutex_);
  return {.accepted = counts.accepted.get(),
          .active = connections_.size(),
          .refused = counts.refused.get(),
          .accept_failures = counts.accept_failures.get(),
          .requests = counts.requests.get(),
          .bad_requests = counts.bad_requests.get(),
          .timeouts = counts.timeouts.get(),
          .streams_cut = counts.streams_cut.get()};
}

}  // namespace fusebox::runtime::detail
