// What counts once, what not at all, and what the counters of a batch say about it.
#include <gtest/gtest.h>

#include "telemetry/otlp.hpp"
#include "tests/base/count_allocations.hpp"
#include "tests/telemetry/otlp_support.hpp"

namespace fusebox::telemetry {
namespace {

using otlp_model::Attributes;
using otlp_model::Request;
using otlp_model::Span;

constexpr int kInternal = 1;
constexpr int kServer = 2;
constexpr int kClient = 3;

Span span_of(int number, int parent, int kind, Attributes attributes) {
  const auto id = [](int n) {
    return n == 0 ? std::string() : "00000000000000" + std::to_string(10 + n);
  };
  Span span;
  span.span_id = id(number);
  span.parent_id = id(parent);
  span.kind = kind;
  span.attributes = std::move(attributes);
  return span;
}

Span tool_span(int number, int parent) {
  return span_of(number, parent, kInternal,
                 {{"gen_ai.operation.name", "execute_tool"}, {"gen_ai.tool.name", "outer"}});
}
Span mcp_span(int number, int parent) {
  return span_of(number, parent, kClient,
                 {{"mcp.method.name", "tools/call"}, {"gen_ai.tool.name", "inner"}});
}
Span chain_span(int number, int parent) {
  return span_of(number, parent, kInternal, {{"openinference.span.kind", "CHAIN"}});
}
Span http_span(int number, int parent, int kind) {
  return span_of(number, parent, kind, {{"http.request.method", "POST"}});
}

TEST(OtlpCounting, AToolCallAndItsMcpClientCountOnceInAnyOrder) {
  for (const auto& spans : {std::vector{tool_span(1, 0), mcp_span(2, 1)},
                            std::vector{mcp_span(2, 1), tool_span(1, 0)}}) {
    const Decoded out = decode_spans(spans);
    ASSERT_EQ(out.events.size(), 1U);
    EXPECT_NE(out.events[0].find("tool=outer"), std::string::npos);
    EXPECT_EQ(out.counts.merged, 1U);
  }
}

TEST(OtlpCounting, AnMcpCallOfItsOwnCounts) {
  EXPECT_EQ(decode_spans({mcp_span(2, 0)}).events.size(), 1U);
  EXPECT_EQ(decode_spans({tool_span(1, 0), mcp_span(2, 3)}).events.size(), 2U);
  Span other_trace = mcp_span(2, 1);
  other_trace.trace_id[0] = 'f';
  EXPECT_EQ(decode_spans({tool_span(1, 0), other_trace}).events.size(), 2U);
}

TEST(OtlpCounting, AWorkflowIsATaskWhereAgentWorkBegins) {
  struct Row {
    std::string name;
    std::vector<Span> spans;
    std::size_t tasks;
  };
  Span remote = chain_span(2, 9);
  remote.flags = 0x301;
  Span local = chain_span(2, 9);
  local.flags = 0x101;
  const std::vector<Row> rows = {
      {"Root", {chain_span(1, 0)}, 1},
      {"NestedInRoot", {chain_span(1, 0), chain_span(2, 1)}, 1},
      {"RemoteParent", {remote}, 1},
      {"LocalParent", {local}, 0},
      {"InsideAServedRequest", {chain_span(2, 1), http_span(1, 0, kServer)}, 1},
      {"InsideAConsumedMessage", {chain_span(2, 1), http_span(1, 0, 5)}, 1},
      {"InsideAClientCall", {chain_span(2, 1), http_span(1, 0, kClient)}, 0},
      {"TwoStepsBelowTheRequest",
       {chain_span(3, 2), chain_span(2, 1), http_span(1, 0, kServer)},
       1},
  };
  for (const Row& row : rows) {
    const Decoded out = decode_spans(row.spans);
    EXPECT_EQ(out.events.size(), row.tasks) << row.name;
    EXPECT_EQ(out.counts.ignored, row.spans.size() - row.tasks) << row.name;
  }
}

TEST(OtlpCounting, ANestedGraphNodeCalledAgentCountsOnlyWithAName) {
  Span node = span_of(2, 1, kInternal, {{"openinference.span.kind", "AGENT"}});
  EXPECT_EQ(decode_spans({chain_span(1, 0), node}).events.size(), 1U);
  node.attributes.push_back({"agent.name", "critic"});
  EXPECT_EQ(decode_spans({chain_span(1, 0), node}).events.size(), 2U);
}

TEST(OtlpCounting, OnlyCallsOfModelsHaveTokensAndCost) {
  for (const char* operation : {"invoke_agent", "invoke_workflow", "execute_tool"}) {
    Span span;
    span.attributes = {{"gen_ai.operation.name", operation},
                       {"gen_ai.tool.name", "t"},
                       {"gen_ai.usage.input_tokens", 10},
                       {"gen_ai.usage.output_tokens", 10},
                       {"llm.cost.total", 1.0}};
    const std::string event = event_of(span, PriceTable({{"*", {{1'000'000}, {}, {1'000'000}}}}));
    EXPECT_EQ(event.find("tokens"), std::string::npos) << event;
    EXPECT_EQ(event.find("cost"), std::string::npos) << event;
  }
}

TEST(OtlpCounting, CachedTokensAreAPartUnlessTheyCannotBe) {
  struct Row {
    int in;
    int cached;
    int written;
    const char* says;
  };
  for (const Row& row : {Row{100, 80, 10, "tokens_in=100"}, Row{100, 100, 0, "tokens_in=100"},
                         Row{10, 80, 5, "tokens_in=95"}}) {
    Span span;
    span.attributes = {{"gen_ai.operation.name", "chat"},
                       {"gen_ai.usage.input_tokens", row.in},
                       {"gen_ai.usage.cache_read.input_tokens", row.cached},
                       {"gen_ai.usage.cache_creation.input_tokens", row.written}};
    EXPECT_NE(event_of(span).find(row.says), std::string::npos) << row.cached;
  }
}

const PriceTable kPrices({{"m1*", {{2'500'000}, MicroUsd{1'250'000}, {10'000'000}}},
                          {"*", {{1'000'000}, std::nullopt, {4'000'000}}}});

TEST(OtlpCounting, WithoutACostThePriceTableEstimates) {
  Span span;
  span.attributes = {{"gen_ai.operation.name", "chat"},
                     {"gen_ai.request.model", "m1-large"},
                     {"gen_ai.usage.input_tokens", 1000},
                     {"gen_ai.usage.cache_read.input_tokens", 400},
                     {"gen_ai.usage.output_tokens", 20}};
  Span other = span;
  other.attributes[1] = {"gen_ai.request.model", "z"};
  Span told = span;
  told.attributes.push_back({"llm.cost.total", 0.5});
  Span without_usage = span;
  without_usage.attributes.erase(without_usage.attributes.begin() + 2,
                                 without_usage.attributes.end());
  const Decoded out = decode_spans({span, other, told, without_usage}, kPrices);
  EXPECT_NE(out.events[0].find("cost_usd=0.0022"), std::string::npos) << out.events[0];
  EXPECT_NE(out.events[1].find("cost_usd=0.00108"), std::string::npos) << out.events[1];
  EXPECT_NE(out.events[2].find("cost_usd=0.5"), std::string::npos) << out.events[2];
  EXPECT_EQ(out.events[3].find("cost_usd"), std::string::npos) << out.events[3];
  EXPECT_EQ(out.counts.priced, 2U);
}

TEST(OtlpCounting, NewPricesHoldFromTheNextRequest) {
  Span span;
  span.attributes = {{"gen_ai.operation.name", "chat"}, {"gen_ai.usage.output_tokens", 1'000'000}};
  const std::string body = otlp_model::to_protobuf({{{{"service.name", "a"}}, {span}}});
  OtlpDecoder decoder;
  EXPECT_EQ(decoder.decode_protobuf(body)->events[0].measured.cost_usd, std::nullopt);
  decoder.set_prices(kPrices);
  EXPECT_EQ(decoder.decode_protobuf(body)->events[0].measured.cost_usd, MicroUsd{4'000'000});
}

TEST(OtlpCounting, SampledSpansCountByTheirRate) {
  struct Row {
    const char* state;
    const char* weight;  // "" for 1
    std::size_t unknown;
  };
  for (const Row& row : {
           Row{"ot=th:0", "", 0},
           Row{"ot=th:8", " weight=2", 0},
           Row{"ot=th:c", " weight=4", 0},
           Row{"other=1,ot=rv:abcdefabcdefab;th:fd70a", " weight=100", 0},
           Row{"vendor=ot, ot=th:e", " weight=8", 0},
           Row{"other=th:8", "", 0},
           Row{"ot=p:3;r:5", "", 1},
           Row{"ot=th:xyz", "", 1},
           Row{"ot=th:123456789abcdef", "", 1},
           Row{"ot=th:ffffffffffffff", "", 1},
           Row{"ot=rv:abcdefabcdefab", "", 0},
       }) {
    Span span;
    span.trace_state = row.state;
    span.attributes = {{"gen_ai.operation.name", "chat"}};
    const Decoded out = decode_spans({span});
    EXPECT_EQ(out.events[0],
              "kind=llm agent=shop outcome=ok duration_ms=1500" + std::string(row.weight))
        << row.state;
    EXPECT_EQ(out.counts.rate_unknown, row.unknown) << row.state;
  }
}

struct FlawRow {
  std::string name;
  Span span;
  std::string why;
};

Span chat() {
  Span span;
  span.attributes = {{"gen_ai.operation.name", "chat"}};
  return span;
}

template <class Change>
Span changed(Change change) {
  Span span = chat();
  change(span);
  return span;
}

TEST(OtlpCounting, AgentWorkThatMakesNoEventIsRejectedWithAReason) {
  const std::vector<FlawRow> rows = {
      {"NoTrace", changed([](Span& span) { span.trace_id.clear(); }),
       "span 2: it has no trace id or span id"},
      {"ZeroSpan", changed([](Span& span) { span.span_id = "0000000000000000"; }),
       "span 2: it has no trace id or span id"},
      {"ShortTrace", changed([](Span& span) { span.trace_id = "0102"; }),
       "span 2: an id is not hex or bytes of the right length"},
      {"LongParent", changed([](Span& span) { span.parent_id = "010203040506070809"; }),
       "span 2: an id is not hex or bytes of the right length"},
      {"FarFuture", changed([](Span& span) { span.end_ns = 7'258'118'400'000'000'000; }),
       "span 2: it ends after the year 2199"},
  };
  for (const FlawRow& row : rows) {
    SCOPED_TRACE(row.name);
    const Decoded out = decode_spans({chat(), row.span, row.span});
    EXPECT_EQ(out.events.size(), 1U);
    EXPECT_EQ(out.counts.rejected, 2U);
    EXPECT_EQ(out.rejection, row.why);
  }
}

TEST(OtlpCounting, ASpanOfNobodyIsRejected) {
  Request request(1);
  request.front().resource.clear();
  request.front().spans = {chat()};
  EXPECT_EQ(decode_both(request).rejection,
            "span 1: no agent: neither gen_ai.agent.name nor service.name");
}

// protobuf only: JSON that is not UTF-8 is refused as a whole.
TEST(OtlpCounting, TextThatIsNoUtf8RejectsItsSpan) {
  const std::vector<Attributes> rows = {{{"gen_ai.agent.name", "\xff"}},
                                        {{"unknown", "a\xC3"}},
                                        {{"unk\xffnown", 1}},
                                        {{"gen_ai.operation.name", "execute_tool"}}};
  for (const Attributes& attributes : rows) {
    Span span;
    span.name = "\xfe";
    span.attributes = attributes;
    span.attributes.push_back({"gen_ai.operation.name", "chat"});
    OtlpDecoder decoder;
    const std::string body = otlp_model::to_protobuf({{{{"service.name", "a"}}, {span, chat()}}});
    const Decoded out = decoded(decoder.decode_protobuf(body));
    EXPECT_EQ(out.counts.rejected, 1U);
    EXPECT_NE(out.rejection.find("not valid UTF-8"), std::string::npos) << out.rejection;
    EXPECT_EQ(out.events.size(), 1U);
  }
  // What is not kept need not be text.
  Span span = chat();
  span.attributes.push_back({"input.value", "\xff"});
  span.name = "\xff";
  OtlpDecoder decoder;
  const std::string body = otlp_model::to_protobuf({{{{"service.name", "a"}}, {span}}});
  EXPECT_EQ(decoder.decode_protobuf(body)->events.size(), 1U);
}

TEST(OtlpCounting, TimesThatMakeNoSenseAreCounted) {
  Span backward = chat();
  std::swap(backward.start_ns, backward.end_ns);
  Span endless = chat();
  endless.end_ns = 0;
  Span startless = chat();
  startless.start_ns = 0;
  const Decoded out = decode_spans({backward, endless, startless});
  EXPECT_EQ(out.events, (std::vector<std::string>{"kind=llm agent=shop outcome=ok duration_ms=0",
                                                  "kind=llm agent=shop outcome=ok",
                                                  "kind=llm agent=shop outcome=ok"}));
  EXPECT_EQ(out.counts.negative_durations, 1U);
}

TEST(OtlpCounting, AttributesBeyondTheBoundAreCountedAndLeftOut) {
  Span span = chat();
  for (int i = 0; i < 70; ++i) span.attributes.push_back({"a" + std::to_string(i), i});
  const Decoded out = decode_spans({span});
  EXPECT_NE(out.events[0].find("[a63]=63"), std::string::npos);
  EXPECT_EQ(out.events[0].find("[a64]"), std::string::npos);
  EXPECT_EQ(out.counts.attributes_dropped, 6U);
}

TEST(OtlpCounting, EventsBeyondTheBoundAreRejected) {
  Request request(1);
  request.front().spans.assign(kOtlpEventsMax + 2, chat());
  OtlpDecoder decoder;
  const Decoded out = decoded(decoder.decode_protobuf(otlp_model::to_protobuf(request)));
  EXPECT_EQ(out.events.size(), kOtlpEventsMax);
  EXPECT_EQ(out.counts.rejected, 2U);
  EXPECT_EQ(out.rejection, "span 131073: more than 131,072 events in one request");
}

TEST(OtlpCounting, NothingOfTheBatchBeforeStays) {
  OtlpDecoder decoder;
  Span rich = chat();
  rich.attributes.push_back({"gen_ai.request.model", "m"});
  rich.attributes.push_back({"x", 1});
  rich.trace_state = "ot=p:1";
  Span bad = chat();
  bad.trace_id.clear();
  ASSERT_TRUE(
      decoder.decode_protobuf(otlp_model::to_protobuf({{{{"service.name", "a"}}, {rich, bad}}}))
          .has_value());
  const Decoded out = decoded(
      decoder.decode_protobuf(otlp_model::to_protobuf({{{{"service.name", "b"}}, {chat()}}})));
  EXPECT_EQ(out.events, std::vector<std::string>{"kind=llm agent=b outcome=ok duration_ms=1500"});
  EXPECT_EQ(out.counts.rejected + out.counts.rate_unknown, 0U);
  EXPECT_EQ(out.rejection, "");
}

TEST(OtlpCounting, AnEmptyRequestIsASuccess) {
  OtlpDecoder decoder;
  EXPECT_EQ(decoder.decode_protobuf("")->spans, 0U);
  EXPECT_EQ(decoder.decode_json("{}")->spans, 0U);
}

TEST(OtlpCounting, AWarmDecoderAllocatesNothing) {
  Request request(1);
  for (int i = 0; i < 300; ++i) {
    Span span = chat();
    span.attributes.push_back({"gen_ai.request.model", "m1"});
    span.attributes.push_back({"server.address", "x"});
    span.attributes.push_back({"gen_ai.usage.input_tokens", i});
    request.front().spans.push_back(span);
  }
  for (const Span& span : {tool_span(1, 0), mcp_span(2, 1), chain_span(3, 0), chain_span(4, 3),
                           http_span(5, 0, kServer), chain_span(6, 5)}) {
    request.front().spans.push_back(span);
  }
  const std::string protobuf = otlp_model::to_protobuf(request);
  const std::string json = otlp_model::to_json(request);
  OtlpDecoder decoder(kPrices);
  for (int turn = 0; turn < 2; ++turn) {
    ASSERT_TRUE(decoder.decode_protobuf(protobuf).has_value());
    ASSERT_TRUE(decoder.decode_json(json).has_value());
  }
  const std::size_t before = allocations.count;
  ASSERT_GT(before, 0U);
  const bool good =
      decoder.decode_protobuf(protobuf).has_value() && decoder.decode_json(json).has_value();
  EXPECT_EQ(allocations.count, before);
  EXPECT_TRUE(good);
}

}  // namespace
}  // namespace fusebox::telemetry
