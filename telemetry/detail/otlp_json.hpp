// The walk over the JSON form of an OTLP trace request.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "telemetry/detail/json_fields.hpp"
#include "telemetry/detail/span_events.hpp"

namespace fusebox::telemetry::detail {

// Parses whole requests and keeps the memory for the next, up to a bound.
class OtlpJson {
 public:
  OtlpJson();

  // Feeds every span of `body` to `events`. Unknown members are skipped, null is absent; a member
  // that is known and has a wrong type or stands twice is an error, because then nothing behind it
  // can be trusted to mean what it says. `events` views into this object until the next walk.
  // Errors: InvalidJson, InvalidUtf8, TooDeep, TooLarge, InvalidField.
  [[nodiscard]] Result<void> walk(std::string_view body, SpanEvents& events);

  // Gives back what a large body needed. What events view is gone then.
  void shrink();

 private:
  void allocate();

  simdjson::dom::parser parser_;
  std::string padded_;  // the body, with room behind it that simdjson may read
};

}  // namespace fusebox::telemetry::detail
