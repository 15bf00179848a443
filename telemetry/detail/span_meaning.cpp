#include "telemetry/detail/span_meaning.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.hpp"

namespace fusebox::telemetry::detail {
namespace {

// "chat" may begin anybody's span name; with one of these the span is about agents.
bool has_evidence(const FieldSet& fields) {
  constexpr std::array kEvidence{Field::Model,    Field::Provider,  Field::Tool,  Field::AgentName,
                                 Field::TokensIn, Field::TokensOut, Field::Permit};
  return std::any_of(kEvidence.begin(), kEvidence.end(),
                     [&fields](Field field) { return fields.has(field); });
}

std::optional<Role> role_by_name(const SpanDraft& draft) {
  const std::optional<NamedRole> named = role_of_name(draft.name);
  if (!named || !(named->certain || has_evidence(draft.fields))) return std::nullopt;
  return named->role;
}

// An MCP call has a span on both sides and often a third around them. The server's is the same
// call seen from behind; of the client's only tool calls are work.
Role role_of_mcp(const SpanDraft& draft) {
  const bool is_call = draft.fields.text(Field::McpMethod) == "tools/call";
  return draft.kind == SpanKind::Client && is_call ? Role::McpCall : Role::Step;
}

// Graph instrumentations go by the name: whatever has "agent" in it, tools included.
Role role_of_node(const FieldSet& fields) {
  if (fields.has(Field::Tool)) return Role::Tool;
  return fields.has(Field::AgentName) ? Role::Agent : Role::Workflow;
}

// Client spans are calls of remote agents, but not all: some instrumentations give that kind to
// agents in their own process as well. Where agent work begins, nobody is there to delegate.
bool calls_another(const SpanDraft& draft) {
  return draft.kind == SpanKind::Client && draft.parent != 0 && !draft.remote_parent;
}

bool failed(const SpanDraft& draft) {
  const FieldSet& fields = draft.fields;
  if (draft.status == SpanStatus::Error || fields.has(Field::ErrorType)) return true;
  if (fields.has(Field::ErrorClass)) return true;
  if (fields.has(Field::Success) && fields.integer(Field::Success) == 0) return true;
  return draft.has_exception && draft.status != SpanStatus::Ok;
}

std::string_view class_of_status(std::int64_t status) {
  std::array<char, 20> digits;
  const auto written = std::to_chars(digits.begin(), digits.end(), status);
  return error_class_of({digits.begin(), static_cast<std::size_t>(written.ptr - digits.begin())});
}

// The first source that tells more than "other".
std::string_view class_of_failure(const SpanDraft& draft) {
  const FieldSet& fields = draft.fields;
  for (const std::string_view type : {fields.text(Field::ErrorType), draft.exception_type}) {
    if (type.empty()) continue;
    if (const auto named = error_class_of(type); named != kOtherClass) return named;
  }
  if (fields.has(Field::HttpStatus)) return class_of_status(fields.integer(Field::HttpStatus));
  return kOtherClass;
}

Outcome outcome_of_class(std::string_view error) {
  return error == kTimeoutClass ? Outcome::Timeout : Outcome::Error;
}

std::int64_t add_saturated(std::int64_t a, std::int64_t b) {
  return a > INT64_MAX - b ? INT64_MAX : a + b;
}

std::int64_t count_or_zero(const FieldSet& fields, Field field) {
  return fields.has(field) ? fields.integer(field) : 0;
}

}  // namespace

std::optional<Role> role_of(const SpanDraft& draft) {
  const FieldSet& fields = draft.fields;
  const bool between_processes = draft.kind == SpanKind::Client || draft.kind == SpanKind::Server;
  if (fields.has(Field::McpMethod) && between_processes) return role_of_mcp(draft);
  std::optional<Role> role;
  if (fields.has(Field::Operation)) {
    role = static_cast<Role>(fields.integer(Field::Operation));
  } else {
    role = role_by_name(draft);
  }
  if (role == Role::AgentNode) return role_of_node(fields);
  if (role == Role::Agent && calls_another(draft)) return Role::Handoff;
  return role;
}

EventKind kind_of(Role role) {
  switch (role) {
    case Role::Inference:
      return EventKind::Llm;
    case Role::Tool:
    case Role::McpCall:
      return EventKind::Tool;
    case Role::Agent:
    case Role::Workflow:
      return EventKind::Task;
    case Role::Handoff:
      return EventKind::Delegation;
    case Role::Guardrail:
      return EventKind::Policy;
    case Role::Evaluation:
      return EventKind::Evaluation;
    case Role::AgentNode:
    case Role::Step:
      break;
  }
  FUSEBOX_ASSERT(false);
  return EventKind::Task;
}

Ending ending_of(const SpanDraft& draft) {
  const FieldSet& fields = draft.fields;
  const std::string_view own_class = fields.text(Field::ErrorClass);
  if (fields.has(Field::Outcome)) {
    return {static_cast<Outcome>(fields.integer(Field::Outcome)), own_class};
  }
  if (fields.has(Field::Verdict) && fields.integer(Field::Verdict) != 0) {
    return {Outcome::Denied, own_class.empty() ? kPolicyClass : own_class};
  }
  if (!failed(draft)) return {};
  const std::string_view error = own_class.empty() ? class_of_failure(draft) : own_class;
  if (error == kCancelledClass) return {Outcome::Cancelled, {}};
  return {outcome_of_class(error), error};
}

Usage usage_of(const FieldSet& fields) {
  Usage usage;
  usage.cached_in = count_or_zero(fields, Field::CachedIn);
  const std::int64_t apart =
      add_saturated(usage.cached_in, count_or_zero(fields, Field::CacheWritten));
  if (fields.has(Field::TokensIn)) {
    const std::int64_t in = fields.integer(Field::TokensIn);
    usage.in = usage.cached_in > in ? add_saturated(in, apart) : in;
  } else if (fields.has(Field::TokensInFresh)) {
    usage.in = add_saturated(fields.integer(Field::TokensInFresh), apart);
  }
  if (fields.has(Field::TokensOut)) usage.out = fields.integer(Field::TokensOut);
  return usage;
}

std::string_view tool_of(const SpanDraft& draft) {
  if (draft.fields.has(Field::Tool)) return draft.fields.text(Field::Tool);
  if (draft.fields.has(Field::Entity)) return draft.fields.text(Field::Entity);
  std::string_view name = draft.name;
  for (const std::string_view operation : {"execute_tool ", "tools/call "}) {
    if (name.starts_with(operation)) name.remove_prefix(operation.size());
  }
  return name.size() <= kTextBytesMax ? name : std::string_view{};
}

}  // namespace fusebox::telemetry::detail
