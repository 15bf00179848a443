// The table of routes, and what stands between a request and its handler.
#include <set>

#include "sre/api/routes.hpp"
#include "tests/api/support.hpp"

namespace fusebox::api {
namespace {

using testing::bearer;
using testing::Daemon;
using testing::every_role;
using testing::Headers;
using testing::member;

std::string routed(std::string_view method, std::string_view path,
                   Listener listener = Listener::Api) {
  const Routed found = route(listener, method, path);
  if (const auto* match = std::get_if<Match>(&found)) {
    return std::string(match->route->path) + (match->id.empty() ? "" : " " + match->id);
  }
  const auto* other = std::get_if<NotAllowed>(&found);
  return other != nullptr ? other->allow : "nothing";
}

TEST(Router, FindsTheRouteOrSaysWhatThePathTakes) {
  struct Row {
    const char* method;
    const char* path;
    const char* expected;
  };
  const Row rows[] = {
      {"POST", "/v1/check", "/v1/check"},
      {"GET", "/v1/check", "POST"},
      {"HEAD", "/v1/slos", "/v1/slos"},
      {"HEAD", "/v1/stream", "GET"},
      {"PUT", "/v1/kills", "GET, HEAD, POST"},
      {"post", "/v1/check", "POST"},
      {"GET", "/v1/slos/tool-success", "/v1/slos/{name} tool-success"},
      {"GET", "/v1/slos/", "nothing"},
      {"GET", "/v1/slos/a/b", "nothing"},
      {"POST", "/v1/breakers/tools%3Aa%2Fb/force", "/v1/breakers/{id}/force tools:a/b"},
      {"POST", "/v1/kills/drills", "/v1/kills/drills"},
      {"POST", "/v1/kills/kill-1/rearm", "/v1/kills/{id}/rearm kill-1"},
      {"POST", "/v1/kills/kill-1", "nothing"},
      {"GET", "/", "/"},
      {"POST", "/", "GET, HEAD"},
      {"GET", "", "nothing"},
      {"GET", "/v1/explain/session:s1", "/v1/explain/{id} session:s1"},
      {"GET", "//v1/slos", "nothing"},
      {"GET", "/v1/slos//", "nothing"},
      {"POST", "/v1/traces", "nothing"},
  };
  for (const Row& row : rows) EXPECT_EQ(routed(row.method, row.path), row.expected) << row.path;
  EXPECT_EQ(routed("POST", "/v1/traces", Listener::Otlp), "/v1/traces");
  EXPECT_EQ(routed("POST", "/v1/check", Listener::Otlp), "nothing");
}

TEST(RouteTable, HasNoRouteTwiceAndNoneThatIsOpenByMistake) {
  std::set<std::string> seen;
  std::string open;
  for (const Route& each : routes()) {
    const std::string name = std::string(each.method) + " " + std::string(each.path) +
                             (each.listener == Listener::Otlp ? " otlp" : "");
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_NE(each.handler, nullptr) << name;
    EXPECT_FALSE(each.summary.empty()) << name;
    if (each.roles.is_open()) open += name + "\n";
  }
  EXPECT_EQ(open, "GET /\nGET /healthz\nGET /readyz\nGET /openapi.json\n");
}

// Who may use what, as people would say it; "-" is nobody without a token.
constexpr std::string_view kMatrix = R"(
POST /v1/check: agent operator admin
POST /v1/report: agent operator admin
POST /v1/events: agent ingest operator admin
GET /v1/config/client: agent ingest viewer operator approver admin
GET /v1/slos: viewer operator approver admin
GET /v1/slos/{name}: viewer operator approver admin
GET /v1/breakers: viewer operator approver admin
POST /v1/breakers/{id}/force: operator admin
GET /v1/limits: viewer operator approver admin
POST /v1/limits/{id}/raise: operator admin
GET /v1/agents: viewer operator approver admin
GET /v1/decisions: viewer operator approver admin
GET /v1/explain/{id}: viewer operator approver admin
GET /v1/audit: viewer operator approver admin
GET /v1/stream: agent viewer operator approver admin
GET /v1/approvals: agent viewer operator approver admin
POST /v1/approvals: approver admin
GET /v1/approvals/{id}: agent viewer operator approver admin
POST /v1/approvals/{id}: approver admin
GET /v1/kills: agent viewer operator approver admin
POST /v1/kills: operator approver admin
POST /v1/kills/drills: operator approver admin
POST /v1/kills/{id}/rearm: approver admin
POST /v1/processes: agent operator admin
POST /v1/processes/{id}/ack: agent operator admin
GET /: - agent ingest viewer operator approver admin
GET /healthz: - agent ingest viewer operator approver admin
GET /readyz: - agent ingest viewer operator approver admin
GET /openapi.json: - agent ingest viewer operator approver admin
GET /metrics: viewer operator approver admin
GET /v1/incidents: viewer operator approver admin
GET /v1/chaos/runs: viewer operator approver admin
POST /v1/chaos/runs: operator admin
POST /v1/chaos/runs/{id}/abort: operator approver admin
GET /v1/gate/{slo}: viewer operator approver admin
POST /authz: agent operator admin
POST /v1/traces: agent ingest operator admin
POST /v1/metrics: agent ingest operator admin
POST /v1/logs: agent ingest operator admin
)";

// Asks every route as everybody. A wrong body or a missing thing is past the door.
TEST(RoleMatrix, IsWhatTheServerDoes) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  std::string found = "\n";
  for (const Route& each : routes()) {
    std::string line = std::string(each.method) + " " + std::string(each.path) + ":";
    std::string path(each.path);
    if (const auto open = path.find('{'); open != std::string::npos) {
      path.replace(open, path.find('}') - open + 1, "x");
    }
    for (const char* who : {"-", "agent", "ingest", "viewer", "operator", "approver", "admin"}) {
      const bool nobody = std::string_view(who) == "-";
      const int status = daemon
                             .ask(std::string(each.method) + " " + path, "",
                                  nobody ? Headers{} : Headers{bearer(who)}, each.listener)
                             .status;
      const int refused = nobody ? 401 : 403;
      if (status != refused) line += std::string(" ") + who;
      EXPECT_TRUE(status < 500 || (status == 501 && !each.is_built)) << line << " " << status;
    }
    found += line + "\n";
  }
  EXPECT_EQ(found, kMatrix);
}

TEST(Api, RefusesWhatNoHandlerShouldSee) {
  Daemon daemon;
  struct Row {
    const char* line;
    Headers headers;
    int status;
    const char* field;
  };
  const Row rows[] = {
      {"GET /v1/nothing", {}, 404, ""},
      {"DELETE /v1/kills", {}, 405, ""},
      {"GET /v1/slos?agnet=a", {}, 400, "agnet"},
      {"GET /v1/slos?agent=a&agent=b", {}, 400, "agent"},
      {"GET /healthz?x=1", {}, 400, "x"},
      {"POST /v1/check", {{"Content-Type", "text/html"}}, 415, ""},
      {"POST /v1/check", {{"Content-Type", "application/x-protobuf"}}, 415, ""},
      {"POST /v1/check", {{"Content-Encoding", "gzip"}}, 415, ""},
      {"POST /v1/check", {{"Content-Type", "Application/JSON; charset=utf-8"}}, 400, ""},
      {"GET /v1/incidents", {}, 501, ""},
      {"GET /v1/gate/tools", {}, 501, ""},
      {"POST /authz", {}, 501, ""},
  };
  for (const Row& row : rows) {
    const auto answer = daemon.ask(row.line, "", row.headers);
    EXPECT_EQ(answer.status, row.status) << row.line << answer.body;
    EXPECT_EQ(answer.content_type, "application/problem+json") << row.line;
    EXPECT_EQ(member(answer.body, "field"), row.field) << row.line;
    EXPECT_EQ(member(answer.body, "status"), std::to_string(row.status));
  }
  EXPECT_EQ(daemon.ask("DELETE /v1/kills").headers.find("Allow"), "GET, HEAD, POST");
}

TEST(Api, BodiesHaveTheSizeOfTheirRoute) {
  Daemon daemon;
  const std::string large((1 << 20) + 1, ' ');
  EXPECT_EQ(daemon.status("POST /v1/check", large), 413);
  EXPECT_EQ(daemon.status("POST /v1/kills", large), 413);
  const std::string event = R"({"agent":"bot","kind":"tool"})"
                            "\n";
  EXPECT_EQ(daemon.ask("POST /v1/events", large + "\n" + event).body,
            R"({"accepted":1,"rejected":[]})");
  EXPECT_EQ(daemon.status("POST /v1/events", std::string((16 << 20) + 1, ' ')), 413);
}

TEST(Api, HasAPageForWhoeverOpensTheAddress) {
  Daemon open;
  const auto page = open.ask("GET /");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(page.headers.find("Content-Security-Policy").has_value());
  EXPECT_NE(page.body.find("1.2.3"), std::string::npos);
  EXPECT_NE(page.body.find("console comes later"), std::string::npos);
  EXPECT_EQ(page.body.find("need a token"), std::string::npos);
  constexpr std::string_view kLink = "href=\"";
  int links = 0;
  for (auto at = page.body.find(kLink); at != std::string::npos;
       at = page.body.find(kLink, at + 1), ++links) {
    const auto begin = at + kLink.size();
    const std::string path = page.body.substr(begin, page.body.find('"', begin) - begin);
    EXPECT_EQ(open.status("GET " + path), 200) << path;
  }
  EXPECT_GE(links, 10);
  Daemon closed({.settings = {.credentials = every_role()}});
  EXPECT_NE(closed.ask("GET /").body.find("need a token"), std::string::npos);
}

TEST(Api, SaysHowToAuthenticate) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  EXPECT_EQ(daemon.ask("GET /v1/slos").headers.find("WWW-Authenticate"), "Bearer");
}

TEST(Api, BeforeTheStateIsThereOnlyHealthAnswers) {
  runtime::IoThreads io;
  testing::LockedFiles files;
  Api api(io, {.settings = {},
               .version = "1",
               .files = &files,
               .audit_folder = "/",
               .metrics = {},
               .on_denied = {}});
  const auto ask = [&](std::string_view line) {
    const auto answer = std::make_shared<testing::Answer>();
    const auto sink = std::make_shared<testing::Sink>(answer);
    api.handler(Listener::Api)(testing::request_of(line, "", {}), runtime::Responder(sink, 1));
    return answer->get();
  };
  EXPECT_EQ(ask("GET /healthz").status, 200);
  EXPECT_EQ(ask("GET /readyz").status, 503);
  EXPECT_EQ(ask("GET /openapi.json").status, 200);
  EXPECT_EQ(ask("GET /v1/slos").status, 503);
  EXPECT_EQ(ask("POST /v1/kills").status, 503);
  EXPECT_EQ(ask("GET /metrics").status, 503);
  api.set_ready(true);
  EXPECT_EQ(ask("GET /readyz").status, 200);
}

TEST(Api, AnswersForItself) {
  Daemon daemon;
  EXPECT_EQ(daemon.ask("GET /healthz").body, R"({"status":"ok","version":"1.2.3","storage":"ok"})");
  EXPECT_EQ(daemon.ask("GET /readyz").body, R"({"status":"ready"})");
  const auto metrics = daemon.ask("GET /metrics");
  EXPECT_EQ(metrics.body, "checks 0 denied 0\n");
  EXPECT_EQ(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(daemon.ask("GET /v1/config/client").body,
            R"({"auth":"none","on_unreachable":{"tool":"deny","delegation":"deny","read":"allow",)"
            R"("llm":"allow","task":"allow"}})");
}

TEST(Api, TakesOverAnotherConfiguration) {
  Daemon daemon;
  EXPECT_EQ(daemon.status("GET /v1/slos"), 200);
  daemon.api->configure(
      {.credentials = every_role(), .prices = {}, .on_unreachable = {}, .terminators = {}});
  EXPECT_EQ(daemon.status("GET /v1/slos"), 401);
  EXPECT_EQ(daemon.status("GET /v1/slos", "", {bearer("viewer")}), 200);
}

}  // namespace
}  // namespace fusebox::api
