// Decisions, the audit, and the stream of records.
#include "sre/api/detail/record_ring.hpp"
#include "tests/api/support.hpp"

namespace fusebox::api {
namespace {

using testing::bearer;
using testing::Daemon;
using testing::every_role;
using testing::Headers;
using testing::member;

void decide(Daemon& daemon, std::string_view agent, std::string_view target) {
  const std::string body = R"({"agent":")" + std::string(agent) +
                           R"(","action":"tool","target":")" + std::string(target) + R"("})";
  ASSERT_EQ(daemon.status("POST /v1/check", body), 200);
}

// "d-1 d-3": the ids of the decisions in an answer.
std::string ids_in(std::string_view json) {
  std::string ids;
  constexpr std::string_view kKey = R"("decision":{"id":")";
  for (auto at = json.find(kKey); at != std::string_view::npos; at = json.find(kKey, at + 1)) {
    ids += (ids.empty() ? "" : " ");
    ids += json.substr(at + kKey.size(), json.find('"', at + kKey.size()) - at - kKey.size());
  }
  return ids;
}

TEST(Decisions, AreFoundByWhatTheyWereAbout) {
  Daemon daemon;
  decide(daemon, "a", "search");
  decide(daemon, "b", "drop");
  decide(daemon, "a", "drop");
  struct Row {
    const char* query;
    const char* expected;
  };
  const Row rows[] = {
      {"", "d-1 d-2 d-3"},         {"?agent=a", "d-1 d-3"}, {"?tool=drop", "d-2 d-3"},
      {"?effect=deny", "d-2 d-3"}, {"?id=d-2", "d-2"},      {"?agent=a&tool=drop", "d-3"},
      {"?limit=2", "d-2 d-3"},     {"?agent=x", ""},        {"?after=1000", ""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ids_in(daemon.ask("GET /v1/decisions" + std::string(row.query)).body), row.expected)
        << row.query;
  }
  const std::string first = daemon.ask("GET /v1/decisions?id=d-1").body;
  EXPECT_NE(
      first.find(R"("check":{"agent":"a","tool":"search","action":"tool","target":"search"})"),
      std::string::npos)
      << first;
  const std::string page = daemon.ask("GET /v1/decisions?after=0&limit=2").body;
  EXPECT_EQ(ids_in(page), "d-1 d-2");
  EXPECT_EQ(ids_in(daemon.ask("GET /v1/decisions?after=" + member(page, "next")).body), "d-3");
  for (const char* wrong : {"?after=x", "?after=-1", "?limit=0"}) {
    EXPECT_EQ(daemon.status("GET /v1/decisions" + std::string(wrong)), 400) << wrong;
  }
}

TEST(Audit, IsReadAndVerified) {
  Daemon daemon;
  for (const char* scope : {"agent:a", "agent:b", "agent:c"}) {
    (void)daemon.ask("POST /v1/kills", R"({"scope":")" + std::string(scope) + R"(","reason":"r"})");
  }
  const std::string whole = daemon.ask("GET /v1/audit").body;
  EXPECT_NE(whole.find("agent:a"), std::string::npos) << whole;
  EXPECT_NE(whole.find("agent:c"), std::string::npos);
  EXPECT_EQ(whole.find("first_bad"), std::string::npos) << whole;
  const std::string page = daemon.ask("GET /v1/audit?limit=1").body;
  EXPECT_EQ(member(page, "next"), "1") << page;
  const std::string rest = daemon.ask("GET /v1/audit?after=1").body;
  EXPECT_EQ(rest.find("{\"n\":1,"), std::string::npos) << rest;
  EXPECT_NE(rest.find("{\"n\":2,"), std::string::npos);
  EXPECT_EQ(member(daemon.ask("GET /v1/audit?until=2000-01-01T00:00:00Z").body, "audit"), "[");
  for (const char* wrong : {"?from=now", "?until=1", "?after=x", "?limit=x"}) {
    EXPECT_EQ(daemon.status("GET /v1/audit" + std::string(wrong)), 400) << wrong;
  }
}

TEST(Stream, ShowsWhatHappensAndGoesOnWhereItWasLeft) {
  Daemon daemon;
  const auto stream = daemon.send("GET /v1/stream?events=kill");
  EXPECT_EQ(stream->get().content_type, "text/event-stream");
  EXPECT_EQ(stream->get().headers.find("Cache-Control"), "no-store");
  decide(daemon, "a", "search");
  (void)daemon.ask("POST /v1/kills", R"({"scope":"agent:a","reason":"r"})");
  const std::string seen = stream->until("\n\nid: ").substr(std::string("retry: 1000\n\n").size());
  EXPECT_TRUE(seen.starts_with("id: 2\nevent: kill\ndata: {\"at\":\"")) << seen;
  EXPECT_EQ(seen.find("decision"), std::string::npos);

  const auto again = daemon.send("GET /v1/stream", "", {{"Last-Event-ID", "0"}});
  const std::string all = again->until("event: kill");
  EXPECT_NE(all.find("id: 1\nevent: decision\n"), std::string::npos) << all;
  EXPECT_EQ(all.find("gap"), std::string::npos) << all;
}

TEST(Stream, TellsAReaderWhatItCannotHaveSeen) {
  Daemon daemon;
  decide(daemon, "a", "search");
  // Records follow the answers that they explain.
  (void)daemon.send("GET /v1/stream", "", {{"Last-Event-ID", "0"}})->until("id: 1\n");
  const auto stream = daemon.send("GET /v1/stream", "", {{"Last-Event-ID", "77"}});
  EXPECT_NE(stream->until("gap").find("id: 1\nevent: gap\ndata: {\"after\":77,\"next\":2}\n\n"),
            std::string::npos)
      << stream->get().body;
}

TEST(Stream, RefusesWhatItDoesNotUnderstand) {
  Daemon daemon;
  EXPECT_EQ(member(daemon.ask("GET /v1/stream?events=kill,alarm").body, "field"), "events");
  EXPECT_EQ(daemon.status("GET /v1/stream?events="), 400);
  EXPECT_EQ(daemon.status("GET /v1/stream", "", {{"Last-Event-ID", "x"}}), 400);
  EXPECT_EQ(daemon.status("GET /v1/stream", "", {{"Last-Event-ID", "1234567890123456789"}}), 400);
  EXPECT_EQ(daemon.status("HEAD /v1/stream"), 405);
}

TEST(Stream, ShowsAnAgentTheOrdersThatConcernIt) {
  Daemon daemon({.settings = {.credentials = every_role()}});
  const auto stream = daemon.send("GET /v1/stream", "", {bearer("agent")});
  (void)stream->get();
  for (const char* scope : {"agent:other", "agent:bot-1"}) {
    const std::string body = R"({"scope":")" + std::string(scope) + R"(","reason":"r"})";
    ASSERT_EQ(daemon.status("POST /v1/kills", body, {bearer("admin")}), 201);
  }
  const std::string seen = stream->until("agent:bot-1");
  EXPECT_EQ(seen.find("other"), std::string::npos) << seen;
}

telemetry::Record record(std::int64_t seq) {
  return {.at = {}, .seq = seq, .body = telemetry::NoticeRecord{.code = "c", .text = "t"}};
}

std::string read(const detail::RecordRing& ring, std::int64_t after, std::size_t max = 3) {
  const auto part = ring.read(after, max);
  std::string out;
  for (const auto& each : part.records) out += std::to_string(each.seq) + " ";
  return out + "last " + std::to_string(part.last) + (part.missed ? " missed" : "") +
         (part.more ? " more" : "");
}

TEST(RecordRing, GivesWhatComesAfterAndSaysWhatIsGone) {
  detail::RecordRing ring;
  EXPECT_EQ(read(ring, 0), "last 0");
  ring.begin_at(10);
  EXPECT_EQ(ring.last(), 9);
  EXPECT_EQ(read(ring, 9), "last 9");
  EXPECT_EQ(read(ring, 4), "last 9 missed");
  EXPECT_EQ(read(ring, 12), "last 9 missed");

  std::vector<telemetry::Record> records;
  for (std::int64_t seq = 10; seq < 15; ++seq) records.push_back(record(seq));
  ring.add(records);
  EXPECT_EQ(read(ring, 9), "10 11 12 last 12 more");
  EXPECT_EQ(read(ring, 12), "13 14 last 14");
  EXPECT_EQ(read(ring, 14), "last 14");
  EXPECT_EQ(read(ring, 8), "10 11 12 last 12 missed more");
  ring.begin_at(100);
  EXPECT_EQ(ring.last(), 14) << "it has a present";

  records.clear();
  const auto max = static_cast<std::int64_t>(detail::kRecordsMax);
  for (std::int64_t seq = 15; seq < 17 + max; ++seq) records.push_back(record(seq));
  ring.add(records);
  EXPECT_EQ(read(ring, 16), "17 18 19 last 19 more");
  EXPECT_EQ(read(ring, 15), "17 18 19 last 19 missed more");
  EXPECT_EQ(read(ring, 15 + max), std::to_string(16 + max) + " last " + std::to_string(16 + max));
}

}  // namespace
}  // namespace fusebox::api
