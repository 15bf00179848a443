// Telemetry in: POST /v1/events, and OTLP on its own listener.
#include <zlib.h>

#include "telemetry/otlp_reply.hpp"
#include "tests/api/support.hpp"

namespace fusebox::api {
namespace {

using testing::bearer;
using testing::Daemon;
using testing::every_role;
using testing::Header;
using testing::Headers;
using testing::member;

const Header kProtobuf{"Content-Type", "application/x-protobuf"};
const Header kJson{"Content-Type", "application/json"};
const Header kGzip{"Content-Encoding", "gzip"};

std::string event(std::string_view agent, std::string_view id) {
  return R"({"agent":")" + std::string(agent) + R"(","kind":"tool","outcome":"ok","id":")" +
         std::string(id) + R"("})";
}

std::string gzip(std::string_view text) {
  std::string out(compressBound(static_cast<uLong>(text.size())) + 64, '\0');
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string input(text);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// One tool call of an agent of a tenant, as OTLP's JSON.
std::string spans(std::string_view agent, std::string_view tenant = "acme") {
  const auto attribute = [](std::string_view key, std::string_view value) {
    return R"({"key":")" + std::string(key) + R"(","value":{"stringValue":")" + std::string(value) +
           R"("}})";
  };
  return R"({"resourceSpans":[{"resource":{"attributes":[)" + attribute("fusebox.tenant", tenant) +
         R"(]},"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",)"
         R"("spanId":"b7ad6b7169203331","name":"execute_tool search",)"
         R"("startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225601000000000",)"
         R"("attributes":[)" +
         attribute("gen_ai.operation.name", "execute_tool") + "," +
         attribute("gen_ai.tool.name", "search") + "," + attribute("gen_ai.agent.name", agent) +
         R"(]}]}]}]})";
}

TEST(Events, BadOnesAreNamedAndTheOthersCount) {
  Daemon daemon;
  const std::string body = event("bot", "1") + "\nnonsense\n" + event("bot", "1") + "\n" +
                           R"({"agent":"bot","kind":"tool","outcome":"odd"})";
  const auto answer = daemon.ask("POST /v1/events", body);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(member(answer.body, "accepted"), "2") << "a duplicate is accepted";
  EXPECT_NE(answer.body.find(R"({"line":2,"error":"the input is not one JSON object"})"),
            std::string::npos)
      << answer.body;
  EXPECT_NE(answer.body.find(R"({"line":4,"error":"outcome: expected)"), std::string::npos);
  EXPECT_EQ(daemon.api->counters().telemetry_rejected, 2U);
  EXPECT_EQ(member(daemon.ask("GET /v1/slos").body, "total"), "1");
}

TEST(Events, AnArrayIsTakenTheSameWay) {
  Daemon daemon;
  const auto answer =
      daemon.ask("POST /v1/events", "[" + event("a", "1") + "," + event("b", "2") + "]");
  EXPECT_EQ(answer.body, R"({"accepted":2,"rejected":[]})");
  EXPECT_EQ(daemon.ask("POST /v1/events", "").body, R"({"accepted":0,"rejected":[]})");
  EXPECT_EQ(daemon.status("POST /v1/events", "[1,"), 400);
}

TEST(Events, ABatchThatClaimsAnotherAgentIsRefusedAsAWhole) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const std::string foreign = R"({"agent":"bot","tenant":"other","kind":"tool"})";
  const std::string own = R"({"agent":"bot","tenant":"acme","kind":"tool"})";
  EXPECT_EQ(daemon.status("POST /v1/events", own + "\n" + foreign, {bearer("ingest")}), 403);
  EXPECT_EQ(daemon.status("POST /v1/events", own, {bearer("ingest")}), 200);
  EXPECT_EQ(daemon.denials, std::vector<std::string>{"ingest other/bot POST /v1/events"});
  EXPECT_EQ(member(daemon.ask("GET /v1/slos", "", {bearer("viewer")}).body, "total"), "1");
}

TEST(Events, WhatDoesNotFitIsShedAndSoTold) {
  Daemon daemon({.waiting_events_max = 1});
  const auto answer = daemon.ask("POST /v1/events", event("a", "1") + "\n" + event("a", "2"));
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.headers.find("Retry-After"), "1");
  EXPECT_EQ(daemon.host->counters().shed_events, 2U);
}

TEST(Otlp, AnswersInTheRequestsTypeWithExactStatuses) {
  Daemon daemon;
  struct Row {
    const char* story;
    const char* line;
    std::string body;
    Headers headers;
    int status;
  };
  const Row rows[] = {
      {"empty protobuf", "POST /v1/traces", "", {kProtobuf}, 200},
      {"empty json", "POST /v1/traces", "{}", {kJson}, 200},
      {"parameters of the type",
       "POST /v1/traces",
       "{}",
       {{"Content-Type", "application/json; charset=utf-8"}},
       200},
      {"a span", "POST /v1/traces", spans("bot"), {kJson}, 200},
      {"gzip", "POST /v1/traces", gzip(spans("bot")), {kJson, kGzip}, 200},
      {"identity", "POST /v1/traces", "{}", {kJson, {"Content-Encoding", "identity"}}, 200},
      {"no protobuf", "POST /v1/traces", "\xff\xff", {kProtobuf}, 400},
      {"no json", "POST /v1/traces", "{", {kJson}, 400},
      {"deep json",
       "POST /v1/traces",
       "{\"x\":" + std::string(65, '[') + std::string(65, ']') + "}",
       {kJson},
       400},
      {"no gzip", "POST /v1/traces", "{}", {kJson, kGzip}, 400},
      {"another type", "POST /v1/traces", "x", {{"Content-Type", "text/plain"}}, 415},
      {"no type", "POST /v1/traces", "{}", {}, 415},
      {"another coding", "POST /v1/traces", "{}", {kJson, {"Content-Encoding", "zstd"}}, 415},
      {"another method", "GET /v1/traces", "", {kJson}, 405},
      {"another path", "POST /v1/trace", "{}", {kProtobuf}, 404},
  };
  for (const Row& row : rows) {
    const auto answer = daemon.ask(row.line, row.body, row.headers, Listener::Otlp);
    EXPECT_EQ(answer.status, row.status) << row.story;
    const bool protobuf = !row.headers.empty() && row.headers[0].value == kProtobuf.value;
    EXPECT_EQ(answer.content_type, protobuf ? kProtobuf.value : kJson.value) << row.story;
    if (row.status >= 400 && !protobuf) {
      EXPECT_NE(member(answer.body, "code"), "") << row.story << answer.body;
      EXPECT_NE(member(answer.body, "message"), "") << row.story;
    }
  }
  EXPECT_EQ(daemon.ask("GET /v1/traces", "", {}, Listener::Otlp).headers.find("Allow"), "POST");
}

TEST(Otlp, SpansAreCounted) {
  Daemon daemon;
  EXPECT_EQ(daemon.ask("POST /v1/traces", spans("bot"), {kJson}, Listener::Otlp).body, "{}");
  const std::string agents = daemon.ask("GET /v1/agents").body;
  EXPECT_EQ(member(agents, "agent"), "bot");
  EXPECT_EQ(member(agents, "tenant"), "acme");
  EXPECT_EQ(member(agents, "events"), "1");
}

TEST(Otlp, ABombIsRefused) {
  Daemon daemon;
  const std::string bomb = gzip(std::string((std::size_t{64} << 20) + 1, ' '));
  ASSERT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(daemon.ask("POST /v1/traces", bomb, {kJson, kGzip}, Listener::Otlp).status, 413);
}

TEST(Otlp, ShedsWithAPauseAndAReason) {
  Daemon daemon({.waiting_events_max = 0});
  const auto answer = daemon.ask("POST /v1/traces", spans("bot"), {kJson}, Listener::Otlp);
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.headers.find("Retry-After"), "1");
  EXPECT_EQ(member(answer.body, "code"), "8");
}

TEST(Otlp, OtherSignalsSayWhichVariableToSet) {
  Daemon daemon;
  const auto metrics = daemon.ask("POST /v1/metrics", "{}", {kJson}, Listener::Otlp);
  EXPECT_EQ(metrics.status, 404);
  EXPECT_EQ(metrics.body, R"({"code":12,"message":"only traces are taken; set )"
                          R"(OTEL_METRICS_EXPORTER=none"})");
  const auto logs = daemon.ask("POST /v1/logs", "", {kProtobuf}, Listener::Otlp);
  EXPECT_EQ(logs.status, 404);
  EXPECT_NE(logs.body.find("OTEL_LOGS_EXPORTER=none"), std::string::npos);
}

TEST(Otlp, TokensAreAskedForAndPinned) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const auto ask = [&](std::string body, const Headers& headers) {
    return daemon.ask("POST /v1/traces", std::move(body), headers, Listener::Otlp);
  };
  const auto nobody = ask("{}", {kJson});
  EXPECT_EQ(nobody.status, 401);
  EXPECT_EQ(member(nobody.body, "code"), "16");
  EXPECT_EQ(ask("{}", {kJson, bearer("viewer")}).status, 403);
  EXPECT_EQ(ask(spans("any"), {kJson, bearer("ingest")}).status, 200);
  const auto foreign = ask(spans("any", "other"), {kJson, bearer("ingest")});
  EXPECT_EQ(foreign.status, 403);
  EXPECT_EQ(member(foreign.body, "code"), "7");
  EXPECT_EQ(daemon.denials, std::vector<std::string>{"ingest other/any POST /v1/traces"});
}

}  // namespace
}  // namespace fusebox::api
