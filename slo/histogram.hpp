// High dynamic range histogram: counts of integer values at a fixed relative precision, the layout
// and index arithmetic of HdrHistogram, so that encodings travel to its other implementations.
//
// With `digits` d: sub-buckets = 2^ceil(log2(2 x 10^d)), relative error at most 2^-m where
// m = log2(sub-buckets) - 1 (0.098 % for d = 3, 0.78 % for d = 2). Recording is one bit scan, two
// shifts and an add. Counts are stored in half-bucket rows that appear when first hit.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace fusebox::slo {

struct HistogramShape {
  std::int64_t lowest = 1;    // lowest discernible value, >= 1
  std::int64_t highest = 0;   // highest trackable value, >= 2 x lowest
  int digits = 2;             // significant decimal digits, 1..5
  friend constexpr bool operator==(const HistogramShape&, const HistogramShape&) = default;
};

}  // namespace fusebox::slo
