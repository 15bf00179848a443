// The words that stand as values in agent telemetry: operations, providers, kinds of errors.
// vocabulary.cpp is data, as conventions.cpp is for names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fusebox::telemetry::detail {

// What a span is to us. One real call is often several spans, so most words are Step: counted
// where the call itself is.
enum class Role : std::uint8_t {
  Inference,  // one call of a model; the only role that has tokens and cost
  Tool,
  McpCall,     // a tool call as its MCP client sees it, often inside a Tool span
  Agent,       // one task of one agent
  AgentNode,   // called "agent" by a graph: an agent, a tool or a step
  Workflow,    // a task where agent work begins, else a step
  Handoff,     // work given to another agent
  Guardrail,   // a policy was asked
  Evaluation,  // a judgement of work done elsewhere
  Step,        // part of something that counts on its own, or administration
};

// The role of an operation's word in any convention: "chat", "LLM", "ai.toolCall".
[[nodiscard]] std::optional<Role> role_of_word(std::string_view word);

// The role that a span's name tells: "chat gpt-4.1" by its first word. `certain` says whether the
// name alone proves it; "chat room" is nothing unless the span has attributes of agent work.
struct NamedRole {
  Role role;
  bool certain;
};
[[nodiscard]] std::optional<NamedRole> role_of_name(std::string_view span_name);

// One spelling per provider: "az.ai.openai" is "azure.ai.openai". Unknown ones stay as they are.
[[nodiscard]] std::string_view provider_of(std::string_view spelling);

// The class of an error: timeout, rate_limit, overload, auth, invalid, tool_error, policy, network,
// other; or cancelled, which is an outcome of its own. `type` is an exception's class, an HTTP
// status or a word, in any spelling: case and punctuation do not count.
[[nodiscard]] std::string_view error_class_of(std::string_view type);
inline constexpr std::string_view kCancelledClass = "cancelled";
inline constexpr std::string_view kTimeoutClass = "timeout";
inline constexpr std::string_view kPolicyClass = "policy";
inline constexpr std::string_view kOtherClass = "other";

// Whether a guardrail's word stops the work: "deny", "block", "escalate".
[[nodiscard]] bool is_refusal(std::string_view verdict);

}  // namespace fusebox::telemetry::detail
