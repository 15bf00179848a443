// Where inputs, questions and telemetry wait for the engine's thread.
#pragma once

#include <deque>
#include <utility>

#include "sre/runtime/engine_host.hpp"
#include "sre/runtime/task.hpp"

namespace fusebox::runtime::detail {

// What waits for the engine thread, by urgency.
struct Lanes {
  std::deque<InputRequest> orders;
  std::deque<InputRequest> requests;
  std::deque<Task> tasks;
  std::deque<EventBatch> telemetry;

  [[nodiscard]] bool empty() const {
    return orders.empty() && requests.empty() && tasks.empty() && telemetry.empty();
  }
};

template <class T>
void append(std::deque<T>& to, std::deque<T>& from) {
  if (to.empty()) {
    to.swap(from);
    return;
  }
  for (T& each : from) to.push_back(std::move(each));
  from.clear();
}

}  // namespace fusebox::runtime::detail
