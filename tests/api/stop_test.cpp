// Stop orders: given, listed, taken back by two people; webhooks and commands that end work.
#include "sre/api/hooks.hpp"
#include "sre/runtime/http_server.hpp"
#include "tests/api/support.hpp"

namespace fusebox::api {
namespace {

using testing::bearer;
using testing::Daemon;
using testing::every_role;
using testing::kPatience;
using testing::member;

constexpr std::string_view kCheck = R"({"agent":"bot","action":"tool"})";

TEST(Kills, StopAndSayHowFarItGot) {
  Daemon daemon;
  const auto killed =
      daemon.ask("POST /v1/kills", R"({"scope":"agent:bot","reason":"odd","actor":"alice"})");
  EXPECT_EQ(killed.status, 201);
  EXPECT_EQ(killed.body,
            R"({"id":"kill-1","scope":"agent:bot","epoch":1,"durable":true,"terminators":[]})");
  const std::string decision = daemon.ask("POST /v1/check", std::string(kCheck)).body;
  EXPECT_EQ(member(decision, "reason"), "killed");
  EXPECT_EQ(member(decision, "epoch"), "1");
  const std::string kills = daemon.ask("GET /v1/kills").body;
  EXPECT_TRUE(kills.starts_with(R"({"kills":[{"id":"kill-1","scope":"agent:bot","epoch":1,)"
                                R"("state":"tripped","reason":"odd","actor":"alice","at":")"))
      << kills;
  EXPECT_EQ(daemon.ask("GET /v1/kills?state=armed").body, R"({"kills":[]})");
  EXPECT_EQ(daemon.status("GET /v1/kills?state=odd"), 400);
}

TEST(Kills, ASecondOneReturnsTheStandingOrder) {
  Daemon daemon;
  const std::string body = R"({"scope":"agent:bot","reason":"odd"})";
  const std::string first = daemon.ask("POST /v1/kills", body).body;
  EXPECT_EQ(daemon.ask("POST /v1/kills", body).body, first);
}

TEST(Kills, WrongValuesAre400WithTheirField) {
  Daemon daemon;
  struct Row {
    const char* body;
    const char* field;
  };
  const Row rows[] = {
      {R"({"reason":"r"})", "scope"},
      {R"({"scope":"","reason":"r"})", "scope"},
      {R"({"scope":"agent:","reason":"r"})", "scope"},
      {R"({"scope":"agent:*","reason":"r"})", "scope"},
      {R"({"scope":"agnet:bot","reason":"r"})", "scope"},
      {R"({"scope":7,"reason":"r"})", "scope"},
      {R"({"scope":"global"})", "reason"},
      {R"({"scope":"global","reason":""})", "reason"},
      {R"({"scope":"global","reason":null})", "reason"},
      {R"({"scope":"global","reason":"r","category":"soft"})", "category"},
      {R"({"scope":"global","reason":"r","deadline_ms":-1})", "deadline_ms"},
      {R"({"scope":"global","reason":"r","deadline_ms":600001})", "deadline_ms"},
      {R"({"scope":"global","reason":"r","deadline_ms":1.5})", "deadline_ms"},
      {R"({"scope":"global","reason":"r","actor":""})", "actor"},
      {R"({"scope":"global","reason":"r","scop":"x"})", "scop"},
  };
  for (const Row& row : rows) {
    const auto answer = daemon.ask("POST /v1/kills", row.body);
    EXPECT_EQ(answer.status, 400) << row.body;
    EXPECT_EQ(member(answer.body, "field"), row.field) << row.body << answer.body;
  }
  EXPECT_EQ(daemon.ask("GET /v1/kills").body, R"({"kills":[]})");
}

TEST(Kills, ADrillStopsNobody) {
  Daemon daemon;
  const auto drill =
      daemon.ask("POST /v1/kills/drills", R"({"name":"friday","reason":"practice"})");
  EXPECT_EQ(drill.status, 201);
  EXPECT_EQ(member(drill.body, "scope"), "drill:friday");
  EXPECT_EQ(daemon.status("POST /v1/kills/drills", R"({"reason":"practice"})"), 201);
  EXPECT_EQ(daemon.status("POST /v1/kills/drills", R"({"name":"friday"})"), 400);
  EXPECT_EQ(member(daemon.ask("POST /v1/check", std::string(kCheck)).body, "effect"), "allow");
}

TEST(Rearm, NeverWithoutAuthentication) {
  Daemon daemon;
  (void)daemon.ask("POST /v1/kills", R"({"scope":"global","reason":"r"})");
  const auto answer = daemon.ask("POST /v1/kills/kill-1/rearm", R"({"reason":"r"})");
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(member(answer.body, "detail").find("auth: {mode: tokens}"), std::string::npos);
}

TEST(Rearm, TakesTwoDifferentPeople) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const auto killed = daemon.ask(
      "POST /v1/kills", R"({"scope":"global","reason":"r","actor":"eve"})", {bearer("operator")});
  EXPECT_EQ(killed.status, 201);
  EXPECT_EQ(member(daemon.ask("GET /v1/kills", "", {bearer("viewer")}).body, "actor"), "operator");
  const auto rearm = [&](std::string_view who, std::string_view body = R"({"reason":"fixed"})") {
    return daemon.ask("POST /v1/kills/kill-1/rearm", std::string(body), {bearer(who)});
  };
  EXPECT_EQ(rearm("approver", "{}").status, 400);
  const auto first = rearm("approver");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(member(first.body, "state"), "tripped");
  EXPECT_EQ(member(first.body, "rearm_approvals"), "1");
  EXPECT_EQ(rearm("approver", R"({"reason":"again","actor":"somebody else"})").status, 409);
  const auto second = rearm("approver2");
  EXPECT_EQ(member(second.body, "state"), "armed");
  EXPECT_EQ(member(second.body, "epoch"), "2");
  EXPECT_EQ(rearm("admin").status, 409);
  EXPECT_EQ(daemon.status("POST /v1/kills/kill-9/rearm", R"({"reason":"r"})", {bearer("admin")}),
            404);
}

TEST(Kills, AnAgentSeesThoseThatConcernIt) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  for (const char* scope : {"agent:bot-1", "agent:other", "tenant:other", "tool:x"}) {
    const std::string body = R"({"scope":")" + std::string(scope) + R"(","reason":"r"})";
    EXPECT_EQ(daemon.status("POST /v1/kills", body, {bearer("admin")}), 201);
  }
  const std::string seen = daemon.ask("GET /v1/kills", "", {bearer("agent")}).body;
  EXPECT_NE(seen.find("agent:bot-1"), std::string::npos);
  EXPECT_NE(seen.find("tool:x"), std::string::npos);
  EXPECT_EQ(seen.find("other"), std::string::npos) << seen;
}

config::Terminator command(std::vector<std::string> argv, Duration timeout = kPatience) {
  return {.name = "script",
          .scopes = {killswitch::ScopeKind::Agent},
          .call = config::CommandLine{std::move(argv)},
          .timeout = timeout};
}

// What one configured terminator says of an order on agent:bot.
std::string outcome_of(config::Terminator terminator) {
  Daemon daemon({.settings = {.terminators = {std::move(terminator)}}});
  const auto killed = daemon.ask("POST /v1/kills", R"({"scope":"agent:bot","reason":"odd"})");
  EXPECT_EQ(killed.status, 201);
  const std::string detail = member(killed.body, "detail");
  return member(killed.body, "kind") + " " + member(killed.body, "outcome") +
         (detail.empty() ? "" : ": " + detail);
}

TEST(Hooks, CommandsConfirmByTheirExitCode) {
  EXPECT_EQ(outcome_of(command({"true"})), "command confirmed");
  EXPECT_EQ(outcome_of(command({"sh", "-c", "exit 7"})), "command failed: exit code 7");
  EXPECT_EQ(outcome_of(command({"/no/such/program"})),
            "command failed: cannot start /no/such/program: No such file or directory");
  EXPECT_EQ(outcome_of(command({"sh", "-c", "sleep 60 & wait"}, std::chrono::milliseconds{20})),
            "command timed_out: sh did not end in time");
  EXPECT_EQ(outcome_of(command({"sh", "-c",
                                "test \"$FUSEBOX_ORDER $FUSEBOX_SCOPE $FUSEBOX_EPOCH "
                                "$FUSEBOX_REASON $FUSEBOX_ACTOR $FUSEBOX_CATEGORY\" = "
                                "'kill-1 agent:bot 1 odd local hard'"})),
            "command confirmed");
}

// Entries of the audit of this kind, as they become: the engine writes them after the answer.
std::string audit_of(Daemon& daemon, std::string_view kind, std::size_t count) {
  for (;;) {
    const std::string audit = daemon.ask("GET /v1/audit").body;
    std::string found;
    std::size_t times = 0;
    const std::string key = R"("kind":")" + std::string(kind) + R"(","body":)";
    for (auto at = audit.find(key); at != std::string::npos; at = audit.find(key, at + 1)) {
      const auto begin = at + key.size();
      found += audit.substr(begin, audit.find('}', begin) + 1 - begin) + "\n";
      ++times;
    }
    if (times >= count) return found;
    (void)daemon.ask("GET /v1/kills");  // through the engine, and so behind what waits for it
  }
}

// Without what differs from run to run.
std::string without_times(std::string text) {
  for (auto at = text.find(",\"took_ms\":"); at != std::string::npos;
       at = text.find(",\"took_ms\":")) {
    text.erase(at, text.find('}', at) - at);
  }
  return text;
}

TEST(Outcomes, StandInTheAuditOneByOne) {
  auto second = command({"sh", "-c", "exit 7"});
  second.name = "other";
  Daemon daemon({.settings = {.terminators = {command({"true"}), second}}});
  (void)daemon.ask("POST /v1/kills", R"({"scope":"agent:bot","reason":"odd"})");
  EXPECT_EQ(without_times(audit_of(daemon, "terminator", 2)),
            R"({"order":"kill-1","kind":"command","name":"script","outcome":"confirmed"})"
            "\n"
            R"({"order":"kill-1","kind":"command","name":"other","outcome":"failed",)"
            R"("detail":"exit code 7"})"
            "\n");
}

TEST(Outcomes, OfDrillsStandThereToo) {
  auto drill = command({"true"});
  drill.scopes = {killswitch::ScopeKind::Drill};
  Daemon daemon({.settings = {.terminators = {drill}}});
  (void)daemon.ask("POST /v1/kills/drills", R"({"name":"friday","reason":"practice"})");
  EXPECT_NE(audit_of(daemon, "terminator", 1).find(R"("outcome":"confirmed")"), std::string::npos);
}

// Nobody waits for the answer to an order that a rule gives, and what became of it is on record.
TEST(Outcomes, OfOrdersThatRulesGiveStandThereToo) {
  Daemon daemon({.yaml = R"(
apiVersion: fusebox/v1
kind: Policy
metadata: {name: rules}
spec:
  mode: strict
  default: allow
  rules:
    - {id: stop, trigger: request, when: 'target == "rm"', effect: kill, scope: agent}
)",
                 .settings = {.terminators = {command({"true"})}}});
  (void)daemon.ask("POST /v1/check", R"({"agent":"bot","action":"tool","target":"rm"})");
  EXPECT_NE(audit_of(daemon, "terminator", 1).find(R"("order":"kill-1")"), std::string::npos);
}

TEST(Hooks, OfOtherScopesAreNotCalled) {
  Daemon daemon({.settings = {.terminators = {command({"true"})}}});
  EXPECT_EQ(member(daemon.ask("POST /v1/kills", R"({"scope":"tool:x","reason":"odd"})").body,
                   "terminators"),
            "[");
}

TEST(Hooks, WebhooksConfirmByWhatTheySay) {
  struct Row {
    int status;
    const char* body;
    const char* expected;
  };
  const Row rows[] = {
      {200, R"({"outcome":"confirmed"})", "webhook confirmed"},
      {200, R"({"outcome":"failed","detail":"no such job"})", "webhook failed: no such job"},
      {200, "ok", "webhook unconfirmed: it answered 200 and not what became of it"},
      {202, "", "webhook unconfirmed: it answered 202 and not what became of it"},
      {500, R"({"outcome":"confirmed"})", "webhook failed: it answered 500"},
  };
  for (const Row& row : rows) {
    runtime::IoThreads io;
    std::string asked;
    runtime::HttpServer server(io);
    const auto bound =
        server.listen(runtime::TcpAddress{.host = "127.0.0.1", .port = 0},
                      [&](const runtime::HttpRequest& request, runtime::Responder respond) {
                        asked = request.method + " " + request.path + " " + request.body;
                        respond({.status = row.status, .body = row.body});
                      });
    ASSERT_TRUE(bound.has_value());
    const std::uint16_t port = std::get<runtime::TcpAddress>(*bound).port;
    EXPECT_EQ(
        outcome_of({.name = "hook",
                    .scopes = {killswitch::ScopeKind::Agent},
                    .call = config::HttpUrl{.host = "127.0.0.1", .port = port, .target = "/x"},
                    .timeout = kPatience}),
        row.expected);
    server.drain(Duration{0});
    EXPECT_TRUE(
        asked.starts_with(R"(POST /x {"order":{"id":"kill-1","scope":"agent:bot","epoch":1,)"
                          R"("category":"hard","deadline_ms":5000,"reason":"odd",)"))
        << asked;
  }
}

TEST(Hooks, AWebhookThatIsNotThereFailed) {
  runtime::IoThreads io;
  std::uint16_t port = 0;
  {
    runtime::HttpServer server(io);
    const auto bound = server.listen(runtime::TcpAddress{.host = "127.0.0.1", .port = 0},
                                     [](const runtime::HttpRequest&, const runtime::Responder&) {});
    port = std::get<runtime::TcpAddress>(*bound).port;
  }
  EXPECT_TRUE(outcome_of({.name = "hook",
                          .scopes = {killswitch::ScopeKind::Agent},
                          .call = config::HttpUrl{.host = "127.0.0.1", .port = port},
                          .timeout = kPatience})
                  .starts_with("webhook failed: "));
}

}  // namespace
}  // namespace fusebox::api
