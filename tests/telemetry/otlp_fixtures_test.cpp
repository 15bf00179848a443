// Traces as the instrumentations of our day write them, one per convention, and the events that
// they come to.
#include <gtest/gtest.h>

#include "telemetry/otlp.hpp"
#include "tests/telemetry/otlp_support.hpp"

namespace fusebox::telemetry {
namespace {

using otlp_model::Attributes;
using otlp_model::Span;
using otlp_model::Texts;

Span span_of(std::string id, std::string parent, std::string name, int kind,
             Attributes attributes) {
  Span span;
  span.span_id = std::move(id);
  span.parent_id = std::move(parent);
  span.name = std::move(name);
  span.kind = kind;
  span.attributes = std::move(attributes);
  return span;
}

constexpr int kInternal = 1;
constexpr int kClient = 3;

struct Fixture {
  std::string name;
  std::vector<Span> spans;
  std::vector<std::string> events;
};

const std::string kRoot = "00000000000000a0";
const std::string kFirst = "00000000000000a1";
const std::string kSecond = "00000000000000a2";
const std::string kThird = "00000000000000a3";

Fixture current_genai() {
  return {"OpenTelemetryGenAi",
          {span_of(kRoot, "", "invoke_agent planner", kInternal,
                   {{"gen_ai.operation.name", "invoke_agent"},
                    {"gen_ai.agent.name", "planner"},
                    {"gen_ai.conversation.id", "c-1"},
                    {"gen_ai.usage.input_tokens", 1200}}),
           span_of(kFirst, kRoot, "chat gpt-4.1", kClient,
                   {{"gen_ai.operation.name", "chat"},
                    {"gen_ai.provider.name", "openai"},
                    {"gen_ai.agent.name", "planner"},
                    {"gen_ai.conversation.id", "c-1"},
                    {"gen_ai.request.model", "gpt-4.1"},
                    {"gen_ai.response.model", "gpt-4.1-2025-04-14"},
                    {"gen_ai.response.finish_reasons", Texts{"stop"}},
                    {"gen_ai.usage.input_tokens", 1200},
                    {"gen_ai.usage.cache_read.input_tokens", 1000},
                    {"gen_ai.usage.output_tokens", 80},
                    {"gen_ai.response.time_to_first_chunk", 0.25},
                    {"gen_ai.request.temperature", 0.5},
                    {"gen_ai.input.messages", "[{\"role\":\"user\"}]"},
                    {"server.address", "api.openai.com"}}),
           span_of(kSecond, kRoot, "execute_tool weather", kInternal,
                   {{"gen_ai.operation.name", "execute_tool"},
                    {"gen_ai.agent.name", "planner"},
                    {"gen_ai.tool.name", "weather"},
                    {"gen_ai.tool.call.id", "call-7"},
                    {"gen_ai.tool.call.arguments", "{\"city\":\"Rome\"}"}})},
          {"kind=task agent=planner session=c-1 outcome=ok duration_ms=1500",
           "kind=llm agent=planner session=c-1 model=gpt-4.1-2025-04-14 provider=openai outcome=ok "
           "duration_ms=1500 ttft_ms=250 tokens_in=1200 tokens_out=80 "
           "[gen_ai.request.temperature]=0.5 [server.address]=api.openai.com",
           "kind=tool agent=planner tool=weather outcome=ok duration_ms=1500 "
           "[gen_ai.tool.call.id]=call-7"}};
}

// Up to 1.36: gen_ai.system.
Fixture previous_genai() {
  return {"GenAiWithSystem",
          {span_of(kFirst, kRoot, "chat gpt-4o", kClient,
                   {{"gen_ai.operation.name", "chat"},
                    {"gen_ai.system", "az.ai.openai"},
                    {"gen_ai.request.model", "gpt-4o"},
                    {"gen_ai.usage.input_tokens", 10},
                    {"gen_ai.usage.output_tokens", 2}})},
          {"kind=llm agent=shop model=gpt-4o provider=azure.ai.openai outcome=ok duration_ms=1500 "
           "tokens_in=10 tokens_out=2"}};
}

// Up to 1.26: prompt and completion tokens.
Fixture oldest_genai() {
  return {"GenAiWithPromptTokens",
          {span_of(kFirst, kRoot, "chat claude-3", kClient,
                   {{"gen_ai.system", "anthropic"},
                    {"gen_ai.request.model", "claude-3"},
                    {"gen_ai.usage.prompt_tokens", 7},
                    {"gen_ai.usage.completion_tokens", 3},
                    {"gen_ai.prompt", "secret question"}})},
          {"kind=llm agent=shop model=claude-3 provider=anthropic outcome=ok duration_ms=1500 "
           "tokens_in=7 tokens_out=3"}};
}

// A LangGraph run: the graph is the task, its nodes are steps, whatever they are called.
Fixture open_inference() {
  return {"OpenInference",
          {span_of(kRoot, "", "LangGraph", kInternal,
                   {{"openinference.span.kind", "CHAIN"}, {"session.id", "s-1"}}),
           span_of(kFirst, kRoot, "agent", kInternal,
                   {{"openinference.span.kind", "AGENT"}, {"session.id", "s-1"}}),
           span_of(kSecond, kFirst, "ChatOpenAI", kInternal,
                   {{"openinference.span.kind", "LLM"},
                    {"session.id", "s-1"},
                    {"user.id", "u-1"},
                    {"llm.model_name", "gpt-4o"},
                    {"llm.provider", "openai"},
                    {"llm.token_count.prompt", 100},
                    {"llm.token_count.completion", 20},
                    {"llm.token_count.total", 120},
                    {"llm.cost.total", 0.00123},
                    {"llm.input_messages.0.message.role", "user"},
                    {"llm.input_messages.0.message.content", "secret"},
                    {"input.value", "secret"},
                    {"output.mime_type", "application/json"}}),
           span_of(kThird, kRoot, "search", kInternal,
                   {{"openinference.span.kind", "TOOL"},
                    {"tool.name", "search"},
                    {"output.value", "secret"}})},
          {"kind=task agent=shop session=s-1 outcome=ok duration_ms=1500",
           "kind=llm agent=shop user=u-1 session=s-1 model=gpt-4o provider=openai outcome=ok "
           "duration_ms=1500 tokens_in=100 tokens_out=20 cost_usd=0.00123 "
           "[llm.token_count.total]=120 [output.mime_type]=application/json",
           "kind=tool agent=shop tool=search outcome=ok duration_ms=1500"}};
}

Fixture open_llmetry() {
  return {"OpenLlmetry",
          {span_of(kRoot, "", "crewai.workflow", kInternal,
                   {{"traceloop.span.kind", "workflow"}, {"traceloop.entity.name", "crew"}}),
           span_of(kFirst, kRoot, "Researcher.agent", kInternal,
                   {{"traceloop.span.kind", "agent"}, {"traceloop.entity.name", "Researcher"}}),
           span_of(kSecond, kFirst, "openai.chat", kClient,
                   {{"llm.request.type", "chat"},
                    {"gen_ai.system", "OpenAI"},
                    {"gen_ai.response.model", "gpt-4o"},
                    {"gen_ai.usage.prompt_tokens", 5},
                    {"gen_ai.usage.completion_tokens", 6},
                    {"gen_ai.usage.cache_read_input_tokens", 4},
                    {"gen_ai.prompt.0.content", "secret"},
                    {"traceloop.association.properties.session_id", "s-2"},
                    {"traceloop.association.properties.user_id", "u-2"}}),
           span_of(kThird, kFirst, "fetch.tool", kInternal,
                   {{"traceloop.span.kind", "tool"},
                    {"traceloop.entity.name", "fetch"},
                    {"traceloop.entity.input", "secret"}})},
          {"kind=task agent=shop outcome=ok duration_ms=1500",
           "kind=task agent=Researcher outcome=ok duration_ms=1500",
           "kind=llm agent=shop user=u-2 session=s-2 model=gpt-4o provider=openai outcome=ok "
           "duration_ms=1500 tokens_in=5 tokens_out=6",
           "kind=tool agent=shop tool=fetch outcome=ok duration_ms=1500"}};
}

// Version 7 puts the usage of a call on the agent as well: it counts at the call.
Fixture ai_sdk() {
  return {"AiSdk7",
          {span_of(kRoot, "", "invoke_agent mock", kInternal,
                   {{"gen_ai.operation.name", "invoke_agent"}, {"gen_ai.usage.input_tokens", 10}}),
           span_of(kFirst, kRoot, "step 1", kInternal,
                   {{"gen_ai.operation.name", "agent_step"}, {"gen_ai.usage.input_tokens", 10}}),
           span_of(kSecond, kFirst, "chat mock", kClient,
                   {{"gen_ai.operation.name", "chat"},
                    {"gen_ai.request.model", "mock"},
                    {"gen_ai.usage.input_tokens", 10},
                    {"gen_ai.usage.output_tokens", 20}})},
          {"kind=task agent=shop outcome=ok duration_ms=1500",
           "kind=llm agent=shop model=mock outcome=ok duration_ms=1500 tokens_in=10 "
           "tokens_out=20"}};
}

Fixture older_ai_sdk() {
  return {"AiSdk6",
          {span_of(kRoot, "", "ai.generateText", kInternal,
                   {{"ai.operationId", "ai.generateText"},
                    {"ai.usage.promptTokens", 9},
                    {"ai.prompt", "secret"}}),
           span_of(kFirst, kRoot, "ai.generateText.doGenerate", kInternal,
                   {{"ai.operationId", "ai.generateText.doGenerate"},
                    {"ai.model.id", "gpt-4o-mini"},
                    {"ai.model.provider", "openai.chat"},
                    {"ai.usage.promptTokens", 9},
                    {"ai.usage.completionTokens", 4},
                    {"ai.response.msToFirstChunk", 120.5},
                    {"ai.telemetry.metadata.userId", "u-3"},
                    {"ai.prompt.messages", "secret"}}),
           span_of(kSecond, kRoot, "ai.toolCall", kInternal,
                   {{"ai.operationId", "ai.toolCall"},
                    {"ai.toolCall.name", "sum"},
                    {"ai.toolCall.args", "secret"}})},
          {"kind=task agent=shop outcome=ok duration_ms=1500",
           "kind=llm agent=shop user=u-3 model=gpt-4o-mini provider=openai outcome=ok "
           "duration_ms=1500 ttft_ms=120.5 tokens_in=9 tokens_out=4",
           "kind=tool agent=shop tool=sum outcome=ok duration_ms=1500"}};
}

// Input tokens without the cached ones, named by bare words.
Fixture claude_code() {
  return {"ClaudeCode",
          {span_of(kRoot, "", "claude_code.interaction", kInternal,
                   {{"session.id", "s-4"}, {"user_prompt", "secret"}}),
           span_of(kFirst, kRoot, "claude_code.llm_request", kInternal,
                   {{"session.id", "s-4"},
                    {"prompt.id", "p-1"},
                    {"model", "claude-opus-4"},
                    {"input_tokens", 10},
                    {"cache_read_tokens", 5},
                    {"cache_creation_tokens", 3},
                    {"output_tokens", 7},
                    {"ttft_ms", 900},
                    {"success", true},
                    {"attempt", 1}}),
           span_of(kSecond, kRoot, "claude_code.tool", kInternal,
                   {{"session.id", "s-4"}, {"tool_name", "Bash"}, {"tool_input", "secret"}}),
           span_of(kThird, kSecond, "claude_code.tool.execution", kInternal,
                   {{"session.id", "s-4"}, {"tool_name", "Bash"}})},
          {"kind=task agent=shop session=s-4 outcome=ok duration_ms=1500",
           "kind=llm agent=shop session=s-4 task=p-1 model=claude-opus-4 outcome=ok "
           "duration_ms=1500 ttft_ms=900 tokens_in=18 tokens_out=7 [attempt]=1",
           "kind=tool agent=shop session=s-4 tool=Bash outcome=ok duration_ms=1500"}};
}

TEST(OtlpFixtures, EveryConventionGivesItsEvents) {
  for (const Fixture& fixture :
       {current_genai(), previous_genai(), oldest_genai(), open_inference(), open_llmetry(),
        ai_sdk(), older_ai_sdk(), claude_code()}) {
    SCOPED_TRACE(fixture.name);
    const Decoded out = decode_spans(fixture.spans);
    EXPECT_EQ(out.events, fixture.events);
    EXPECT_EQ(out.counts.rejected, 0U) << out.rejection;
  }
}

TEST(OtlpFixtures, NothingThatPeopleWroteIsKept) {
  for (const Fixture& fixture : {current_genai(), oldest_genai(), open_inference(), open_llmetry(),
                                 ai_sdk(), older_ai_sdk(), claude_code()}) {
    for (const std::string& event : decode_spans(fixture.spans).events) {
      EXPECT_EQ(event.find("secret"), std::string::npos) << event;
    }
  }
}

}  // namespace
}  // namespace fusebox::telemetry
