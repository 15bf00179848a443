#include "slo/counts.hpp"

#include <bit>
#include <cmath>
#include <compare>
#include <limits>

#include "base/assert.hpp"

namespace fusebox::slo {

namespace {

__extension__ typedef unsigned __int128 Uint128;  // NOLINT: `using` takes no __extension__

// Whole numbers up to this are doubles.
constexpr Int128 kExactInDouble = Int128{1} << 53;

int width_of(Uint128 value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  if (high != 0) return 128 - std::countl_zero(high);
  return 64 - std::countl_zero(static_cast<std::uint64_t>(value));
}

// over / under to the nearest double, ties to even, for whole numbers too large to be doubles.
// Long division to 64 bits or more of quotient; what remains is folded into the last bit, so that
// the one rounding, to 53 bits, sees on which side of a tie the value lies. Both below 2^126.
double divide_wide(Uint128 over, Uint128 under) {
  int shift = 64 + width_of(under) - width_of(over);
  if (shift < 0) shift = 0;
  Uint128 quotient = over / under;
  Uint128 rest = over % under;
  for (int i = 0; i < shift; ++i) {
    rest <<= 1;
    quotient <<= 1;
    if (rest >= under) {
      rest -= under;
      quotient |= 1;
    }
  }
  const int excess = width_of(quotient) - 63;
  if (excess > 0) {
    const Uint128 cut = quotient & ((Uint128{1} << excess) - 1);
    rest |= cut;
    quotient >>= excess;
    shift -= excess;
  }
  if (rest != 0) quotient |= 1;
  return std::ldexp(static_cast<double>(static_cast<std::int64_t>(quotient)), -shift);
}

// over / under with one rounding. under > 0.
double divide(Int128 over, Int128 under) {
  if (over < 0) return -divide(-over, under);
  if (over <= kExactInDouble && under <= kExactInDouble) {
    // By way of 64 bits: the compiler converts 128 by a call.
    return static_cast<double>(static_cast<std::int64_t>(over)) /
           static_cast<double>(static_cast<std::int64_t>(under));
  }
  return divide_wide(static_cast<Uint128>(over), static_cast<Uint128>(under));
}

// A product of three numbers below 2^63.
struct Wide {
  Uint128 high;
  std::uint64_t low;
  friend constexpr auto operator<=>(const Wide&, const Wide&) = default;
};

Wide multiply(Int128 two, std::int64_t third) {
  const auto pair = static_cast<Uint128>(two);
  const auto factor = static_cast<Uint128>(third);
  const Uint128 low = static_cast<std::uint64_t>(pair) * factor;
  return {(pair >> 64) * factor + (low >> 64), static_cast<std::uint64_t>(low)};
}

// burn = bad x den / (total x (den - num)), as the two whole numbers.
struct Burn {
  Int128 spent;
  Int128 allowed;
};

Burn burn_of(Counts counts, Ratio target) {
  FUSEBOX_ASSERT(target.num >= 0);
  FUSEBOX_ASSERT(target.num < target.den);
  return {Int128{counts.bad} * target.den, Int128{counts.total()} * (target.den - target.num)};
}

}  // namespace

std::optional<double> sli(Counts counts) {
  if (counts.total() == 0) return std::nullopt;
  return divide(counts.good, counts.total());
}

double burn_rate(Counts counts, Ratio target) {
  const auto [spent, allowed] = burn_of(counts, target);
  return allowed == 0 ? 0.0 : divide(spent, allowed);
}

double budget_remaining(Counts counts, Ratio target) {
  const auto [spent, allowed] = burn_of(counts, target);
  return allowed == 0 ? 1.0 : divide(allowed - spent, allowed);
}

bool budget_exhausted(Counts counts, Ratio target) {
  const auto [spent, allowed] = burn_of(counts, target);
  return counts.bad > 0 && spent >= allowed;
}

bool burns_faster(Counts counts, Ratio target, Ratio factor) {
  if (counts.total() == 0) return false;
  FUSEBOX_ASSERT(factor.num >= 0);
  const auto [spent, allowed] = burn_of(counts, target);
  constexpr Int128 kMost = std::numeric_limits<std::int64_t>::max();
  if (spent <= kMost && allowed <= kMost) {  // nearly always, at a third of the cost
    return Int128{static_cast<std::int64_t>(spent)} * factor.den >
           Int128{static_cast<std::int64_t>(allowed)} * factor.num;
  }
  return multiply(spent, factor.den) > multiply(allowed, factor.num);
}

}  // namespace fusebox::slo
