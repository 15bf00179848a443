#include "chaos/slis.hpp"

#include <algorithm>

namespace fusebox::chaos {
namespace {

std::size_t second_of(Duration at) {
  return static_cast<std::size_t>(std::max<std::int64_t>(at / std::chrono::seconds{1}, 0));
}

}  // namespace

void SecondCounts::add(bool good, std::int64_t weight, Duration at) {
  const std::size_t second = second_of(at);
  if (second >= before_.size()) before_.resize(second + 1, sum_);
  (good ? sum_.good : sum_.bad) += weight;
}

slo::Counts SecondCounts::before(Duration at) const {
  const std::size_t second = second_of(at);
  return second < before_.size() ? before_[second] : sum_;
}

slo::Counts SecondCounts::between(Duration from, Duration to) const {
  const slo::Counts end = before(to);
  const slo::Counts begin = before(std::min(from, to));
  return {.good = end.good - begin.good, .bad = end.bad - begin.bad};
}

}  // namespace fusebox::chaos
