#include <mutex>

#include "sre/cli/table.hpp"

std::mutex guard;
const auto started = std::chrono::steady_clock::now();

long chance() {
  if (getenv("FUSEBOX_SEED") != nullptr) return std::rand();
  std::lock_guard hold(guard);
  return time(nullptr) + std::uniform_int_distribution<long>(0, 9)(engine);
}
