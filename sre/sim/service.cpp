#include "sre/sim/service.hpp"

#include <algorithm>
#include <limits>

namespace fusebox::sim {
namespace {

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();
// What comes within one second at the full rate may come at once.
constexpr Duration kBurst = std::chrono::seconds{1};

// The arm's part of `whole`, rounded up; at least `least`.
std::int64_t part_of(std::optional<std::int64_t> whole, Ratio share, std::int64_t least) {
  if (!whole) return kUnlimited;
  const Int128 part = (Int128{*whole} * share.num + share.den - 1) / share.den;
  return std::max(static_cast<std::int64_t>(part), least);
}

}  // namespace

Service::Service(const chaos::ServiceModel& model, Ratio share)
    : capacity_(part_of(model.capacity, share, 1)), queue_max_(part_of(model.queue, share, 0)) {
  if (!model.requests_per_s) return;
  interval_ = kBurst / part_of(model.requests_per_s, share, 1);
}

Admission Service::admit(Instant now) {
  if (!within_rate(now)) return Admission::RateLimited;
  if (serving_ < capacity_) {
    ++serving_;
    return Admission::Serve;
  }
  if (waiting_ >= queue_max_) return Admission::Overloaded;
  ++waiting_;
  return Admission::Wait;
}

// The generic cell rate algorithm: each call takes its interval, up to kBurst ahead of time.
bool Service::within_rate(Instant now) {
  if (!interval_) return true;
  rate_free_ = std::max(rate_free_, now);
  if (rate_free_ + *interval_ - now > kBurst) return false;
  rate_free_ += *interval_;
  return true;
}

}  // namespace fusebox::sim
