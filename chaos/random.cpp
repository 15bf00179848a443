#include "chaos/random.hpp"

#include "base/assert.hpp"

namespace fusebox::chaos {

Chance::Chance(Ratio share) {
  FUSEBOX_ASSERT(share.num >= 0);
  FUSEBOX_ASSERT(share.num <= share.den);
  always_ = share.num == share.den;
  if (!always_) below_ = static_cast<std::uint64_t>((Int128{share.num} << 64) / share.den);
}

}  // namespace fusebox::chaos
