#include "sre/api/detail/denial_gate.hpp"

#include <algorithm>
#include <utility>

namespace fusebox::api::detail {

std::optional<std::int64_t> DenialGate::take(const std::string& actor,
                                             std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  Actor& state = actors_[actor];
  const auto paid = std::max(state.used_until, now) + kInterval;
  if (paid > now + kAtOnce * kInterval) {
    ++state.untold;
    return std::nullopt;
  }
  state.used_until = paid;
  return std::exchange(state.untold, 0);
}

}  // namespace fusebox::api::detail
