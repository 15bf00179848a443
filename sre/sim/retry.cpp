#include "sre/sim/retry.hpp"

#include <algorithm>

#include "base/ratio.hpp"

namespace fusebox::sim {
namespace {

// A stream that has begun cannot be begun again by a transport that has handed out half of it, and
// what a tool answers is its answer.
bool is_retried(AttemptEnd end) {
  switch (end) {
    case AttemptEnd::RateLimited:
    case AttemptEnd::Overloaded:
    case AttemptEnd::ServerError:
    case AttemptEnd::TimedOut:
      return true;
    case AttemptEnd::Ok:
    case AttemptEnd::StreamError:
    case AttemptEnd::ToolFailed:
    case AttemptEnd::ProtocolError:
      return false;
  }
  return false;
}

Duration own_wait(const chaos::RetryRules& rules, std::int64_t retries, std::uint64_t draw) {
  constexpr std::int64_t kDoublingsMax = 30;
  const Int128 grown = Int128{rules.base.count()} << std::min(retries, kDoublingsMax);
  const Int128 wait = std::min(grown, Int128{rules.cap.count()});
  const Int128 jitter = wait * rules.jitter.num / rules.jitter.den;
  return Duration{
      static_cast<std::int64_t>(wait - (jitter * static_cast<Int128>(draw >> 32) >> 32))};
}

}  // namespace

std::optional<Duration> retry_wait(const chaos::RetryRules& rules, std::int64_t retries,
                                   const FailedAttempt& failed, std::uint64_t draw) {
  if (!is_retried(failed.end) || retries >= rules.retries_max) return std::nullopt;
  const std::optional<Duration>& asked = failed.retry_after;
  if (!asked || *asked <= Duration::zero()) return own_wait(rules, retries, draw);
  if (*asked <= rules.retry_after_max) return *asked;
  if (!rules.retry_beyond) return std::nullopt;
  return own_wait(rules, retries, draw);
}

}  // namespace fusebox::sim
