#include "telemetry/detail/vocabulary.hpp"

#include <algorithm>
#include <array>

namespace fusebox::telemetry::detail {
namespace {

struct Word {
  std::string_view word;
  Role role;
};

// Sorted by word (the compiler checks), so that a lookup is a binary search.
constexpr Word kWords[] = {
    {"AGENT", Role::AgentNode},
    {"CHAIN", Role::Workflow},
    {"EMBEDDING", Role::Inference},
    {"EVALUATOR", Role::Evaluation},
    {"GUARDRAIL", Role::Guardrail},
    {"LLM", Role::Inference},
    {"PROMPT", Role::Step},
    {"RERANKER", Role::Step},
    {"RETRIEVER", Role::Step},
    {"TOOL", Role::Tool},
    {"agent", Role::Agent},
    {"agent_step", Role::Step},
    {"ai.embed", Role::Step},
    {"ai.embed.doEmbed", Role::Inference},
    {"ai.embedMany", Role::Step},
    {"ai.embedMany.doEmbed", Role::Inference},
    {"ai.generateObject", Role::Workflow},
    {"ai.generateObject.doGenerate", Role::Inference},
    {"ai.generateText", Role::Workflow},
    {"ai.generateText.doGenerate", Role::Inference},
    {"ai.streamObject", Role::Workflow},
    {"ai.streamObject.doStream", Role::Inference},
    {"ai.streamText", Role::Workflow},
    {"ai.streamText.doStream", Role::Inference},
    {"ai.toolCall", Role::Tool},
    {"chat", Role::Inference},
    {"claude_code.hook", Role::Step},
    {"claude_code.interaction", Role::Agent},
    {"claude_code.llm_request", Role::Inference},
    {"claude_code.tool", Role::Tool},
    {"claude_code.tool.blocked_on_user", Role::Step},
    {"claude_code.tool.execution", Role::Step},
    {"completion", Role::Inference},
    {"create_agent", Role::Step},
    {"embedding", Role::Inference},
    {"embeddings", Role::Inference},
    {"execute_tool", Role::Tool},
    {"fetch_response", Role::Step},
    {"generate_content", Role::Inference},
    {"handoff", Role::Handoff},
    {"invoke_agent", Role::Agent},
    {"invoke_workflow", Role::Workflow},
    {"plan", Role::Step},
    {"rerank", Role::Step},
    {"retrieval", Role::Step},
    {"run_guardrail", Role::Guardrail},
    {"task", Role::Step},
    {"text_completion", Role::Inference},
    {"tool", Role::Tool},
    {"workflow", Role::Workflow},
};

constexpr bool before(const Word& a, std::string_view word) { return a.word < word; }

static_assert(std::is_sorted(std::begin(kWords), std::end(kWords),
                             [](const Word& a, const Word& b) { return a.word < b.word; }));

// Words that begin span names by convention. Those with a dot are nobody else's.
constexpr std::string_view kSpanNameWords[] = {
    "chat",
    "claude_code.hook",
    "claude_code.interaction",
    "claude_code.llm_request",
    "claude_code.tool",
    "claude_code.tool.blocked_on_user",
    "claude_code.tool.execution",
    "embeddings",
    "execute_tool",
    "generate_content",
    "invoke_agent",
    "invoke_workflow",
    "text_completion",
};

struct Spelling {
  std::string_view folded;  // what fold() makes of it
  std::string_view name;
};

constexpr Spelling kProviders[] = {
    {"amazonbedrock", "aws.bedrock"},
    {"anthropic", "anthropic"},
    {"anthropicmessages", "anthropic"},
    {"aws", "aws.bedrock"},
    {"azaiinference", "azure.ai.inference"},
    {"azaiopenai", "azure.ai.openai"},
    {"azure", "azure.ai.openai"},
    {"azureopenai", "azure.ai.openai"},
    {"azureopenaichat", "azure.ai.openai"},
    {"bedrock", "aws.bedrock"},
    {"cohere", "cohere"},
    {"coherechat", "cohere"},
    {"deepseek", "deepseek"},
    {"deepseekchat", "deepseek"},
    {"gemini", "gcp.gemini"},
    {"google", "gcp.gemini"},
    {"googlegenerativeai", "gcp.gemini"},
    {"googlevertexchat", "gcp.vertex_ai"},
    {"groq", "groq"},
    {"groqchat", "groq"},
    {"mistral", "mistral_ai"},
    {"mistralai", "mistral_ai"},
    {"mistralchat", "mistral_ai"},
    {"openai", "openai"},
    {"openaichat", "openai"},
    {"openaicompletion", "openai"},
    {"openairesponses", "openai"},
    {"perplexity", "perplexity"},
    {"vertexai", "gcp.vertex_ai"},
    {"watsonx", "ibm.watsonx.ai"},
    {"xai", "x_ai"},
    {"xaichat", "x_ai"},
};

struct ErrorSign {
  std::string_view sign;  // folded; digits stand for the whole type, words for a part of it
  std::string_view name;
};

// The first sign that is found decides: "ConnectTimeout" is a timeout, "RateLimitError" is not
// "invalid" because of anything behind it.
constexpr ErrorSign kErrorSigns[] = {
    {"cancel", kCancelledClass},
    {"aborterror", kCancelledClass},
    {"graphinterrupt", kCancelledClass},
    {"graphbubbleup", kCancelledClass},
    {"499", kCancelledClass},
    {"timeout", kTimeoutClass},
    {"timedout", kTimeoutClass},
    {"deadline", kTimeoutClass},
    {"408", kTimeoutClass},
    {"504", kTimeoutClass},
    {"ratelimit", "rate_limit"},
    {"toomanyrequests", "rate_limit"},
    {"throttl", "rate_limit"},
    {"resourceexhausted", "rate_limit"},
    {"quota", "rate_limit"},
    {"429", "rate_limit"},
    {"overload", "overload"},
    {"unavailable", "overload"},
    {"503", "overload"},
    {"529", "overload"},
    {"contentfilter", kPolicyClass},
    {"guardrail", kPolicyClass},
    {"policy", kPolicyClass},
    {"safety", kPolicyClass},
    {"blocked", kPolicyClass},
    {"moderation", kPolicyClass},
    {"unauthorized", "auth"},
    {"authentication", "auth"},
    {"unauthenticated", "auth"},
    {"permission", "auth"},
    {"forbidden", "auth"},
    {"apikey", "auth"},
    {"401", "auth"},
    {"403", "auth"},
    {"connect", "network"},
    {"network", "network"},
    {"socket", "network"},
    {"dnserror", "network"},
    {"econn", "network"},
    {"enotfound", "network"},
    {"unreachable", "network"},
    {"brokenpipe", "network"},
    {"502", "network"},
    {"tool", "tool_error"},
    {"badrequest", "invalid"},
    {"invalid", "invalid"},
    {"validation", "invalid"},
    {"unprocessable", "invalid"},
    {"notfound", "invalid"},
    {"400", "invalid"},
    {"404", "invalid"},
    {"422", "invalid"},
};

constexpr std::size_t kFoldedBytesMax = 128;  // what stands behind it decides nothing

constexpr char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool counts(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Letters in lower case and digits; nothing else.
class Folded {
 public:
  explicit Folded(std::string_view text) {
    for (const char c : text.substr(0, kFoldedBytesMax)) {
      if (const char folded = fold(c); counts(folded)) bytes_[size_++] = folded;
    }
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, kFoldedBytesMax> bytes_;
  std::size_t size_ = 0;
};

bool matches(std::string_view folded, std::string_view sign) {
  const bool is_code = sign.front() >= '0' && sign.front() <= '9';
  return is_code ? folded == sign : folded.find(sign) != std::string_view::npos;
}

}  // namespace

std::optional<Role> role_of_word(std::string_view word) {
  const auto* found = std::lower_bound(std::begin(kWords), std::end(kWords), word, before);
  if (found == std::end(kWords) || found->word != word) return std::nullopt;
  return found->role;
}

std::optional<NamedRole> role_of_name(std::string_view span_name) {
  const std::string_view word = span_name.substr(0, span_name.find(' '));
  if (!std::binary_search(std::begin(kSpanNameWords), std::end(kSpanNameWords), word)) {
    return std::nullopt;
  }
  return NamedRole{*role_of_word(word), word.find('.') != std::string_view::npos};
}

std::string_view provider_of(std::string_view spelling) {
  const Folded folded(spelling);
  const auto* found = std::lower_bound(
      std::begin(kProviders), std::end(kProviders), folded.view(),
      [](const Spelling& row, std::string_view text) { return row.folded < text; });
  if (found == std::end(kProviders) || found->folded != folded.view()) return spelling;
  return found->name;
}

std::string_view error_class_of(std::string_view type) {
  const Folded folded(type);
  for (const ErrorSign& row : kErrorSigns) {
    if (matches(folded.view(), row.sign)) return row.name;
  }
  return kOtherClass;
}

bool is_refusal(std::string_view verdict) {
  constexpr std::string_view kRefusals[] = {"block", "blocked", "denied", "deny", "escalate"};
  return std::binary_search(std::begin(kRefusals), std::end(kRefusals), verdict);
}

}  // namespace fusebox::telemetry::detail
