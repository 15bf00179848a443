// What a span is (task, model call, tool call, nothing) and how it ended.
#include <gtest/gtest.h>

#include "telemetry/otlp.hpp"
#include "tests/telemetry/otlp_support.hpp"

namespace fusebox::telemetry {
namespace {

using otlp_model::Attributes;
using otlp_model::Span;
using otlp_model::SpanEvent;

constexpr int kServer = 2;
constexpr int kClient = 3;
constexpr int kStatusOk = 1;
constexpr int kStatusError = 2;

struct KindRow {
  const char* attribute;
  const char* word;
  const char* kind;  // "" for a span that does not count
};

TEST(OtlpKind, EveryWordHasItsKind) {
  const char* const gen_ai = "gen_ai.operation.name";
  const char* const inference = "openinference.span.kind";
  const char* const traceloop = "traceloop.span.kind";
  const char* const ai = "ai.operationId";
  const std::vector<KindRow> rows = {
      {gen_ai, "chat", "llm"},
      {gen_ai, "generate_content", "llm"},
      {gen_ai, "text_completion", "llm"},
      {gen_ai, "embeddings", "llm"},
      {gen_ai, "execute_tool", "tool"},
      {gen_ai, "invoke_agent", "task"},
      {gen_ai, "invoke_workflow", "task"},
      {gen_ai, "run_guardrail", "policy"},
      {gen_ai, "retrieval", ""},
      {gen_ai, "create_agent", ""},
      {gen_ai, "plan", ""},
      {gen_ai, "agent_step", ""},
      {gen_ai, "fetch_response", ""},
      {gen_ai, "search_memory", ""},
      {inference, "LLM", "llm"},
      {inference, "EMBEDDING", "llm"},
      {inference, "TOOL", "tool"},
      {inference, "AGENT", "task"},
      {inference, "CHAIN", "task"},
      {inference, "GUARDRAIL", "policy"},
      {inference, "EVALUATOR", "evaluation"},
      {inference, "RETRIEVER", ""},
      {inference, "RERANKER", ""},
      {inference, "PROMPT", ""},
      {inference, "UNKNOWN", ""},
      {traceloop, "workflow", "task"},
      {traceloop, "agent", "task"},
      {traceloop, "tool", "tool"},
      {traceloop, "handoff", "delegation"},
      {traceloop, "task", ""},
      {"llm.request.type", "chat", "llm"},
      {"llm.request.type", "completion", "llm"},
      {"llm.request.type", "embedding", "llm"},
      {"llm.request.type", "rerank", ""},
      {ai, "ai.generateText", "task"},
      {ai, "ai.generateText.doGenerate", "llm"},
      {ai, "ai.streamText", "task"},
      {ai, "ai.streamText.doStream", "llm"},
      {ai, "ai.generateObject", "task"},
      {ai, "ai.generateObject.doGenerate", "llm"},
      {ai, "ai.streamObject", "task"},
      {ai, "ai.streamObject.doStream", "llm"},
      {ai, "ai.embed", ""},
      {ai, "ai.embed.doEmbed", "llm"},
      {ai, "ai.embedMany", ""},
      {ai, "ai.embedMany.doEmbed", "llm"},
      {ai, "ai.toolCall", "tool"},
  };
  for (const KindRow& row : rows) {
    SCOPED_TRACE(std::string(row.attribute) + "=" + row.word);
    Span span;
    span.attributes = {{row.attribute, row.word}};
    const Decoded out = decode_spans({span});
    const bool counts = *row.kind != '\0';
    ASSERT_EQ(out.events.size(), counts ? 1U : 0U);
    EXPECT_EQ(out.counts.ignored, counts ? 0U : 1U);
    if (counts) {
      EXPECT_TRUE(out.events[0].starts_with(std::string("kind=") + row.kind + " "));
    }
  }
}

// A name alone proves nothing, unless it is nobody else's.
TEST(OtlpKind, TheSpansNameIsTheLastResort) {
  struct Row {
    const char* name;
    Attributes attributes;
    std::size_t events;
  };
  const std::vector<Row> rows = {
      {"chat gpt-4", {{"gen_ai.request.model", "gpt-4"}}, 1},
      {"chat gpt-4", {{"gen_ai.system", "openai"}}, 1},
      {"chat room", {{"http.request.method", "GET"}}, 0},
      {"execute_tool x", {{"gen_ai.tool.name", "x"}}, 1},
      {"claude_code.llm_request", {}, 1},
      {"claude_code.hook", {}, 0},
      {"GET /", {{"gen_ai.request.model", "gpt-4"}}, 0},
      {"", {{"gen_ai.request.model", "gpt-4"}}, 0},
  };
  for (const Row& row : rows) {
    Span span;
    span.name = row.name;
    span.attributes = row.attributes;
    EXPECT_EQ(decode_spans({span}).events.size(), row.events) << row.name;
  }
}

// A span about calling another agent: the caller is the service, the other one is to_agent.
TEST(OtlpKind, ARemoteAgentIsADelegation) {
  const std::string delegation =
      "kind=delegation agent=shop to_agent=helper outcome=ok duration_ms=1500";
  const std::string task = "kind=task agent=helper outcome=ok duration_ms=1500";
  struct Row {
    int kind;
    const char* parent;
    std::uint32_t flags;
    std::string event;
  };
  for (const Row& row : {Row{kClient, "00000000000000a1", 0, delegation},
                         Row{kClient, "00000000000000a1", 0x300, task}, Row{kClient, "", 0, task},
                         Row{1, "00000000000000a1", 0, task}}) {
    Span span;
    span.kind = row.kind;
    span.parent_id = row.parent;
    span.flags = row.flags;
    span.attributes = {{"gen_ai.operation.name", "invoke_agent"}, {"gen_ai.agent.name", "helper"}};
    EXPECT_EQ(event_of(span), row.event) << row.kind << row.parent << row.flags;
  }
}

TEST(OtlpKind, AToolWithAgentInItsNameIsATool) {
  Span span;
  span.name = "ask_agent";
  span.attributes = {{"openinference.span.kind", "AGENT"}, {"tool.name", "ask_agent"}};
  EXPECT_EQ(event_of(span), "kind=tool agent=shop tool=ask_agent outcome=ok duration_ms=1500");
}

TEST(OtlpKind, AHandoffNamesBothAgents) {
  Span span;
  span.attributes = {{"traceloop.span.kind", "handoff"},
                     {"gen_ai.handoff.from_agent", "a"},
                     {"gen_ai.handoff.to_agent", "b"}};
  EXPECT_EQ(event_of(span), "kind=delegation agent=a to_agent=b outcome=ok duration_ms=1500");
}

TEST(OtlpKind, AToolWithoutNameIsCalledLikeItsSpan) {
  for (const auto& [name, tool] :
       {std::pair{"execute_tool weather", "weather"}, std::pair{"search", "search"}}) {
    Span span;
    span.name = name;
    span.attributes = {{"gen_ai.operation.name", "execute_tool"}};
    EXPECT_EQ(event_of(span),
              std::string("kind=tool agent=shop tool=") + tool + " outcome=ok duration_ms=1500");
  }
}

TEST(OtlpKind, OfMcpOnlyTheClientsToolCallsCount) {
  struct Row {
    int kind;
    const char* method;
    std::size_t events;
  };
  for (const Row& row : {Row{kClient, "tools/call", 1}, Row{kClient, "initialize", 0},
                         Row{kClient, "tools/list", 0}, Row{kServer, "tools/call", 0}}) {
    Span span;
    span.kind = row.kind;
    span.name = "tools/call weather";
    span.attributes = {{"mcp.method.name", row.method}, {"gen_ai.operation.name", "execute_tool"}};
    const Decoded out = decode_spans({span});
    ASSERT_EQ(out.events.size(), row.events) << row.kind << row.method;
    if (row.events == 1) {
      EXPECT_TRUE(out.events[0].starts_with("kind=tool agent=shop tool=weather "));
    }
  }
}

struct OutcomeRow {
  std::string name;
  int status;
  Attributes attributes;
  std::vector<SpanEvent> events;
  std::string says;
};

const SpanEvent kException{"exception", {{"exception.type", "openai.RateLimitError"}}};

TEST(OtlpOutcome, StrongerSignsGoFirst) {
  const std::vector<OutcomeRow> rows = {
      {"Unset", 0, {}, {}, "outcome=ok"},
      {"Ok", kStatusOk, {}, {}, "outcome=ok"},
      {"Error", kStatusError, {}, {}, "outcome=error error=other"},
      {"ErrorType", 0, {{"error.type", "ValueError"}}, {}, "outcome=error error=other"},
      {"Exception", 0, {}, {kException}, "outcome=error error=rate_limit"},
      {"HandledException", kStatusOk, {}, {kException}, "outcome=ok"},
      {"ExceptionWithoutType", 0, {}, {{"exception", {}}}, "outcome=error error=other"},
      {"OtherEvent", 0, {}, {{"retry", {{"exception.type", "X"}}}}, "outcome=ok"},
      {"TypeBeforeException",
       kStatusError,
       {{"error.type", "timeout"}},
       {kException},
       "outcome=timeout error=timeout"},
      {"ExceptionSaysMore",
       kStatusError,
       {{"error.type", "_OTHER"}},
       {kException},
       "outcome=error error=rate_limit"},
      {"StatusCodeSaysMore",
       kStatusError,
       {{"http.response.status_code", 529}},
       {},
       "outcome=error error=overload"},
      {"Cancelled", kStatusError, {{"error.type", "CancelledError"}}, {}, "outcome=cancelled"},
      {"VerdictBeforeError",
       kStatusError,
       {{"gen_ai.guardrail.verdict.type", "deny"}},
       {},
       "outcome=denied error=policy"},
      {"OwnOutcomeBeforeAll",
       kStatusError,
       {{"fusebox.outcome", "ok"}, {"error.type", "timeout"}},
       {kException},
       "outcome=ok"},
      {"OwnErrorClass",
       kStatusError,
       {{"fusebox.error", "disk_full"}, {"error.type", "timeout"}},
       {},
       "outcome=error error=disk_full"},
      {"UnknownStatus", 7, {}, {}, "outcome=ok"},
  };
  for (const OutcomeRow& row : rows) {
    SCOPED_TRACE(row.name);
    Span span;
    span.attributes = row.attributes;
    span.attributes.push_back({"gen_ai.operation.name", "chat"});
    span.events = row.events;
    span.status = row.status;
    EXPECT_EQ(event_of(span), "kind=llm agent=shop " + row.says + " duration_ms=1500");
  }
}

TEST(OtlpOutcome, ErrorsHaveAClassInAnySpelling) {
  const std::vector<std::pair<const char*, const char*>> rows = {
      {"timeout", "timeout"},
      {"openai.APITimeoutError", "timeout"},
      {"java.net.SocketTimeoutException", "timeout"},
      {"DEADLINE_EXCEEDED", "timeout"},
      {"504", "timeout"},
      {"429", "rate_limit"},
      {"rate_limit_exceeded", "rate_limit"},
      {"ThrottlingException", "rate_limit"},
      {"Too Many Requests", "rate_limit"},
      {"insufficient_quota", "rate_limit"},
      {"503", "overload"},
      {"overloaded_error", "overload"},
      {"ServiceUnavailable", "overload"},
      {"401", "auth"},
      {"AuthenticationError", "auth"},
      {"PermissionDeniedError", "auth"},
      {"content_filter", "policy"},
      {"GuardrailTripwireTriggered", "policy"},
      {"ECONNREFUSED", "network"},
      {"APIConnectionError", "network"},
      {"502", "network"},
      {"tool_error", "tool_error"},
      {"ToolException", "tool_error"},
      {"BadRequestError", "invalid"},
      {"422", "invalid"},
      {"500", "other"},
      {"4290", "other"},
      {"KeyError", "other"},
      {"_OTHER", "other"},
  };
  for (const auto& [type, name] : rows) {
    Span span;
    span.attributes = {{"gen_ai.operation.name", "chat"}, {"error.type", type}};
    const std::string event = event_of(span);
    EXPECT_NE(event.find(std::string(" error=") + name + " "), std::string::npos)
        << type << ": " << event;
  }
}

TEST(OtlpOutcome, CancellationIsNoError) {
  for (const char* type : {"cancelled", "asyncio.CancelledError", "AbortError", "context canceled",
                           "GraphInterrupt", "499"}) {
    Span span;
    span.status = kStatusError;
    span.attributes = {{"gen_ai.operation.name", "chat"}, {"error.type", type}};
    EXPECT_EQ(event_of(span), "kind=llm agent=shop outcome=cancelled duration_ms=1500") << type;
  }
}

}  // namespace
}  // namespace fusebox::telemetry
