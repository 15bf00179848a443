// The body of an event line.
#pragma once

#include "base/result.hpp"
#include "telemetry/detail/document_reader.hpp"
#include "telemetry/event.hpp"

namespace fusebox::telemetry::detail {

// Memory that decoding a line needs and the next line uses again. What a line's input points to
// lives here.
struct Scratch {
  DocumentReader documents;
  std::vector<ExtraMember> extras;
  policy::DynamicDocument args;
  policy::DynamicDocument attributes;
};

// `out` is a fresh Event.
[[nodiscard]] Result<void> decode_event(JsonObject body, Scratch& scratch, Event& out);

}  // namespace fusebox::telemetry::detail
