// The walk over the protobuf form of an OTLP trace request.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "telemetry/detail/span_events.hpp"

namespace fusebox::telemetry::detail {

// Feeds every span of `body` to `events`. Knows the schema and reads only what a draft takes; the
// rest is skipped by its length, so nesting costs nothing and nothing recurses. As protobuf wants
// it, unknown fields and fields of another wire type are skipped, and the last of a field wins.
// Error: InvalidProtobuf; `events` then holds a part.
[[nodiscard]] Result<void> walk_protobuf(std::string_view body, SpanEvents& events);

}  // namespace fusebox::telemetry::detail
