// One subject's story, out of a journal in which others live as well.
#include "sre/engine/story.hpp"

#include "tests/engine/configs.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::engine {
namespace {

const std::string kYaml = kToolSlo + breaker("enforce") + call_limit("deny") +
                          policy(
                              "    - {id: ask, trigger: request, when: 'target == \"pay\"', "
                              "effect: require_approval}\n") +
                          config("{}");

// A journal by the second, told to a story as a replay tells it.
class Teller {
 public:
  explicit Teller(const std::string& subject) : story_(*parse_subject(subject)) {}

  void feed(const std::string& members) {
    const std::string at =
        format_rfc3339(from_ns(1'767'225'600'000'000'000) + ++seconds_ * kSecond);
    const auto input = decoder_.decode_line("{\"at\":\"" + at + "\"," + members + "}");
    ASSERT_TRUE(input.has_value()) << input.error().message;
    Effects effects;
    (void)engine_.apply(**input, effects);
    const auto* check = std::get_if<telemetry::CheckInput>(&(*input)->body);
    for (const telemetry::Record& record : effects.records) {
      const auto* decision = std::get_if<telemetry::DecisionRecord>(&record.body);
      if (decision == nullptr) continue;
      std::string json;
      telemetry::append_json(json, *decision);
      story_.add({.at = record.at,
                  .seq = record.seq,
                  .dimensions = check->check.dimensions,
                  .action = telemetry::name_of(check->check.action),
                  .target = check->check.target,
                  .id = decision->id,
                  .effect = policy::name_of(decision->effect),
                  .rule = decision->rule,
                  .json = json});
    }
    story_.add(**input);
    for (const telemetry::Record& record : effects.records) story_.add(record);
  }
  void check(const std::string& id, const std::string& session, const std::string& tool,
             const std::string& agent = "bot") {
    feed("\"id\":\"" + id + R"(","check":{"agent":")" + agent + R"(","action":"tool","target":")" +
         tool + R"(","session":")" + session + "\"}");
  }
  [[nodiscard]] std::string json(const Reach& reach = {}) const { return story_.json(reach); }
  [[nodiscard]] const Story& story() const { return story_; }

 private:
  static constexpr Duration kSecond = std::chrono::seconds{1};

  Engine engine_{spec_of(kYaml)};
  telemetry::JournalDecoder decoder_;
  Story story_;
  int seconds_ = 0;
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Two sessions of two agents: calls, a breaker that opens, a limit that is used up.
void feed_two_sessions(Teller& teller) {
  teller.check("a1", "s1", "search");
  teller.check("b1", "s2", "mail", "other");
  teller.feed(R"("report":{"permit":"a1","outcome":"error","tokens_in":5,"cost_usd":0.25})");
  teller.feed(R"("report":{"permit":"b1","outcome":"ok","tokens_in":100})");
  teller.feed(R"("event":{"kind":"tool","agent":"third","tool":"search","outcome":"error"})");
  teller.check("a2", "s1", "search");
  teller.check("a3", "s1", "mail");
  teller.check("a4", "s1", "mail");
}

TEST(Story, TellsOneSessionAndLeavesOutTheOther) {
  Teller teller("session:s1");
  feed_two_sessions(teller);
  const std::string json = teller.json();
  for (const char* part : {R"("subject":"session:s1")", R"("id":"a1")", R"("permit":"a1")",
                           R"("reason":"breaker_open","rule":"tools")", R"("id":"a3")",
                           R"("reason":"budget_exceeded")"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
  }
  for (const char* part : {"b1", "other", "third", "s2"}) {
    EXPECT_EQ(json.find(part), std::string::npos) << part << "\n" << json;
  }
}

TEST(Story, CountsWhatItCostOnce) {
  Teller teller("session:s1");
  teller.check("a1", "s1", "search");
  const std::string usage = R"("outcome":"ok","tokens_in":5,"tokens_out":7,"cost_usd":0.25})";
  teller.feed(R"("report":{"permit":"a1",)" + usage);
  teller.feed(R"("event":{"kind":"tool","agent":"bot","tool":"search","id":"a1",)" + usage);
  teller.feed(R"("event":{"kind":"llm","agent":"bot","session":"s1","id":"e",)" + usage);
  teller.feed(R"("event":{"kind":"llm","agent":"bot","session":"s1","id":"e",)" + usage);
  teller.feed(R"("event":{"kind":"llm","agent":"bot","session":"s1",)" + usage);
  EXPECT_NE(teller.json().find(R"("totals":{"events":3,"decisions":1,"allowed":1,"tokens_in":15,)"
                               R"("tokens_out":21,"cost_usd":"0.75"})"),
            std::string::npos)
      << teller.json();
}

TEST(Story, TotalsDoNotOverflow) {
  Teller teller("session:s1");
  for (int i = 0; i < 3; ++i) {
    teller.feed(R"("event":{"kind":"llm","agent":"bot","session":"s1",)"
                R"("tokens_in":9223372036854775807})");
  }
  EXPECT_NE(teller.json().find(R"("tokens_in":9223372036854775807,)"), std::string::npos);
}

TEST(Story, HasTheBreakersItMetAndNoOthers) {
  Teller teller("session:s1");
  feed_two_sessions(teller);
  teller.feed(R"("event":{"kind":"tool","agent":"third","tool":"far","outcome":"error"})");
  teller.feed(R"("event":{"kind":"tool","agent":"third","tool":"far","outcome":"error"})");
  teller.check("a5", "s1", "mail");
  const std::string json = teller.json();
  EXPECT_EQ(count(json, R"("breaker":)"), 1U) << json;
  EXPECT_NE(json.find(R"("key":{"tool":"search"},"from":"closed","to":"open")"), std::string::npos);
}

// It opened before the session began, and refused its first call.
TEST(Story, HasTheBreakerThatDecidedHoweverOld) {
  Teller teller("session:s1");
  teller.feed(R"("event":{"kind":"tool","agent":"x","tool":"search","outcome":"error"})");
  teller.feed(R"("event":{"kind":"tool","agent":"x","tool":"search","outcome":"error"})");
  teller.check("a1", "s1", "search");
  EXPECT_EQ(count(teller.json(), R"("breaker":)"), 1U) << teller.json();
}

TEST(Story, HasStopOrdersThatCoverItAndWhatBecameOfThem) {
  Teller teller("session:s1");
  teller.feed(R"("kill":{"scope":"agent:bot","reason":"before","actor":"alice"})");
  teller.feed(R"("kill":{"scope":"agent:elsewhere","reason":"not this one","actor":"alice"})");
  teller.check("a1", "s1", "search");
  teller.feed(R"("terminator":{"order":"kill-1","kind":"process","name":"bot",)"
              R"("outcome":"confirmed","took_ms":12})");
  teller.feed(R"("terminator":{"order":"kill-2","kind":"process","outcome":"failed"})");
  teller.feed(R"("kill":{"scope":"session:s1","reason":"after","actor":"bob"})");
  const std::string json = teller.json();
  EXPECT_NE(json.find("before"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("outcome":"confirmed")"), std::string::npos) << json;
  EXPECT_NE(json.find("after"), std::string::npos) << json;
  EXPECT_EQ(json.find("not this one"), std::string::npos) << json;
  EXPECT_EQ(json.find("failed"), std::string::npos) << json;
}

TEST(Story, OfADecisionHasItsApprovalAndItsEnd) {
  Teller teller("decision:p1");
  teller.check("p0", "s1", "pay");
  teller.check("p1", "s2", "pay");
  teller.feed(R"("approval":{"id":"p0","action":"deny","reason":"no","actor":"alice"})");
  teller.feed(R"("approval":{"id":"p1","action":"grant","reason":"fine","actor":"bob"})");
  const std::string json = teller.json();
  EXPECT_EQ(count(json, R"("decision":{)"), 1U) << json;
  EXPECT_EQ(count(json, R"("approval":{"id":"p1","action":"grant")"), 1U) << json;
  EXPECT_EQ(json.find("alice"), std::string::npos) << json;
}

TEST(Story, KeysAreReadAsTheyAreWritten) {
  Teller teller("session:s1");
  const std::string odd = R"(a\",\"b\\)";
  for (int i = 0; i < 2; ++i) {
    teller.feed(R"("event":{"kind":"tool","agent":"bot","session":"s1","tool":")" + odd +
                R"(","outcome":"error"})");
  }
  EXPECT_EQ(count(teller.json(), R"("breaker":)"), 1U) << teller.json();
}

TEST(Story, LinesStandByTimeWithInputsBeforeWhatTheyCaused) {
  Teller teller("session:s1");
  feed_two_sessions(teller);
  const std::string json = teller.json();
  std::string last;
  for (auto at = json.find("{\"at\":\""); at != std::string::npos;
       at = json.find("{\"at\":\"", at + 1)) {
    const std::string time = json.substr(at + 7, 20);
    EXPECT_LE(last, time);
    last = time;
  }
  EXPECT_LT(json.find(R"("report":{"permit":"a1")"), json.find(R"("breaker":)"));
}

TEST(Story, OfNothingIsNotKnown) {
  Teller teller("session:nobody");
  feed_two_sessions(teller);
  EXPECT_FALSE(teller.story().is_known());
}

TEST(Story, SubjectsAreNamedByKindAndId) {
  for (const std::string good : {"session:s1", "task:a:b", "decision:d-1"}) {
    const auto subject = parse_subject(good);
    ASSERT_TRUE(subject.has_value());
    EXPECT_EQ(format(*subject), good);
  }
  for (const char* bad : {"", "session", "session:", "agent:bot", ":x", "Session:x"}) {
    EXPECT_FALSE(parse_subject(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace fusebox::engine
