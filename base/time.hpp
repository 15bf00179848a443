// Time as a parameter: pure code takes `Instant now`, and nothing here can read a clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace fusebox {

using Duration = std::chrono::nanoseconds;

// Engine time: nanoseconds since 1970-01-01T00:00:00Z that never step back. The clock type has no
// now() on purpose, so that a call to a real clock does not compile.
struct EngineClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<EngineClock>;
  static constexpr bool is_steady = true;
};
using Instant = EngineClock::time_point;

// Later than every real instant: "no deadline" in comparisons. Never printed.
inline constexpr Instant kNever{Duration{std::numeric_limits<std::int64_t>::max()}};

// Instants that parse are within [1970, 2200), so that adding a window of years cannot overflow.
inline constexpr Instant kLatestInstant{std::chrono::seconds{7'258'118'400}};

[[nodiscard]] constexpr std::int64_t to_ns(Instant at) { return at.time_since_epoch().count(); }
[[nodiscard]] constexpr Instant from_ns(std::int64_t ns) { return Instant{Duration{ns}}; }

// `at + by`, stopping at kNever instead of overflowing. `by` is not negative.
[[nodiscard]] constexpr Instant add_saturated(Instant at, Duration by) {
  return by > kNever - at ? kNever : at + by;
}

// RFC 3339 in UTC, at most nine fractional digits, without trailing zeros: "2026-01-01T00:00:04Z".
[[nodiscard]] std::string format_rfc3339(Instant at);
void append_rfc3339(std::string& out, Instant at);

// RFC 3339 with any offset. Leap second :60 reads as :59; more than nine fractional digits are cut.
[[nodiscard]] Result<Instant> parse_rfc3339(std::string_view text);

// "<integer><ns|us|ms|s|m|h|d|w>", up to 100 years; negative durations do not exist.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

// The shortest exact form of the same grammar: 90s -> "90s", 3600s -> "1h".
[[nodiscard]] std::string format_duration(Duration duration);

}  // namespace fusebox
