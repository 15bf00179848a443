// How long something takes, as a scenario says it. sampler.hpp draws from one.
#pragma once

#include <variant>

#include "base/ratio.hpp"
#include "base/time.hpp"

namespace fusebox::chaos {

struct Constant {
  Duration value{};  // >= 0
};
struct Uniform {
  Duration min{};
  Duration max{};  // > min
};
struct Exponential {
  Duration mean{};  // > 0
};
// By its median and its 99th percentile.
struct LogNormal {
  Duration p50{};  // > 0
  Duration p99{};  // > p50
};
struct Pareto {
  Duration min{};  // > 0
  Ratio alpha;     // in [1, 100]
};

using Distribution = std::variant<Constant, Uniform, Exponential, LogNormal, Pareto>;

}  // namespace fusebox::chaos
