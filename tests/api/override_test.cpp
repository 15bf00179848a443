// A person's word: breakers forced, limits raised, approvals answered.
#include "tests/api/support.hpp"

namespace fusebox::api {
namespace {

using testing::bearer;
using testing::Daemon;
using testing::every_role;
using testing::member;

constexpr std::string_view kPay =
    R"({"agent":"bot","tenant":"acme","action":"tool","target":"pay"})";

void see_tool(Daemon& daemon, const testing::Headers& headers = {}) {
  ASSERT_EQ(daemon.status("POST /v1/check", R"({"agent":"bot","action":"tool","target":"search"})",
                          headers),
            200);
}

TEST(Force, HoldsABreakerUntilItsEnd) {
  Daemon daemon;
  see_tool(daemon);
  const auto forced =
      daemon.ask("POST /v1/breakers/tools%3Asearch/force",
                 R"({"state":"open","reason":"broken","for":"1h","actor":"alice"})");
  EXPECT_EQ(forced.status, 200) << forced.body;
  EXPECT_EQ(member(forced.body, "id"), "tools:search");
  EXPECT_NE(member(forced.body, "until"), "");
  const std::string breakers = daemon.ask("GET /v1/breakers?state=open").body;
  EXPECT_EQ(member(breakers, "forced_by"), "alice");
  EXPECT_EQ(member(breakers, "forced_reason"), "broken");
  EXPECT_EQ(
      member(
          daemon.ask("POST /v1/check", R"({"agent":"bot","action":"tool","target":"search"})").body,
          "reason"),
      "breaker_open");
}

TEST(Force, WhoWhyAndUntilWhenAreRequired) {
  Daemon daemon;
  see_tool(daemon);
  struct Row {
    const char* path;
    const char* body;
    int status;
    const char* field;
  };
  constexpr const char* kPath = "POST /v1/breakers/tools:search/force";
  const Row rows[] = {
      {kPath, R"({"reason":"r","for":"1h"})", 400, "state"},
      {kPath, R"({"state":"half_open","reason":"r","for":"1h"})", 400, "state"},
      {kPath, R"({"state":"open","for":"1h"})", 400, "reason"},
      {kPath, R"({"state":"open","reason":"","for":"1h"})", 400, "reason"},
      {kPath, R"({"state":"open","reason":"r"})", 400, "for"},
      {kPath, R"({"state":"open","reason":"r","for":"1h","until":"2030-01-01T00:00:00Z"})", 400,
       "for"},
      {kPath, R"({"state":"open","reason":"r","for":"0s"})", 400, "for"},
      {kPath, R"({"state":"open","reason":"r","for":1})", 400, "for"},
      {kPath, R"({"state":"open","reason":"r","until":"soon"})", 400, "until"},
      {kPath, R"({"state":"open","reason":"r","until":"2020-01-01T00:00:00Z"})", 400, ""},
      {kPath, R"({"state":"open","reason":"r","for":"1h","why":"x"})", 400, "why"},
      {kPath, R"({"state":["open"],"reason":"r","for":"1h"})", 400, "state"},
      {kPath, R"({"state":"open","state":"closed","reason":"r","for":"1h"})", 400, "state"},
      {kPath, R"(["state"])", 400, ""},
      {kPath, "", 400, ""},
      {"POST /v1/breakers/tools:nobody/force", R"({"state":"open","reason":"r","for":"1h"})", 404,
       ""},
      {"POST /v1/breakers/%25/force", R"({"state":"open","reason":"r","for":"1h"})", 404, ""},
  };
  for (const Row& row : rows) {
    const auto answer = daemon.ask(row.path, row.body);
    EXPECT_EQ(answer.status, row.status) << row.body << answer.body;
    EXPECT_EQ(member(answer.body, "field"), row.field) << row.body << answer.body;
  }
}

TEST(Raise, GivesABudgetMoreForAWhile) {
  Daemon daemon;
  see_tool(daemon);
  constexpr const char* kPath = "POST /v1/limits/calls:bot/raise";
  const auto by = [&](std::string_view members) {
    return daemon.ask(kPath, "{" + std::string(members) + R"(,"reason":"r","for":"1h"})");
  };
  EXPECT_EQ(by(R"("dimension":"tool_calls","by":2)").status, 200);
  EXPECT_EQ(by(R"("dimension":"cost_usd","to":"2.50")").status, 200);
  EXPECT_EQ(by(R"("dimension":"cost_usd","to":3.25)").status, 200);
  const std::string limits = daemon.ask("GET /v1/limits").body;
  EXPECT_NE(limits.find(R"("max":{"cost_usd":3.25,"tool_calls":5})"), std::string::npos) << limits;
  EXPECT_NE(limits.find(R"("raised":["cost_usd","tool_calls"])"), std::string::npos) << limits;

  struct Row {
    const char* members;
    const char* field;
  };
  const Row rows[] = {
      {R"("by":2)", "dimension"},
      {R"("dimension":"tool_calls")", "to"},
      {R"("dimension":"tool_calls","by":2,"to":9)", "to"},
      {R"("dimension":"tool_calls","by":"2")", "by"},
      {R"("dimension":"tool_calls","by":-2)", "by"},
      {R"("dimension":"tool_calls","by":2.5)", "by"},
      {R"("dimension":"cost_usd","by":"-2")", "by"},
      {R"("dimension":"cost_usd","by":1e300)", "by"},
      {R"("dimension":"wall_clock","by":5)", "by"},
      {R"("dimension":"sheep","by":5)", ""},
      {R"("dimension":"tokens","by":5)", ""},
      {R"("dimension":"tool_calls","to":1)", ""},
  };
  for (const Row& row : rows) {
    const auto answer = by(row.members);
    EXPECT_EQ(answer.status, 400) << row.members << answer.body;
    EXPECT_EQ(member(answer.body, "field"), row.field) << row.members << answer.body;
  }
}

TEST(Approvals, AGrantLetsTheSameRequestPassOnce) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const auto check = [&] {
    return daemon.ask("POST /v1/check", std::string(kPay), {bearer("agent")}).body;
  };
  const std::string id = member(check(), "id");
  const std::string pending = daemon.ask("GET /v1/approvals/" + id, "", {bearer("agent")}).body;
  EXPECT_EQ(member(pending, "state"), "pending");
  EXPECT_EQ(member(pending, "target"), "pay");

  const auto granted = daemon.ask("POST /v1/approvals/" + id,
                                  R"({"action":"grant","reason":"fine","actor":"eve","for":"10m"})",
                                  {bearer("approver")});
  EXPECT_EQ(granted.status, 200) << granted.body;
  EXPECT_EQ(member(granted.body, "state"), "granted");
  const std::string all = daemon.ask("GET /v1/approvals", "", {bearer("viewer")}).body;
  EXPECT_EQ(member(all, "actor"), "approver") << "the token says who, not the body";
  EXPECT_EQ(member(check(), "effect"), "allow");
  EXPECT_EQ(member(check(), "effect"), "require_approval");
}

TEST(Approvals, AreAnsweredByTheirIdInTheBodyToo) {
  Daemon daemon;
  const std::string id = member(daemon.ask("POST /v1/check", std::string(kPay)).body, "id");
  const auto denied =
      daemon.ask("POST /v1/approvals", R"({"id":")" + id + R"(","action":"deny","reason":"no"})");
  EXPECT_EQ(member(denied.body, "state"), "refused") << denied.body;
  EXPECT_EQ(daemon.status("POST /v1/approvals/" + id, R"({"action":"deny","reason":"no"})"), 404);
  EXPECT_EQ(member(daemon.ask("GET /v1/approvals?state=refused").body, "actor"), "local");
}

TEST(Approvals, WrongAnswersAndUnknownOnes) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const auto ask = [&](const std::string& line, const std::string& body) {
    return daemon.ask(line, body, {bearer("admin")});
  };
  EXPECT_EQ(member(ask("POST /v1/approvals/x", R"({"reason":"r"})").body, "field"), "action");
  EXPECT_EQ(member(ask("POST /v1/approvals/x", R"({"action":"maybe","reason":"r"})").body, "field"),
            "action");
  EXPECT_EQ(member(ask("POST /v1/approvals", R"({"action":"deny","reason":"r"})").body, "field"),
            "id");
  EXPECT_EQ(ask("POST /v1/approvals/x", R"({"action":"grant","reason":"r"})").status, 404);
  EXPECT_EQ(ask("GET /v1/approvals/x", "").status, 404);
}

TEST(Approvals, OfOthersAreNotShownToAnAgent) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const std::string other = R"({"agent":"other","tenant":"acme","action":"tool","target":"pay"})";
  const std::string id =
      member(daemon.ask("POST /v1/check", other, {bearer("operator")}).body, "id");
  EXPECT_EQ(daemon.status("GET /v1/approvals/" + id, "", {bearer("agent")}), 404);
  EXPECT_EQ(daemon.ask("GET /v1/approvals", "", {bearer("agent")}).body, R"({"approvals":[]})");
  EXPECT_EQ(daemon.status("GET /v1/approvals/" + id, "", {bearer("viewer")}), 200);
}

}  // namespace
}  // namespace fusebox::api
