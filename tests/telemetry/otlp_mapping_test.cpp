// Every attribute name that means something, one row each: what stands on the span, and what the
// event then says. The rows are written out here and not taken from the decoder's table.
#include <algorithm>

#include <gtest/gtest.h>

#include "telemetry/detail/conventions.hpp"
#include "telemetry/otlp.hpp"
#include "tests/telemetry/otlp_support.hpp"

namespace fusebox::telemetry {
namespace {

using otlp_model::Attribute;
using otlp_model::Attributes;
using otlp_model::Span;
using otlp_model::Texts;

struct Row {
  Attribute attribute;
  std::string says;  // part of the event as shown()
};

Span chat_with(const Attribute& attribute) {
  Span span;
  span.attributes = {{"gen_ai.operation.name", "chat"}, attribute};
  return span;
}

// Whether `text` says `part` as whole words.
bool says(const std::string& text, const std::string& part) {
  return (" " + text + " ").find(" " + part + " ") != std::string::npos;
}

void expect_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const std::string event = event_of(chat_with(row.attribute));
    EXPECT_TRUE(says(event, row.says)) << row.attribute.key << ": " << event;
    EXPECT_EQ(event.find('['), std::string::npos) << row.attribute.key << ": " << event;
  }
}

TEST(OtlpMapping, WhoAndWhere) {
  expect_rows({
      {{"fusebox.agent", "x"}, "agent=x"},
      {{"gen_ai.handoff.from_agent", "x"}, "agent=x"},
      {{"gen_ai.agent.name", "x"}, "agent=x"},
      {{"agent.name", "x"}, "agent=x"},
      {{"gen_ai.agent.id", "x"}, "agent=x"},
      {{"agent_id", "x"}, "agent=x"},
      {{"service.name", "x"}, "agent=x"},
      {{"openinference.project.name", "x"}, "agent=x"},
      {{"fusebox.tenant", "x"}, "tenant=x"},
      {{"tenant.id", "x"}, "tenant=x"},
      {{"fusebox.environment", "x"}, "environment=x"},
      {{"deployment.environment.name", "x"}, "environment=x"},
      {{"deployment.environment", "x"}, "environment=x"},
      {{"fusebox.version", "x"}, "version=x"},
      {{"gen_ai.agent.version", "x"}, "version=x"},
      {{"service.version", "x"}, "version=x"},
      {{"fusebox.user", "x"}, "user=x"},
      {{"user.id", "x"}, "user=x"},
      {{"enduser.id", "x"}, "user=x"},
      {{"traceloop.association.properties.user_id", "x"}, "user=x"},
      {{"ai.telemetry.metadata.userId", "x"}, "user=x"},
      {{"fusebox.session", "x"}, "session=x"},
      {{"gen_ai.conversation.id", "x"}, "session=x"},
      {{"session.id", "x"}, "session=x"},
      {{"traceloop.association.properties.session_id", "x"}, "session=x"},
      {{"ai.telemetry.metadata.sessionId", "x"}, "session=x"},
      {{"fusebox.task", "x"}, "task=x"},
      {{"gen_ai.task.id", "x"}, "task=x"},
      {{"prompt.id", "x"}, "task=x"},
      {{"fusebox.parent_task", "x"}, "parent_task=x"},
      {{"gen_ai.task.parent.id", "x"}, "parent_task=x"},
      {{"fusebox.root_task", "x"}, "root_task=x"},
      {{"fusebox.domain", "x"}, "domain=x"},
  });
}

TEST(OtlpMapping, WhatWasUsed) {
  expect_rows({
      {{"fusebox.tool", "x"}, "tool=x"},
      {{"gen_ai.tool.name", "x"}, "tool=x"},
      {{"tool.name", "x"}, "tool=x"},
      {{"ai.toolCall.name", "x"}, "tool=x"},
      {{"tool_name", "x"}, "tool=x"},
      {{"fusebox.model", "x"}, "model=x"},
      {{"gen_ai.response.model", "x"}, "model=x"},
      {{"gen_ai.request.model", "x"}, "model=x"},
      {{"llm.response.model_name", "x"}, "model=x"},
      {{"llm.model_name", "x"}, "model=x"},
      {{"llm.request.model_name", "x"}, "model=x"},
      {{"embedding.model_name", "x"}, "model=x"},
      {{"ai.response.model", "x"}, "model=x"},
      {{"ai.model.id", "x"}, "model=x"},
      {{"model", "x"}, "model=x"},
      {{"fusebox.provider", "x"}, "provider=x"},
      {{"gen_ai.provider.name", "x"}, "provider=x"},
      {{"gen_ai.system", "x"}, "provider=x"},
      {{"llm.provider", "x"}, "provider=x"},
      {{"llm.system", "x"}, "provider=x"},
      {{"ai.model.provider", "x"}, "provider=x"},
      {{"fusebox.to_agent", "x"}, "to_agent=x"},
      {{"gen_ai.handoff.to_agent", "x"}, "to_agent=x"},
  });
}

TEST(OtlpMapping, Usage) {
  expect_rows({
      {{"gen_ai.usage.input_tokens", 7}, "tokens_in=7"},
      {{"gen_ai.usage.prompt_tokens", 7}, "tokens_in=7"},
      {{"llm.token_count.prompt", 7}, "tokens_in=7"},
      {{"ai.usage.inputTokens", 7}, "tokens_in=7"},
      {{"ai.usage.promptTokens", 7}, "tokens_in=7"},
      {{"ai.usage.tokens", 7}, "tokens_in=7"},
      {{"llm.usage.prompt_tokens", 7}, "tokens_in=7"},
      {{"input_tokens", 7}, "tokens_in=7"},
      {{"gen_ai.usage.output_tokens", 7}, "tokens_out=7"},
      {{"gen_ai.usage.completion_tokens", 7}, "tokens_out=7"},
      {{"llm.token_count.completion", 7}, "tokens_out=7"},
      {{"ai.usage.outputTokens", 7}, "tokens_out=7"},
      {{"ai.usage.completionTokens", 7}, "tokens_out=7"},
      {{"llm.usage.completion_tokens", 7}, "tokens_out=7"},
      {{"output_tokens", 7}, "tokens_out=7"},
      {{"fusebox.cost_usd", 0.5}, "cost_usd=0.5"},
      {{"llm.cost.total", 0.5}, "cost_usd=0.5"},
      {{"gen_ai.usage.cost", 0.5}, "cost_usd=0.5"},
      {{"agent.sre.cost.usd", 0.5}, "cost_usd=0.5"},
      {{"cost_usd", 0.5}, "cost_usd=0.5"},
  });
}

// Cached tokens show in the input only where they exceed it or stand beside it.
TEST(OtlpMapping, CachedTokens) {
  for (const char* name :
       {"gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        "llm.token_count.prompt_details.cache_read", "ai.usage.inputTokenDetails.cacheReadTokens",
        "ai.usage.inputTokenDetails.cacheWriteTokens", "ai.usage.cachedInputTokens",
        "cache_read_tokens", "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens",
        "llm.token_count.prompt_details.cache_write", "cache_creation_tokens"}) {
    Span span = chat_with({"input_tokens", 10});
    span.attributes.push_back({name, 5});
    EXPECT_TRUE(says(event_of(span), "tokens_in=15")) << name;
  }
}

TEST(OtlpMapping, OtherNumbers) {
  expect_rows({
      {{"gen_ai.response.time_to_first_chunk", 0.5}, "ttft_ms=500"},
      {{"ai.response.msToFirstChunk", 12.5}, "ttft_ms=12.5"},
      {{"ai.stream.msToFirstChunk", 12.5}, "ttft_ms=12.5"},
      {{"ttft_ms", 12}, "ttft_ms=12"},
      {{"fusebox.score", 0.5}, "score=0.5"},
      {{"gen_ai.evaluation.score.value", 1}, "score=1"},
      {{"evaluation.score", 0.25}, "score=0.25"},
      {{"annotation.score", 0.25}, "score=0.25"},
      {{"fusebox.confidence", 0.75}, "confidence=0.75"},
      {{"fusebox.trust", 1000}, "trust=1000"},
      {{"agent.trust.score", 0}, "trust=0"},
      {{"fusebox.depth", 3}, "depth=3"},
      {{"agent.depth", 3}, "depth=3"},
      {{"fusebox.files_changed", 3}, "files_changed=3"},
      {{"fusebox.weight", 9.6}, "weight=10"},
      {{"SampleRate", 8}, "weight=8"},
  });
}

TEST(OtlpMapping, HowItEnded) {
  expect_rows({
      {{"fusebox.outcome", "throttled"}, "outcome=throttled"},
      {{"fusebox.error", "own"}, "outcome=error error=own"},
      {{"error.type", "timeout"}, "outcome=timeout error=timeout"},
      {{"error_type", "x"}, "outcome=error error=other"},
      {{"success", false}, "outcome=error error=other"},
      {{"success", "false"}, "outcome=error error=other"},
      {{"success", true}, "outcome=ok"},
      {{"agent.policy.violation", true}, "outcome=denied error=policy"},
      {{"agent.policy.violation", false}, "outcome=ok"},
      {{"gen_ai.guardrail.verdict.type", "deny"}, "outcome=denied error=policy"},
      {{"gen_ai.guardrail.verdict.type", "escalate"}, "outcome=denied error=policy"},
      {{"gen_ai.guardrail.verdict.type", "warn"}, "outcome=ok"},
      {{"agent.threat.detection.action", "block"}, "outcome=denied error=policy"},
      // A status is no failure by itself; it names the class of one.
      {{"http.response.status_code", 429}, "outcome=ok"},
      {{"http.status_code", 429}, "outcome=ok"},
      {{"status_code", 429}, "outcome=ok"},
  });
}

TEST(OtlpMapping, ContentIsDroppedWithAllBelowIt) {
  for (const char* name : {"gen_ai.input.messages",
                           "gen_ai.output.messages",
                           "gen_ai.system_instructions",
                           "gen_ai.prompt.0.content",
                           "gen_ai.completion.0.content",
                           "gen_ai.tool.call.arguments",
                           "gen_ai.tool.call.result",
                           "gen_ai.tool.definitions",
                           "input.value",
                           "output.value",
                           "llm.input_messages.0.message.content",
                           "llm.output_messages.3.message.tool_calls",
                           "llm.prompts",
                           "llm.prompt_template.variables",
                           "llm.tools.0.tool.json_schema",
                           "tool_call.function.arguments",
                           "retrieval.documents.0.document.content",
                           "embedding.embeddings.0.embedding.text",
                           "reranker.query",
                           "traceloop.entity.input",
                           "traceloop.entity.output",
                           "ai.prompt",
                           "ai.prompt.messages",
                           "ai.response.text",
                           "ai.response.toolCalls",
                           "ai.toolCall.args",
                           "ai.toolCall.result",
                           "ai.request.headers.authorization",
                           "http.request.header.authorization",
                           "http.response.header.set-cookie",
                           "user_prompt",
                           "prompt",
                           "tool_input"}) {
    EXPECT_EQ(event_of(chat_with({name, "x"})), "kind=llm agent=shop outcome=ok duration_ms=1500")
        << name;
  }
}

TEST(OtlpMapping, UnknownScalarsStayAsAttributes) {
  Span span = chat_with({"a.text", "t"});
  span.attributes.push_back({"a.flag", true});
  span.attributes.push_back({"a.count", -3});
  span.attributes.push_back({"a.number", 2.5});
  span.attributes.push_back({"a.list", Texts{"x", "y"}});
  span.attributes.push_back({"a.nan", std::nan("")});
  span.attributes.push_back({"", "nameless"});
  span.attributes.push_back({"a.long", otlp_model::Any(std::string(1025, 'x'))});
  span.attributes.push_back({"a.text", "again"});
  span.attributes.push_back({"prompts.version", 7});  // begins like content, and is not below it
  EXPECT_EQ(event_of(span),
            "kind=llm agent=shop outcome=ok duration_ms=1500 [a.text]=t [a.flag]=true "
            "[a.count]=-3 [a.number]=2.5 [prompts.version]=7");
}

// What a field cannot hold is not lost and does not hide the next name for it.
TEST(OtlpMapping, ValuesThatDoNotFitAreAttributes) {
  const std::vector<Row> rows = {
      {{"gen_ai.usage.input_tokens", -1}, "[gen_ai.usage.input_tokens]=-1"},
      {{"gen_ai.usage.input_tokens", 1.5}, "[gen_ai.usage.input_tokens]=1.5"},
      {{"gen_ai.usage.input_tokens", "many"}, "[gen_ai.usage.input_tokens]=many"},
      {{"gen_ai.agent.name", 5}, "[gen_ai.agent.name]=5"},
      {{"llm.cost.total", -0.5}, "[llm.cost.total]=-0.5"},
      {{"fusebox.trust", 1001}, "[fusebox.trust]=1001"},
      {{"fusebox.score", 1.5}, "[fusebox.score]=1.5"},
      {{"fusebox.outcome", "great"}, "[fusebox.outcome]=great"},
      {{"fusebox.weight", 0.5}, "[fusebox.weight]=0.5"},
      {{"success", 1}, "[success]=1"},
  };
  for (const Row& row : rows) {
    const std::string event = event_of(chat_with(row.attribute));
    EXPECT_TRUE(says(event, row.says)) << event;
  }
  Span span = chat_with({"gen_ai.usage.input_tokens", -1});
  span.attributes.push_back({"gen_ai.usage.prompt_tokens", 4});
  EXPECT_TRUE(says(event_of(span), "tokens_in=4"));
}

TEST(OtlpMapping, CountsComeInManyTypes) {
  for (const Attribute& attribute :
       {Attribute("gen_ai.usage.input_tokens", 12), Attribute("gen_ai.usage.input_tokens", 12.0),
        Attribute("gen_ai.usage.input_tokens", "12")}) {
    EXPECT_TRUE(says(event_of(chat_with(attribute)), "tokens_in=12"));
  }
  EXPECT_TRUE(says(event_of(chat_with({"llm.cost.total", "0.25"})), "cost_usd=0.25"));
}

// Names of one field in the order of the table, whatever their order on the span.
TEST(OtlpMapping, TheNewestNameWinsInAnyOrder) {
  Attributes names = {{"fusebox.model", "a"},        {"gen_ai.response.model", "b"},
                      {"gen_ai.request.model", "c"}, {"llm.model_name", "d"},
                      {"ai.model.id", "e"},          {"model", "f"}};
  while (!names.empty()) {
    const std::string first = std::get<std::string>(names.front().value);
    for (int turn = 0; turn < 2; ++turn) {
      Span span = chat_with({"x", 1});
      for (const Attribute& name : names) span.attributes.push_back(name);
      EXPECT_TRUE(says(event_of(span), "model=" + first));
      std::reverse(names.begin(), names.end());
    }
    names.erase(names.begin());
  }
}

TEST(OtlpMapping, TheSpanSpeaksBeforeItsResource) {
  otlp_model::Request request(1);
  request.front().resource = {{"service.name", "shop"},
                              {"fusebox.agent", "from-resource"},
                              {"deployment.environment.name", "prod"},
                              {"tenant.id", "acme"},
                              {"fusebox.permit", "not-inherited"},
                              {"gen_ai.request.model", "not-inherited"},
                              {"host.name", "not-kept"}};
  Span span = chat_with({"fusebox.agent", "from-span"});
  request.front().spans = {chat_with({"x", 1}), span};
  const Decoded out = decode_both(request);
  EXPECT_EQ(out.events, (std::vector<std::string>{
                            "kind=llm agent=from-resource tenant=acme environment=prod outcome=ok "
                            "duration_ms=1500 [x]=1",
                            "kind=llm agent=from-span tenant=acme environment=prod outcome=ok "
                            "duration_ms=1500"}));
}

TEST(OtlpMapping, AMadeUpServiceNameIsTheLastResort) {
  otlp_model::Request request(1);
  request.front().resource = {{"service.name", "unknown_service:python"},
                              {"openinference.project.name", "demo"}};
  request.front().spans = {chat_with({"x", 1})};
  EXPECT_TRUE(says(decode_both(request).events.front(), "agent=demo"));
  request.front().resource.pop_back();
  EXPECT_TRUE(says(decode_both(request).events.front(), "agent=unknown_service:python"));
}

TEST(OtlpMapping, AResourceMayStandBehindItsSpans) {
  OtlpDecoder decoder;
  const auto json = decoder.decode_json(
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[)"
      R"({"value":{"stringValue":"chat"},"key":"gen_ai.operation.name"}],)"
      R"("spanId":"00000000000000a1",)"
      R"("traceId":"000000000000000000000000000000A1"}]}],"resource":{"attributes":[)"
      R"({"key":"service.name","value":{"stringValue":"late"}}]}}]})");
  EXPECT_EQ(decoded(json, true).events.front(),
            "kind=llm agent=late outcome=ok trace_id=000000000000000000000000000000a1 "
            "span_id=00000000000000a1 id=000000000000000000000000000000a1/00000000000000a1 "
            "at=none");
}

TEST(OtlpMapping, ThePermitIsTheId) {
  const std::string body =
      otlp_model::to_protobuf({{{{"service.name", "a"}}, {chat_with({"fusebox.permit", "d-7"})}}});
  OtlpDecoder decoder;
  const auto batch = decoder.decode_protobuf(body);
  ASSERT_TRUE(batch.has_value());
  const Event& event = batch->events.front();
  EXPECT_EQ(event.id, "d-7");
  EXPECT_EQ(event.dimensions[Dimension::TraceId], "0102030405060708090a0b0c0d0e0f10");
  EXPECT_EQ(event.span_id, "a1a2a3a4a5a6a7a8");
  EXPECT_EQ(event.at, from_ns(1'767'225'601'500'000'000));
}

TEST(OtlpMapping, ProvidersHaveOneSpelling) {
  const std::vector<std::pair<const char*, const char*>> rows = {
      {"openai", "openai"},
      {"OpenAI", "openai"},
      {"openai.chat", "openai"},
      {"az.ai.openai", "azure.ai.openai"},
      {"azure", "azure.ai.openai"},
      {"azure.ai.openai", "azure.ai.openai"},
      {"vertexai", "gcp.vertex_ai"},
      {"vertex_ai", "gcp.vertex_ai"},
      {"gemini", "gcp.gemini"},
      {"mistralai", "mistral_ai"},
      {"Anthropic", "anthropic"},
      {"anthropic.messages", "anthropic"},
      {"aws.bedrock", "aws.bedrock"},
      {"amazon-bedrock", "aws.bedrock"},
      {"xai", "x_ai"},
      {"My-Own", "My-Own"}};
  for (const auto& [spelling, name] : rows) {
    EXPECT_TRUE(
        says(event_of(chat_with({"gen_ai.system", spelling})), std::string("provider=") + name))
        << spelling;
  }
}

// Two rows with one name and one field would make the second one dead.
TEST(OtlpMapping, NoRowOfTheTableIsUnreachable) {
  for (std::size_t row = 0; row < detail::alias_count(); ++row) {
    const detail::Alias& alias = detail::alias_of(static_cast<detail::Row>(row));
    bool found = false;
    for (detail::Row at = detail::find_row(alias.attribute); at != detail::kNoRow;
         at = detail::next_row(at)) {
      found |= at == row;
    }
    EXPECT_TRUE(found) << alias.attribute;
  }
  EXPECT_EQ(detail::find_row("gen_ai.usage"), detail::kNoRow);
  EXPECT_EQ(detail::find_row(""), detail::kNoRow);
}

}  // namespace
}  // namespace fusebox::telemetry
