// The bodies of checks and reports.
#pragma once

#include "base/result.hpp"
#include "telemetry/detail/decode_event.hpp"
#include "telemetry/event.hpp"

namespace fusebox::telemetry::detail {

// `outer` is how errors name the object: "check" on a journal line, "" if it is the whole body.
// `out` is a fresh Check.
[[nodiscard]] Result<void> decode_check(JsonObject body, std::string_view outer, Scratch& scratch,
                                        Check& out);

// `outer` as above. `out` is a fresh Report.
[[nodiscard]] Result<void> decode_report(JsonObject body, std::string_view outer, Report& out);

}  // namespace fusebox::telemetry::detail
