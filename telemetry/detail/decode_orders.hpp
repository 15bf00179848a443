// The bodies of what people order: kill, rearm, approval, force, raise; and what
// became of it: denial, terminator.
#pragma once

#include "base/result.hpp"
#include "telemetry/detail/json_fields.hpp"
#include "telemetry/input.hpp"

namespace fusebox::telemetry::detail {

// `out` is fresh in each of them.
[[nodiscard]] Result<void> decode_kill(JsonObject body, KillInput& out);
[[nodiscard]] Result<void> decode_rearm(JsonObject body, RearmInput& out);
[[nodiscard]] Result<void> decode_approval(JsonObject body, ApprovalInput& out);
[[nodiscard]] Result<void> decode_force(JsonObject body, ForceInput& out);
[[nodiscard]] Result<void> decode_raise(JsonObject body, RaiseInput& out);
[[nodiscard]] Result<void> decode_denial(JsonObject body, DenialInput& out);
[[nodiscard]] Result<void> decode_terminator(JsonObject body, TerminatorInput& out);

}  // namespace fusebox::telemetry::detail
