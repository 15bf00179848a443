#include "breakers/gcra.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace fusebox::breakers {

Int128 Gcra::scaled(Instant at) const { return static_cast<Int128>(to_ns(at)) * spec_->limit; }

Int128 Gcra::horizon(Instant now) const {
  // Each term is below 2^126, so the sum fits. Beyond the last instant there is no horizon: a
  // burst that would reach further is cut there instead of overflowing.
  const Int128 tolerance = static_cast<Int128>(spec_->per.count()) * spec_->burst;
  return std::min(scaled(now) + tolerance, scaled(kNever));
}

bool Gcra::allows(Instant now) const {
  return std::max(tat_, scaled(now)) + spec_->per.count() <= horizon(now);
}

Duration Gcra::retry_after(Instant now) const {
  if (allows(now)) return Duration{0};
  // The call passes at the first t with TAT + T <= t + burst x T; TAT > t there, because burst is
  // at least 1.
  const Int128 refill = static_cast<Int128>(spec_->per.count()) * (spec_->burst - 1);
  const Int128 passes = tat_ - refill;
  const Int128 wait = passes - scaled(now);
  if (wait <= 0) return kNever - now;  // only the end of time stands in the way
  return Duration{static_cast<std::int64_t>((wait + spec_->limit - 1) / spec_->limit)};
}

void Gcra::take(Instant now) {
  FUSEBOX_ASSERT(allows(now));
  tat_ = std::max(tat_, scaled(now)) + spec_->per.count();
}

std::int64_t Gcra::available(Instant now) const {
  const Int128 room = horizon(now) - std::max(tat_, scaled(now));
  return static_cast<std::int64_t>(std::max<Int128>(room, 0) / spec_->per.count());
}

bool Gcra::idle(Instant now) const { return tat_ <= scaled(now); }

Gcra::Split Gcra::split() const {
  return {static_cast<std::int64_t>(tat_ / spec_->limit),
          static_cast<std::int64_t>(tat_ % spec_->limit)};
}

bool Gcra::restore(const Split& tat) {
  if (tat.whole < 0 || tat.part < 0) return false;
  tat_ = scaled(from_ns(tat.whole)) + std::min(tat.part, spec_->limit - 1);
  return true;
}

}  // namespace fusebox::breakers
