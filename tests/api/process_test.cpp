// Supervised processes: registration, orders, acknowledgements.
#include "sre/api/processes.hpp"
#include "tests/api/support.hpp"

namespace fusebox::api {
namespace {

using testing::bearer;
using testing::Daemon;
using testing::every_role;
using testing::member;

constexpr std::string_view kProcess =
    R"({"agent":"bot","tenant":"acme","session":"s","pid":4711,"name":"worker"})";

TEST(Processes, AreToldTheirOrdersAndConfirmThem) {
  Daemon daemon;
  const auto stream = daemon.send("POST /v1/processes", std::string(kProcess));
  EXPECT_EQ(stream->get().content_type, "application/x-ndjson");
  EXPECT_EQ(stream->until("standing"), "{\"process\":\"proc-1\"}\n{\"standing\":0}\n");

  const auto killed =
      daemon.send("POST /v1/kills", R"({"scope":"agent:bot","reason":"odd","deadline_ms":60000})");
  const std::string told = stream->until("\"order\"");
  EXPECT_NE(told.find(R"({"order":{"id":"kill-1","scope":"agent:bot","epoch":1,"category":"hard",)"
                      R"("deadline_ms":60000,"reason":"odd","actor":"local"}})"
                      "\n"),
            std::string::npos)
      << told;
  EXPECT_EQ(daemon
                .ask("POST /v1/processes/proc-1/ack",
                     R"({"order":"kill-1","outcome":"confirmed","detail":"3 ended","took_ms":40})")
                .body,
            "{}");
  EXPECT_NE(
      killed->get().body.find(R"~("terminators":[{"kind":"process","name":"worker (proc-1)",)~"
                              R"~("outcome":"confirmed","detail":"3 ended","took_ms":40}])~"),
      std::string::npos)
      << killed->get().body;
}

TEST(Processes, ThatLeaveWithoutAWordAreUnconfirmed) {
  Daemon daemon;
  const auto stream = daemon.send("POST /v1/processes", std::string(kProcess));
  (void)stream->until("standing");
  const auto killed =
      daemon.send("POST /v1/kills", R"({"scope":"global","reason":"odd","deadline_ms":60000})");
  (void)stream->until("\"order\"");
  stream->close();
  EXPECT_EQ(member(killed->get().body, "outcome"), "unconfirmed");
  // It is gone: nobody waits for it any more.
  EXPECT_EQ(member(daemon.ask("POST /v1/kills", R"({"scope":"agent:bot","reason":"odd"})").body,
                   "terminators"),
            "[");
  EXPECT_EQ(
      daemon.status("POST /v1/processes/proc-1/ack", R"({"order":"kill-1","outcome":"confirmed"})"),
      404);
}

TEST(Processes, HearOfOrdersThatStoodBefore) {
  Daemon daemon;
  for (const char* scope : {"session:s", "agent:other", "tenant:acme"}) {
    (void)daemon.ask("POST /v1/kills",
                     R"({"scope":")" + std::string(scope) + R"(","reason":"before"})");
  }
  const auto stream = daemon.send("POST /v1/processes", std::string(kProcess));
  const std::string told = stream->until("standing");
  EXPECT_NE(told.find("session:s"), std::string::npos) << told;
  EXPECT_NE(told.find("tenant:acme"), std::string::npos) << told;
  EXPECT_EQ(told.find("other"), std::string::npos) << told;
  EXPECT_TRUE(told.ends_with("{\"standing\":2}\n")) << told;
}

TEST(Processes, HearOfOrdersThatARuleGives) {
  Daemon daemon({.yaml = R"(
apiVersion: fusebox/v1
kind: Policy
metadata: {name: rules}
spec:
  mode: strict
  default: allow
  rules: [{id: wild, trigger: request, when: 'target == "rm"', effect: kill, scope: agent}]
)"});
  const auto stream = daemon.send("POST /v1/processes", std::string(kProcess));
  (void)stream->until("standing");
  EXPECT_EQ(
      member(daemon.ask("POST /v1/check", R"({"agent":"bot","action":"tool","target":"rm"})").body,
             "reason"),
      "killed");
  EXPECT_NE(stream->until("\"order\"").find("policy:wild"), std::string::npos);
}

TEST(Processes, WrongValuesAre400WithTheirField) {
  Daemon daemon;
  struct Row {
    const char* line;
    const char* body;
    const char* field;
  };
  const Row rows[] = {
      {"POST /v1/processes", R"({"tenant":"t"})", "agent"},
      {"POST /v1/processes", R"({"agent":""})", "agent"},
      {"POST /v1/processes", R"({"agent":"a","pid":0})", "pid"},
      {"POST /v1/processes", R"({"agent":"a","pid":"1"})", "pid"},
      {"POST /v1/processes", R"({"agent":"a","tenant":7})", "tenant"},
      {"POST /v1/processes", R"({"agent":"a","pit":1})", "pit"},
      {"POST /v1/processes/proc-1/ack", R"({"outcome":"confirmed"})", "order"},
      {"POST /v1/processes/proc-1/ack", R"({"order":"kill-1"})", "outcome"},
      {"POST /v1/processes/proc-1/ack", R"({"order":"kill-1","outcome":"timed_out"})", "outcome"},
      {"POST /v1/processes/proc-1/ack", R"({"order":"k","outcome":"failed","took_ms":-1})",
       "took_ms"},
  };
  for (const Row& row : rows) {
    const auto answer = daemon.ask(row.line, row.body);
    EXPECT_EQ(answer.status, 400) << row.body;
    EXPECT_EQ(member(answer.body, "field"), row.field) << row.body << answer.body;
  }
}

TEST(Processes, OfOthersAreNobodysToSpeakFor) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const std::string other = R"({"agent":"other","tenant":"acme"})";
  EXPECT_EQ(daemon.status("POST /v1/processes", other, {bearer("agent")}), 403);
  const auto stream = daemon.send("POST /v1/processes", other, {bearer("operator")});
  (void)stream->until("standing");
  EXPECT_EQ(daemon.status("POST /v1/processes/proc-1/ack",
                          R"({"order":"kill-1","outcome":"confirmed"})", {bearer("agent")}),
            403);
}

TEST(Covers, WholeProcessesAndNotWhatHappensInThem) {
  const ProcessSpec process{.agent = "bot", .tenant = "acme", .session = "s", .name = {}};
  struct Row {
    const char* scope;
    bool covered;
  };
  const Row rows[] = {
      {"global", true},         {"agent:bot", true},
      {"agent:other", false},   {"tenant:acme", true},
      {"tenant:other", false},  {"tenant:acme/agent:bot", true},
      {"session:s", true},      {"tenant:other/agent:bot", false},
      {"session:other", false}, {"tenant:acme/agent:other", false},
      {"task:t", false},        {"root_task:t", false},
      {"tool:bot", false},      {"model:bot", false},
      {"provider:bot", false},  {"capability:bot", false},
      {"drill:bot", false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(covers(*killswitch::parse_scope(row.scope), process), row.covered) << row.scope;
  }
}

// The deadline and the grace together are no time at all.
TEST(Processes, ThatSayNothingInTimeAreTimedOut) {
  runtime::IoThreads io;
  const auto processes = std::make_shared<Processes>(io);
  const auto answer = std::make_shared<testing::Answer>();
  testing::Sink sink(answer);
  ASSERT_TRUE(processes->add({.agent = "bot", .tenant = {}, .session = {}, .name = {}},
                             sink.stream(1, {.status = 200})));
  const auto outcome = std::make_shared<testing::Answer>();
  processes->stop({.id = "kill-1", .scope = {}, .reason = {}, .actor = {}, .deadline = -kStopGrace},
                  [outcome](const std::vector<StopResult>& results) {
                    outcome->put({.body = std::string(name_of(results.at(0).outcome))});
                  });
  EXPECT_EQ(outcome->get().body, "timed_out");
}

}  // namespace
}  // namespace fusebox::api
