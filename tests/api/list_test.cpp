// What stands where: SLOs, breakers, limits, agents; filters and pages.
#include "tests/api/support.hpp"

namespace fusebox::api {
namespace {

using testing::Daemon;
using testing::member;

void fill(Daemon& daemon) {
  std::string body;
  for (const char* agent : {"a", "b", "c"}) {
    for (const char* outcome : {"ok", "error"}) {
      body += R"({"agent":")" + std::string(agent) +
              R"(","tenant":"acme","kind":"tool","tool":"t-)" + agent + R"(","outcome":")" +
              outcome + R"(","tokens_in":10,"cost_usd":"0.5"})" + "\n";
    }
  }
  ASSERT_EQ(daemon.ask("POST /v1/events", body).body, R"({"accepted":6,"rejected":[]})");
  for (const char* agent : {"a", "b"}) {
    const std::string check = R"({"agent":")" + std::string(agent) + R"(","action":"tool"})";
    ASSERT_EQ(daemon.status("POST /v1/check", check), 200);
  }
}

// How often `text` stands in `in`.
int count(std::string_view in, std::string_view text) {
  int found = 0;
  for (auto at = in.find(text); at != std::string_view::npos; at = in.find(text, at + 1)) ++found;
  return found;
}

TEST(Lists, EntriesAreThoseOfTheSummary) {
  Daemon daemon;
  fill(daemon);
  const std::string slos = daemon.ask("GET /v1/slos?agent=a").body;
  EXPECT_TRUE(slos.starts_with(
      R"({"slos":[{"slo":"tools","key":{"agent":"a"},"objective_name":"standard","good":1,"bad":1,)"
      R"("total":2,"objective":0.9,"sli":0.5,)"))
      << slos;
  const std::string breakers = daemon.ask("GET /v1/breakers?tool=t-a").body;
  EXPECT_TRUE(breakers.starts_with(R"({"breakers":[{"id":"tools:t-a","mode":"enforce","since":")"))
      << breakers;
  EXPECT_EQ(member(breakers, "failures"), "1");
  const std::string limits = daemon.ask("GET /v1/limits?agent=a").body;
  EXPECT_TRUE(limits.starts_with(
      R"({"limits":[{"id":"calls:a","mode":"enforce","resets":{},"limit":"calls",)"
      R"("key":{"agent":"a"},"used":{)"))
      << limits;
  const std::string agents = daemon.ask("GET /v1/agents?agent=b&tenant=acme").body;
  EXPECT_EQ(member(agents, "agent"), "b");
  EXPECT_EQ(member(agents, "tokens_in"), "20");
  EXPECT_EQ(member(agents, "cost_usd"), "1");
}

TEST(Lists, FiltersLeaveWhatMatches) {
  Daemon daemon;
  fill(daemon);
  struct Row {
    const char* line;
    int entries;
  };
  const Row rows[] = {
      {"GET /v1/slos", 3},
      {"GET /v1/slos?name=tools", 3},
      {"GET /v1/slos?name=other", 0},
      {"GET /v1/slos/tools", 3},
      {"GET /v1/slos/tools?agent=a", 1},
      {"GET /v1/slos?agent=nobody", 0},
      {"GET /v1/slos?tool=t-a", 0},  // its keys have no tool
      {"GET /v1/breakers", 4},
      {"GET /v1/breakers?tool=", 1},
      {"GET /v1/breakers?state=closed", 4},
      {"GET /v1/breakers?state=open", 0},
      {"GET /v1/limits?agent=b", 1},
      {"GET /v1/agents", 5},  // with and without the tenant
      {"GET /v1/agents?tenant=acme", 3},
  };
  for (const Row& row : rows) {
    const auto answer = daemon.ask(row.line);
    EXPECT_EQ(answer.status, 200) << row.line;
    const std::string_view line(row.line);
    const char* first = line.find("agents") != std::string_view::npos ? "\"agent\":" : "\"key\":";
    EXPECT_EQ(count(answer.body, first), row.entries) << row.line << answer.body;
  }
  EXPECT_EQ(daemon.status("GET /v1/slos/other"), 404);
}

TEST(Lists, PagesGoOnWhereTheLastEnded) {
  Daemon daemon;
  fill(daemon);
  for (const char* list : {"slos", "breakers", "limits", "agents"}) {
    const std::string path = "GET /v1/" + std::string(list);
    const std::string whole = daemon.ask(path).body;
    std::string joined;
    std::string next;
    for (int pages = 0; pages < 10; ++pages) {
      const std::string after = next.empty() ? "" : "&after=" + runtime::percent_encode(next);
      const std::string page = daemon.ask(path + "?limit=2" + after).body;
      const auto begin = page.find('[') + 1;
      joined += (joined.empty() ? "" : ",") + page.substr(begin, page.rfind(']') - begin);
      next = member(page, "next");
      if (next.empty()) break;
    }
    EXPECT_EQ("{\"" + std::string(list) + "\":[" + joined + "]}", whole);
    for (const char* wrong : {"?limit=0", "?limit=10001", "?limit=x", "?limit=", "?after=nobody"}) {
      EXPECT_EQ(daemon.status(path + wrong), 400) << path << wrong;
    }
  }
}

TEST(Lists, AreEmptyBeforeAnythingWasHeard) {
  Daemon daemon;
  EXPECT_EQ(daemon.ask("GET /v1/slos").body, R"({"slos":[]})");
  EXPECT_EQ(daemon.ask("GET /v1/agents").body, R"({"agents":[]})");
  EXPECT_EQ(daemon.ask("GET /v1/decisions").body, R"({"decisions":[]})");
  EXPECT_EQ(daemon.ask("GET /v1/approvals").body, R"({"approvals":[]})");
  EXPECT_EQ(daemon.ask("GET /v1/kills").body, R"({"kills":[]})");
}

TEST(Lists, ReadersWhoAskTogetherAreAllAnswered) {
  Daemon daemon;
  fill(daemon);
  std::vector<testing::AnswerPtr> answers;
  for (int i = 0; i < 50; ++i) answers.push_back(daemon.send("GET /v1/slos"));
  for (const auto& each : answers) EXPECT_EQ(each->get().status, 200);
}

}  // namespace
}  // namespace fusebox::api
