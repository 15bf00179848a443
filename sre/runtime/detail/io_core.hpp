// What stands behind IoThreads.
#pragma once

#include <thread>
#include <vector>

#include "sre/runtime/detail/asio.hpp"

namespace fusebox::runtime::detail {

struct IoCore {
  explicit IoCore(int count) : context(count), work(context.get_executor()) {}

  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::vector<std::thread> threads;
};

}  // namespace fusebox::runtime::detail
