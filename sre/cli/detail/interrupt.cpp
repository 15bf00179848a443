#include "sre/cli/detail/interrupt.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>

namespace fusebox::cli {
namespace {

sigset_t ends() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = ends();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

std::optional<int> Interrupt::await(Duration limit) {
  using std::chrono::seconds;
  using std::chrono::steady_clock;
  const sigset_t set = ends();
  const auto until = steady_clock::now() + limit;
  while (!signal_) {
    const Duration left = std::max(Duration{}, Duration{until - steady_clock::now()});
    const auto whole = std::chrono::floor<seconds>(left);
    const timespec wait{.tv_sec = whole.count(), .tv_nsec = Duration{left - whole}.count()};
    const int signal = sigtimedwait(&set, nullptr, &wait);
    if (signal > 0) signal_ = signal;
    if (signal < 0 && errno != EINTR) break;
  }
  return signal_;
}

}  // namespace fusebox::cli
