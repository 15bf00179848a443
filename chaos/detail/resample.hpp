// The weights of a cluster bootstrap: one draw of the exponential distribution with mean 1 for each
// unit, and one for the unit more that statistics.hpp speaks of. A function of (seed, arm,
// resample, unit), so nothing depends on how much was drawn before.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "chaos/arm.hpp"
#include "chaos/random.hpp"

namespace fusebox::chaos {

inline constexpr std::size_t kWeightSteps = 4096;  // 16 kB: stays in the first cache

namespace detail {

// log(m / (m - 1)) for m >= 2, by 2 artanh(1 / (2m - 1)): no libm, the same bits everywhere.
constexpr double log_step(double m) {
  const double z = 1 / (2 * m - 1);
  double power = z;
  double sum = 0;
  for (int odd = 1; power > 1e-20; odd += 2) {
    sum += power / odd;
    power *= z * z;
  }
  return 2 * sum;
}

// The exponential distribution cut into equally likely steps, each at its mean. That keeps the mean
// exact, and the variance to 0.03 %. With m steps left, a step from x has the mean
// x + 1 - (m - 1) log(m / (m - 1)); the last, without end, x + 1.
constexpr std::array<float, kWeightSteps> exponential_steps() {
  std::array<float, kWeightSteps> steps{};
  double x = 0;
  for (std::size_t i = 0; i < kWeightSteps; ++i) {
    const auto left = static_cast<double>(kWeightSteps - i);
    const double width = left > 1 ? log_step(left) : 0;
    steps[i] = static_cast<float>(x + 1 - (left - 1) * width);
    x += width;
  }
  return steps;
}

}  // namespace detail

inline constexpr std::array<float, kWeightSteps> kExponentialSteps = detail::exponential_steps();

class Resample {
 public:
  Resample(std::uint64_t seed, Arm arm, std::uint64_t number)
      : key_(mix(mix(seed, static_cast<std::uint64_t>(arm)), number)) {}

  // Of units 0, 1, 2, …; about a nanosecond each.
  void weights(std::span<float> out) const;

  // Of the unit more.
  [[nodiscard]] double weight_of_one_more() const { return step(mix(key_, ~std::uint64_t{0})); }

 private:
  static float step(std::uint64_t bits) { return kExponentialSteps[bits % kWeightSteps]; }

  std::uint64_t key_;
};

}  // namespace fusebox::chaos
