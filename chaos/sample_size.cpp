#include "chaos/sample_size.hpp"

#include <algorithm>
#include <cmath>

#include "base/assert.hpp"
#include "chaos/detail/elementary.hpp"

namespace fusebox::chaos {
namespace {

constexpr double kSamplesMax = 1e15;  // more than any run has, and exact as a double

}  // namespace

std::int64_t samples_per_arm(const SampleQuestion& question) {
  const double p = question.baseline;
  const double q = p - question.drop;
  FUSEBOX_ASSERT(p < 1 && q > 0 && question.drop > 0);
  const double mean = (p + q) / 2;
  const double by_chance =
      detail::normal_quantile(question.confidence) * std::sqrt(2 * mean * (1 - mean));
  const double missed =
      detail::normal_quantile(question.power) * std::sqrt(p * (1 - p) + q * (1 - q));
  const double root = (by_chance + missed) / question.drop;
  return static_cast<std::int64_t>(std::min(std::ceil(root * root), kSamplesMax));
}

}  // namespace fusebox::chaos
