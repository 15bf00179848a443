// Small parts: bodies of orders, problems, lent objects, the log of decisions.
#include "sre/api/detail/decision_log.hpp"
#include "sre/api/detail/denial_gate.hpp"
#include "sre/api/detail/flat_body.hpp"
#include "sre/api/detail/pool.hpp"
#include "tests/api/support.hpp"

namespace fusebox::api::detail {
namespace {

TEST(FlatBody, ReadsMembersOfTheirTypes) {
  FlatBody body(
      R"({"t":"x\u00e9","i":7,"d":"90s","u":"2026-01-01T00:00:00Z","n":1767225600000000000,)"
      R"("m":"1.25","f":2.5,"c":"b","z":null,"e":""})");
  EXPECT_EQ(body.text("t"), "x\xc3\xa9");
  EXPECT_EQ(body.integer("i", 0, 10), 7);
  EXPECT_EQ(body.duration("d"), std::chrono::seconds{90});
  EXPECT_EQ(body.time("u"), body.time("n"));
  EXPECT_EQ(body.usd("m"), 1'250'000);
  EXPECT_EQ(body.usd("f"), 2'500'000);
  EXPECT_EQ(body.choice("c", {"a", "b"}), 1U);
  EXPECT_EQ(body.choice("absent", {"a", "b"}), 0U);
  EXPECT_EQ(body.optional_text("z"), std::nullopt);
  EXPECT_EQ(body.any_text("e"), "");
  EXPECT_EQ(body.problem(), std::nullopt);
}

// "field: detail" of a body that must have a text `a` and may have an integer `b`.
std::string problem_in(const std::string& json) {
  FlatBody body(json);
  (void)body.text("a");
  (void)body.integer("b", 1, 5);
  const auto problem = body.problem();
  return problem ? problem->detail : "";
}

TEST(FlatBody, TheFirstMistakeIsTheOneThatIsTold) {
  struct Row {
    std::string json;
    const char* expected;
  };
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  const std::string many = [] {
    std::string out = R"({"a":"x")";
    for (int i = 0; i < 100; ++i) out += ",\"m" + std::to_string(i) + "\":1";
    return out + "}";
  }();
  const Row rows[] = {
      {R"({"a":"x","b":5})", ""},
      {R"( {"a":"x"} )", ""},
      {R"({})", "a: is missing; expected a non-empty string"},
      {R"({"a":null})", "a: is missing; expected a non-empty string"},
      {R"({"a":""})", "a: expected a non-empty string, found \"\""},
      {R"({"a":[1,{"b":2}]})", "a: expected a non-empty string, found a list"},
      {R"({"a":{"b":2}})", "a: expected a non-empty string, found an object"},
      {R"({"a":true})", "a: expected a non-empty string, found true"},
      {R"({"a":"x","b":6})", "b: expected an integer from 1 to 5, found 6"},
      {R"({"a":"x","b":1.5})", "b: expected an integer from 1 to 5, found 1.5"},
      {R"({"a":"x","b":99999999999999999999})", "b: expected an integer from 1 to 5, found 1e+20"},
      {R"({"a":"x","a":"y"})", "a: stands twice"},
      {R"({"a":"x","bb":1})", "bb: no such member; did you mean 'b'?"},
      {R"({"a":"x","zebra":1})", "zebra: no such member"},
      {R"({"a":"x"}x)", "the body is not one JSON object"},
      {R"({"a":"x"} {"a":"x"})", "the body is not one JSON object"},
      {R"({"a":"x")", "the body is not one JSON object"},
      {R"({"a":"x",})", "the body is not one JSON object"},
      {"{\"a\":\"\xff\"}", "the body is not one JSON object"},
      {"", "the body is not one JSON object"},
      {"7", "the body is no JSON object"},
      {"[]", "the body is no JSON object"},
      {deep, "the body is nested deeper than 64 levels"},
      {many, "the body has too many members"},
  };
  for (const Row& row : rows) EXPECT_EQ(problem_in(row.json), row.expected) << row.json;
}

TEST(Problem, SaysWhatIsWrongAndWhatToDo) {
  const auto response =
      to_response({.status = 400, .detail = "a: b", .field = "a", .code = ErrorCode::InvalidField});
  EXPECT_EQ(response.body,
            R"({"title":"Bad Request","status":400,"detail":"a: b","field":"a","code":"E0303"})");
  EXPECT_EQ(to_response({.status = 429}).headers.find("Retry-After"), "1");
}

TEST(Pool, LendsWhatCameBack) {
  int made = 0;
  const auto pool =
      std::make_shared<Pool<int>>(1, [&made] { return std::make_unique<int>(++made); });
  auto first = pool->lend();
  auto second = pool->lend();
  EXPECT_EQ(*first + *second, 3);
  first.reset();
  second.reset();  // one more than is kept
  EXPECT_EQ(*pool->lend(), 1);
  EXPECT_EQ(made, 2);
}

LoggedDecision decision(std::int64_t seq, std::string id, std::string_view agent) {
  Dimensions of;
  of[Dimension::Agent] = agent;
  of[Dimension::Tenant] = "acme";
  KeyBuffer buffer;
  return {.seq = seq,
          .id = std::move(id),
          .key = std::string(check_key().encode(of, buffer)),
          .target = {},
          .decision = "{}"};
}

TEST(DecisionLog, KnowsWhosePermitItWasWhileItIsKept) {
  DecisionLog log;
  log.add(decision(1, "a", "bot"));
  log.add(decision(2, "b", "other"));
  log.add(decision(3, "a", "bot"));  // a retry gets the same permit
  EXPECT_EQ(log.holder_of("a")->agent, "bot");
  EXPECT_EQ(log.holder_of("b")->tenant, "acme");
  EXPECT_FALSE(log.holder_of("c"));
  const auto fill_to = [&](std::int64_t seq) {
    for (std::int64_t next = seq - static_cast<std::int64_t>(kDecisionsMax) + 1; next <= seq;
         ++next) {
      if (next > 3) log.add(decision(next, "x" + std::to_string(next), "x"));
    }
  };
  fill_to(static_cast<std::int64_t>(kDecisionsMax) + 2);  // drops the first two
  EXPECT_TRUE(log.holder_of("a")) << "its later answer is kept";
  EXPECT_FALSE(log.holder_of("b"));
  log.add(decision(static_cast<std::int64_t>(kDecisionsMax) + 3, "y", "y"));
  EXPECT_FALSE(log.holder_of("a"));
}

TEST(DenialGate, WritesSomeOfEachActorAndCountsTheOthers) {
  using std::chrono::seconds;
  DenialGate gate;
  const std::chrono::steady_clock::time_point start{seconds{1'000}};
  const auto written_at = [&](const std::string& actor, int second) {
    const auto untold = gate.take(actor, start + seconds{second});
    return untold ? *untold : -1;
  };
  for (int i = 0; i < DenialGate::kAtOnce; ++i) EXPECT_EQ(written_at("a", 0), 0) << i;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(written_at("a", 9), -1);
  EXPECT_EQ(written_at("b", 9), 0) << "another actor has room of its own";
  EXPECT_EQ(written_at("a", 10), 5);
  EXPECT_EQ(written_at("a", 10), -1);
  EXPECT_EQ(written_at("a", 20), 1);
  for (int i = 0; i < DenialGate::kAtOnce; ++i) EXPECT_EQ(written_at("a", 1'000), 0) << i;
  EXPECT_EQ(written_at("a", 1'000), -1) << "room that was not used does not add up";
}

}  // namespace
}  // namespace fusebox::api::detail
