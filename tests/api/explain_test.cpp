// What the daemon can tell of one session, task or decision.
#include "sre/api/detail/input_ring.hpp"
#include "sre/runtime/durable_engine.hpp"
#include "telemetry/input_codec.hpp"
#include "tests/api/support.hpp"

namespace fusebox::api {
namespace {

using testing::Daemon;
using testing::member;

std::string check(const std::string& target, const std::string& session) {
  return R"({"agent":"bot","action":"tool","target":")" + target + R"(","session":")" + session +
         R"("})";
}

TEST(Explain, TellsASessionFromItsFirstEventToItsStop) {
  Daemon daemon;
  daemon.ask("POST /v1/events", R"([{"agent":"bot","kind":"llm","session":"s1","tokens_in":7},)"
                                R"({"agent":"bot","kind":"llm","session":"s2","tokens_in":9}])");
  const std::string id = member(daemon.ask("POST /v1/check", check("search", "s1")).body, "id");
  daemon.ask("POST /v1/report", R"({"permit":")" + id + R"(","outcome":"ok","cost_usd":"0.5"})");
  daemon.ask("POST /v1/check", check("drop", "s1"));
  daemon.ask("POST /v1/check", check("search", "s2"));
  daemon.ask("POST /v1/kills", R"({"scope":"session:s1","reason":"odd","actor":"alice"})");
  const auto answer = daemon.ask("GET /v1/explain/session:s1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(member(answer.body, "subject"), "session:s1");
  for (const char* part :
       {R"("totals":{"events":2,"decisions":2,"allowed":1,"tokens_in":7,"tokens_out":0,)"
        R"("cost_usd":"0.5"})",
        R"("reach":{"inputs":)", R"("reason":"policy_denied","rule":"no-drop")",
        R"("kill":{"id":"kill-1","scope":"session:s1")"}) {
    EXPECT_NE(answer.body.find(part), std::string::npos) << part << "\n" << answer.body;
  }
  EXPECT_EQ(answer.body.find("s2"), std::string::npos) << answer.body;
}

TEST(Explain, TellsOneDecision) {
  Daemon daemon;
  const std::string id = member(daemon.ask("POST /v1/check", check("pay", "s1")).body, "id");
  daemon.ask("POST /v1/approvals/" + id, R"({"action":"grant","reason":"fine","actor":"bob"})");
  const auto answer = daemon.ask("GET /v1/explain/decision:" + id);
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find(R"("approval":{"id":")" + id + R"(","action":"grant")"),
            std::string::npos)
      << answer.body;
}

TEST(Explain, NothingKnownIs404AndAWrongSubject400) {
  Daemon daemon;
  const auto nothing = daemon.ask("GET /v1/explain/session:nobody");
  EXPECT_EQ(nothing.status, 404);
  EXPECT_NE(nothing.body.find("session:nobody"), std::string::npos) << nothing.body;
  EXPECT_EQ(daemon.status("GET /v1/explain/agent:bot"), 400);
  EXPECT_EQ(daemon.status("GET /v1/explain/session:"), 400);
}

// A frame of `count` ticks, the first at `first` nanoseconds.
std::string frame_of_ticks(std::int64_t first, int count) {
  std::string frame;
  for (int i = 0; i < count; ++i) {
    std::string bytes;
    telemetry::encode_input({from_ns(first + i), telemetry::Tick{}}, bytes);
    const auto length = static_cast<std::uint32_t>(bytes.size());
    frame.append(reinterpret_cast<const char*>(&length), sizeof(length));
    frame += bytes;
  }
  return frame;
}

std::vector<std::int64_t> times_in(const detail::InputRing& ring) {
  std::vector<std::int64_t> times;
  ring.each([&](const telemetry::Input& input) { times.push_back(to_ns(input.at)); });
  return times;
}

TEST(InputRing, KeepsTheLastInputsWithoutAGap) {
  detail::InputRing ring(std::size_t{1} << 20);
  constexpr int kFrames = 3'000;
  constexpr int kInputs = 100;
  for (int i = 0; i < kFrames; ++i) ring.add(frame_of_ticks(1'000'000 + i * kInputs, kInputs));
  const auto times = times_in(ring);
  ASSERT_GT(times.size(), 20'000U);
  ASSERT_LT(times.size(), 150'000U);
  EXPECT_EQ(times.back(), 1'000'000 + kFrames * kInputs - 1);
  for (std::size_t i = 1; i < times.size(); ++i) ASSERT_EQ(times[i], times[i - 1] + 1);
}

TEST(InputRing, TakesAFrameThatIsLargerThanItself) {
  detail::InputRing ring(1'000);
  ring.add(frame_of_ticks(1, 5));
  ring.add(frame_of_ticks(100, 50'000));
  ring.add(frame_of_ticks(900'000, 1));
  const auto times = times_in(ring);
  EXPECT_EQ(times.back(), 900'000);
}

TEST(InputRing, IsReadAsItWasWhenTheReadingBegan) {
  detail::InputRing ring(1'000'000);
  ring.add(frame_of_ticks(1, 3));
  int seen = 0;
  ring.each([&](const telemetry::Input&) {
    ++seen;
    ring.add(frame_of_ticks(100, 1));
  });
  EXPECT_EQ(seen, 3);
}

}  // namespace
}  // namespace fusebox::api
