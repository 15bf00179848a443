// How many spans a sampled span stands for, from its W3C trace state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fusebox::telemetry::detail {

// OpenTelemetry's consistent sampling writes `ot=th:T`: a span was kept when its random 56 bits
// were at least T, in hex without trailing zeros. So it stands for 2^56 / (2^56 - T) spans.
// Example: `ot=th:c` is T = 0xc0000000000000, a quarter of all spans, weight 4.
struct Sampling {
  std::int64_t weight = 1;    // 1..1e12, rounded to the nearest
  bool rate_unknown = false;  // the span says that it is sampled, and not how
};
[[nodiscard]] Sampling sampling_of(std::string_view trace_state);

}  // namespace fusebox::telemetry::detail
