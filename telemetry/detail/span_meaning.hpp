// What one span says on its own: whether it counts, as what, and how it ended. Pure functions of a
// draft.
#pragma once

#include <optional>
#include <string_view>

#include "telemetry/detail/span_draft.hpp"
#include "telemetry/detail/vocabulary.hpp"
#include "telemetry/event.hpp"

namespace fusebox::telemetry::detail {

// The part that the span plays; Step if it counts elsewhere, nullopt if it is no agent work. To be
// asked before the fields of the resource are inherited.
[[nodiscard]] std::optional<Role> role_of(const SpanDraft& draft);

// Of every role but Step and AgentNode.
[[nodiscard]] EventKind kind_of(Role role);

// The outcome, and the class of the error where it is one ("" else). By falling weight: our own
// `fusebox.outcome`, a guardrail's refusal, a cancellation, any sign of failure. A span without
// any of these went well. A status of Ok outweighs a recorded exception, which was handled then.
struct Ending {
  Outcome outcome = Outcome::Ok;
  std::string_view error;
};
[[nodiscard]] Ending ending_of(const SpanDraft& draft);

// Tokens of a call of a model. `in` includes what came from a cache. Where the cached ones exceed
// all of them, the sender counts them apart, and they are added.
struct Usage {
  std::optional<std::int64_t> in;
  std::int64_t cached_in = 0;
  std::optional<std::int64_t> out;
};
[[nodiscard]] Usage usage_of(const FieldSet& fields);

// The tool of a tool call: by its attribute, its entity, or the span's name behind the operation.
[[nodiscard]] std::string_view tool_of(const SpanDraft& draft);

}  // namespace fusebox::telemetry::detail
