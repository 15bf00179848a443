#include "chaos/detail/resample.hpp"

namespace fusebox::chaos {

// Four weights of one draw: 12 of each 16 bits.
void Resample::weights(std::span<float> out) const {
  Stream draws(key_);
  std::size_t i = 0;
  for (; i + 4 <= out.size(); i += 4) {
    const std::uint64_t bits = draws.next();
    for (std::size_t k = 0; k < 4; ++k) out[i + k] = step(bits >> (16 * k));
  }
  if (i == out.size()) return;
  const std::uint64_t bits = draws.next();
  for (std::size_t k = 0; i + k < out.size(); ++k) out[i + k] = step(bits >> (16 * k));
}

}  // namespace fusebox::chaos
