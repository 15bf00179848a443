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

// `outer` is how errors name the object: "event" on a journal line, "" if it is the whole body.
// `out` is a fresh Event.
[[nodiscard]] Result<void> decode_event(JsonObject body, std::string_view outer, Scratch& scratch,
                                        Event& out);

}  // namespace fusebox::telemetry::detail
