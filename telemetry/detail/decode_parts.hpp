// The bodies of `config` and `state` lines.
#pragma once

#include "telemetry/detail/json_fields.hpp"
#include "telemetry/journal_parts.hpp"

namespace fusebox::telemetry::detail {

// Fill everything but `at` and `kind`. Errors: InvalidField.
[[nodiscard]] Result<void> decode_config(JsonObject body, JournalPart& out);
[[nodiscard]] Result<void> decode_state(JsonObject body, JournalPart& out);

}  // namespace fusebox::telemetry::detail
