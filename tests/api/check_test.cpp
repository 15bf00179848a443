// POST /v1/check and /v1/report.
#include "sre/api/detail/decision_log.hpp"
#include "tests/api/support.hpp"

namespace fusebox::api {
namespace {

using testing::bearer;
using testing::Daemon;
using testing::every_role;
using testing::member;

constexpr std::string_view kCheck = R"({"agent":"bot","action":"tool","target":"search"})";

std::string check(std::string_view target) {
  return R"({"agent":"bot","action":"tool","target":")" + std::string(target) + R"("})";
}

TEST(Check, AnswersADecisionWhateverItsEffect) {
  Daemon daemon;
  const auto allowed = daemon.ask("POST /v1/check", std::string(kCheck));
  EXPECT_EQ(allowed.status, 200);
  EXPECT_EQ(allowed.content_type, "application/json");
  EXPECT_EQ(member(allowed.body, "effect"), "allow");
  EXPECT_EQ(member(allowed.body, "permit"), member(allowed.body, "id"));

  const auto denied = daemon.ask("POST /v1/check", check("drop"));
  EXPECT_EQ(denied.status, 200);
  EXPECT_EQ(member(denied.body, "effect"), "deny");
  EXPECT_EQ(member(denied.body, "rule"), "no-drop");
  EXPECT_EQ(member(denied.body, "message"), "never");
  EXPECT_EQ(member(denied.body, "permit"), "");

  EXPECT_EQ(member(daemon.ask("POST /v1/check", check("pay")).body, "effect"), "require_approval");
}

TEST(Check, ExplainsWhenAsked) {
  Daemon daemon;
  const std::string body(kCheck);
  EXPECT_NE(daemon.ask("POST /v1/check?explain=1", body).body.find("\"explain\":["),
            std::string::npos);
  EXPECT_EQ(daemon.ask("POST /v1/check?explain=0", body).body.find("explain"), std::string::npos);
  EXPECT_EQ(daemon.status("POST /v1/check?explain=yes", body), 400);
}

TEST(Check, WrongValuesAre400WithTheirField) {
  Daemon daemon;
  struct Row {
    std::string body;
    const char* field;
    const char* code;
  };
  const Row rows[] = {
      {"", "", "E0301"},
      {"[]", "", "E0302"},
      {"{", "", "E0301"},
      {"\xff", "", "E0001"},
      {R"({"action":"tool"})", "agent", "E0303"},
      {R"({"agent":"","action":"tool"})", "agent", "E0303"},
      {R"({"agent":"a"})", "action", "E0303"},
      {R"({"agent":"a","action":"fly"})", "action", "E0303"},
      {R"({"agent":"a","action":"tool","trust":1001})", "trust", "E0303"},
      {R"({"agent":"a","action":"tool","depth":-1})", "depth", "E0303"},
      {R"({"agent":"a","action":"tool","args":[]})", "args", "E0303"},
      {R"({"agent":"a","action":"tool","estimate":{"tokens":"1"}})", "estimate.tokens", "E0303"},
      {R"({"agent":"a","action":"tool","estimate":{"cost_usd":-1}})", "estimate.cost_usd", "E0303"},
      {R"({"agent":"a","action":"tool","agent":"b"})", "agent", "E0303"},
      {R"({"agent":"a","action":"tool","traget":"b"})", "traget", "E0303"},
      {R"({"agent":"a","action":"tool","args":)" + std::string(70, '[') + std::string(70, ']') +
           "}",
       "", "E0003"},
  };
  for (const Row& row : rows) {
    const auto answer = daemon.ask("POST /v1/check", row.body);
    EXPECT_EQ(answer.status, 400) << row.body;
    EXPECT_EQ(member(answer.body, "field"), row.field) << row.body << answer.body;
    EXPECT_EQ(member(answer.body, "code"), row.code) << row.body;
  }
  const std::string huge = R"({"agent":")" + std::string(1 << 20, 'x') + "\"}";
  EXPECT_EQ(daemon.status("POST /v1/check", huge), 413);
}

TEST(Check, AClaimOfAnotherAgentIsRefusedAndOnRecord) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const auto ask = [&](std::string_view tenant, std::string_view agent) {
    const std::string body = R"({"agent":")" + std::string(agent) + R"(","tenant":")" +
                             std::string(tenant) + R"(","action":"tool"})";
    return daemon.status("POST /v1/check", body, {bearer("agent")});
  };
  EXPECT_EQ(ask("acme", "bot-1"), 200);
  EXPECT_EQ(ask("acme", "other"), 403);
  EXPECT_EQ(ask("other", "bot-1"), 403);
  EXPECT_EQ(ask("", "bot-1"), 403);
  EXPECT_EQ(daemon.denials, (std::vector<std::string>{"agent acme/other POST /v1/check",
                                                      "agent other/bot-1 POST /v1/check",
                                                      "agent /bot-1 POST /v1/check"}));
  EXPECT_EQ(daemon.api->counters().denied, 3U);
}

TEST(Check, WhatCannotBeKeptIsDeniedByTheEngineItself) {
  Daemon daemon;
  daemon.files.limit_bytes(daemon.files.bytes_used());
  const auto answer = daemon.ask("POST /v1/check", std::string(kCheck));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(member(answer.body, "effect"), "deny");
  EXPECT_EQ(member(answer.body, "gate"), "reliability");
  EXPECT_EQ(member(answer.body, "reason"), "engine_error");
  EXPECT_EQ(member(answer.body, "permit"), "");
  EXPECT_NE(member(answer.body, "message").find("could not be kept"), std::string::npos);
  // A refusal promises nothing, so it stands.
  EXPECT_EQ(member(daemon.ask("POST /v1/check", check("drop")).body, "reason"), "policy_denied");
  daemon.files.limit_bytes(std::nullopt);
}

TEST(Check, CountsHowLongAnswersTook) {
  Daemon daemon;
  (void)daemon.ask("POST /v1/check", std::string(kCheck));
  std::uint64_t counted = 0;
  for (const std::uint64_t each : daemon.api->counters().decisions.buckets) counted += each;
  EXPECT_EQ(counted, 1U);
}

TEST(Report, SaysWhatBecameOfThePermit) {
  Daemon daemon;
  const std::string permit =
      member(daemon.ask("POST /v1/check", std::string(kCheck)).body, "permit");
  const std::string report = R"({"permit":")" + permit + R"(","outcome":"ok","duration_ms":12})";
  EXPECT_EQ(daemon.ask("POST /v1/report", report).body, R"({"result":"committed"})");
  EXPECT_EQ(daemon.ask("POST /v1/report", report).body, R"({"result":"repeated"})");
  EXPECT_EQ(daemon.ask("POST /v1/report", R"({"permit":"d-99","outcome":"ok"})").body,
            R"({"result":"unknown"})");
}

TEST(Report, WrongValuesAre400WithTheirField) {
  Daemon daemon;
  struct Row {
    const char* body;
    const char* field;
  };
  const Row rows[] = {
      {R"({"outcome":"ok"})", "permit"},
      {R"({"permit":"d-1"})", "outcome"},
      {R"({"permit":"d-1","outcome":"fine"})", "outcome"},
      {R"({"permit":"d-1","outcome":"ok","duration_ms":-1})", "duration_ms"},
      {R"({"permit":"d-1","outcome":"ok","cost_usd":"x"})", "cost_usd"},
      {R"({"permit":"d-1","outcome":"ok","x":1})", "x"},
  };
  for (const Row& row : rows) {
    const auto answer = daemon.ask("POST /v1/report", row.body);
    EXPECT_EQ(answer.status, 400) << row.body;
    EXPECT_EQ(member(answer.body, "field"), row.field) << row.body;
  }
}

TEST(Report, ClosesNobodyElsesPermit) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const std::string other = R"({"agent":"other","tenant":"acme","action":"tool"})";
  const std::string permit =
      member(daemon.ask("POST /v1/check", other, {bearer("operator")}).body, "permit");
  const std::string report = R"({"permit":")" + permit + R"(","outcome":"ok"})";
  EXPECT_EQ(daemon.status("POST /v1/report", report, {bearer("agent")}), 403);
  EXPECT_EQ(daemon.denials, std::vector<std::string>{"agent acme/other POST /v1/report"});
  EXPECT_EQ(daemon.ask("POST /v1/report", report, {bearer("operator")}).body,
            R"({"result":"committed"})");
}

// More decisions than the daemon lists were made since the permit was given.
TEST(Report, ClosesNobodyElsesPermitHoweverOld) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const std::string other = R"({"agent":"other","tenant":"acme","action":"task"})";
  const std::string permit =
      member(daemon.ask("POST /v1/check", other, {bearer("operator")}).body, "permit");
  const std::string refused = R"({"agent":"bot","tenant":"acme","action":"tool","target":"drop"})";
  for (std::size_t i = 0; i < detail::kDecisionsMax; ++i) {
    (void)daemon.send("POST /v1/check", refused, {bearer("agent")});
  }
  const std::string report = R"({"permit":")" + permit + R"(","outcome":"ok"})";
  EXPECT_EQ(daemon.status("POST /v1/report", report, {bearer("agent")}), 403);
  EXPECT_EQ(daemon.ask("POST /v1/report", report, {bearer("operator")}).body,
            R"({"result":"committed"})");
  EXPECT_EQ(
      daemon.ask("POST /v1/report", R"({"permit":"d-none","outcome":"ok"})", {bearer("agent")})
          .body,
      R"({"result":"unknown"})");
}

// An event that names a permit is its report only if it is the same agent's; it is one more event.
TEST(Report, NoEventClosesSomebodyElsesPermit) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const std::string other = R"({"agent":"other","tenant":"acme","action":"tool","target":"x"})";
  const std::string permit =
      member(daemon.ask("POST /v1/check", other, {bearer("operator")}).body, "permit");
  const std::string event = R"([{"agent":"bot","tenant":"acme","kind":"tool","tool":"x","id":")" +
                            permit + R"(","outcome":"error"}])";
  EXPECT_EQ(daemon.status("POST /v1/events", event, {bearer("agent")}), 200);
  EXPECT_EQ(daemon
                .ask("POST /v1/report", R"({"permit":")" + permit + R"(","outcome":"ok"})",
                     {bearer("operator")})
                .body,
            R"({"result":"committed"})");
}

}  // namespace
}  // namespace fusebox::api
