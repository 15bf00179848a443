// A rate limit by the generic cell rate algorithm: `limit` calls per `per`, and up to `burst` at
// once from idle. It behaves exactly as a bucket of `burst` tokens that refills at limit/per, but
// its state is one number: the theoretical arrival time (TAT), at which the bucket is full again.
//
//   a call passes at `now`  iff  max(TAT, now) + T <= now + burst x T,  with T = per / limit
//   and then                     TAT = max(TAT, now) + T
//
// T need not be whole (60 s / 7), so all times are kept in units of 1/limit ns, in 128 bits: there
// T is `per`, nothing is ever rounded, and the rate does not drift over years.
//
// Worked example: 30 per 60 s, burst 16. T = 2 s; from idle 16 calls raise TAT to now + 32 s, the
// next passes at now + 2 s.
//
// Time that stands still or steps back refills nothing and locks nobody out for longer than the
// step. 32 bytes a key; no allocation; take and peek do not divide.
#pragma once

#include <cstdint>

#include "base/archive.hpp"
#include "base/ratio.hpp"
#include "base/time.hpp"

namespace fusebox::breakers {

struct RateSpec {
  std::int64_t limit = 0;  // >= 1: this many …
  Duration per{};          // > 0: … in this time
  std::int64_t burst = 1;  // >= 1: everything allowed at once from idle
};

class Gcra {
 public:
  // The spec must outlive it.
  explicit Gcra(const RateSpec& spec) : spec_(&spec) {}

  [[nodiscard]] bool allows(Instant now) const;
  // How long from now until one call passes, if none does before: exact, rounded up to a
  // nanosecond. 0 if it passes now.
  [[nodiscard]] Duration retry_after(Instant now) const;
  // allows(now) must hold.
  void take(Instant now);

  // How many calls would pass now at once, 0..burst.
  [[nodiscard]] std::int64_t available(Instant now) const;
  // Nothing distinguishes it from a new one.
  [[nodiscard]] bool idle(Instant now) const;

  // The TAT is kept as whole nanoseconds and a part of one, so that a state survives a change of
  // the limit, moved by less than a nanosecond.
  template <class Archive>
  void visit(Archive& archive) {
    Split tat = split();
    archive(tat.whole, tat.part);
    if constexpr (Archive::kReading) {
      if (!restore(tat)) archive.fail();
    }
  }

 private:
  struct Split {
    std::int64_t whole = 0;  // ns
    std::int64_t part = 0;   // in 1/limit ns, below limit
  };
  [[nodiscard]] Int128 scaled(Instant at) const;
  // The latest TAT a call may leave behind.
  [[nodiscard]] Int128 horizon(Instant now) const;
  [[nodiscard]] Split split() const;
  [[nodiscard]] bool restore(const Split& tat);

  const RateSpec* spec_;
  Int128 tat_ = 0;  // in 1/limit ns; 0 lies before every instant
};

}  // namespace fusebox::breakers
