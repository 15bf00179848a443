// A log that holds no arguments: what a check's arguments came to, in their place, gives the same
// decisions and the same state.
#include <algorithm>

#include "sre/engine/engine.hpp"
#include "tests/engine/random_journal.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::engine {
namespace {

// Two engines: the first is fed what came in, the second what a log would keep of it.
class Recording {
 public:
  explicit Recording(const std::string& yaml) : live_(spec_of(yaml)), replayed_(spec_of(yaml)) {}

  void feed(const std::string& line) {
    const auto decoded = decoder_.decode_line(line);
    ASSERT_TRUE(decoded) << line;
    telemetry::Input input = **decoded;
    const Reply reply = live_.apply(input, live_effects);
    if (auto* check = std::get_if<telemetry::CheckInput>(&input.body)) {
      check->recorded = std::get<CheckReply>(reply).recorded;
      rules_.assign(check->recorded->rules.begin(), check->recorded->rules.end());
      check->recorded->rules = rules_;
      digests += check->recorded->request ? 1 : 0;
      outcomes += rules_.size();
      check->check.args = nullptr;
    }
    replayed_.apply(input, replayed_effects);
  }

  [[nodiscard]] Engine& live() { return live_; }
  [[nodiscard]] Engine& replayed() { return replayed_; }

  Effects live_effects;
  Effects replayed_effects;
  std::size_t digests = 0;
  std::size_t outcomes = 0;

 private:
  Engine live_;
  Engine replayed_;
  telemetry::JournalDecoder decoder_;
  std::vector<telemetry::RuleOutcome> rules_;
};

std::string lines_of(const Effects& effects) {
  std::string out;
  for (const telemetry::Record& record : effects.records) {
    telemetry::append_json(out, record);
    out += '\n';
  }
  return out;
}

TEST(EngineRecorded, RandomJournalWithoutArgumentsGivesTheSameRecordsAndState) {
  std::size_t digests = 0;
  std::size_t outcomes = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Recording recording(kEverything);
    for (const std::string& line : random_journal(seed, 1500)) recording.feed(line);
    EXPECT_EQ(lines_of(recording.live_effects), lines_of(recording.replayed_effects));
    EXPECT_EQ(recording.live_effects.audit, recording.replayed_effects.audit);
    EXPECT_EQ(recording.live().save(), recording.replayed().save());
    digests += recording.digests;
    outcomes += recording.outcomes;
  }
  EXPECT_GT(digests, 100U);  // else the journals would show nothing
  EXPECT_GT(outcomes, 100U);
}

const std::string kArgsRules = policy(R"(
    - {id: big, trigger: request, when: args.n > 3, effect: deny}
    - {id: odd, trigger: request, when: args.m.startsWith("x"), effect: deny, on_error: allow}
)");

TEST(EngineRecorded, RuleThatMatchedOrErredIsNamedAndOneThatAllowsAnErrorIsNot) {
  struct Row {
    std::string_view args;
    std::vector<telemetry::RuleOutcome> expected;
  };
  const std::vector<Row> rows{{R"({"n":5,"m":"y"})", {{"big", false}}},
                              {R"({"n":1,"m":"x"})", {{"odd", false}}},
                              {R"({"n":1})", {}},
                              {R"({"m":"y"})", {{"big", true}}}};
  for (const Row& row : rows) {
    Script script(kArgsRules);
    script.feed(at(0, check("a", R"({"agent":"bot","action":"tool","target":"t","args":)" +
                                     std::string(row.args) + "}")));
    const auto rules = script.reply<CheckReply>().recorded.rules;
    EXPECT_TRUE(std::equal(rules.begin(), rules.end(), row.expected.begin(), row.expected.end()))
        << row.args;
  }
}

TEST(EngineRecorded, RuleThatNoLongerExistsSaysNothing) {
  Engine engine(spec_of(kArgsRules));
  const std::vector<telemetry::RuleOutcome> rules{{"gone", false}};
  telemetry::CheckInput asked;
  asked.check.dimensions[Dimension::Agent] = "bot";
  asked.recorded = telemetry::RecordedOutcome{.rules = rules, .request = {}};
  Effects effects;
  engine.apply({from_ns(1), asked}, effects);
  EXPECT_EQ(std::get<telemetry::DecisionRecord>(effects.records[0].body).effect,
            policy::Effect::Allow);
}

// Its arguments are unknown, so a grant for it must not open the door to the request without any.
TEST(EngineRecorded, GrantForARequestOfUnknownArgumentsCoversNoOther) {
  Engine engine(spec_of(policy(R"(
    - {id: ask, trigger: request, when: target == "pay", effect: require_approval}
)")));
  const std::vector<telemetry::RuleOutcome> rules{{"ask", false}};
  telemetry::CheckInput asked;
  asked.id = "a";
  asked.check.target = "pay";
  asked.check.dimensions[Dimension::Agent] = "bot";
  asked.recorded = telemetry::RecordedOutcome{.rules = rules, .request = {}};
  Effects effects;
  engine.apply({from_ns(1), asked}, effects);
  engine.apply({from_ns(2), telemetry::ApprovalInput{"a", true, "r", "alice", {}}}, effects);
  effects.clear();
  asked.id = "b";
  asked.recorded.reset();
  engine.apply({from_ns(3), asked}, effects);
  EXPECT_EQ(std::get<telemetry::DecisionRecord>(effects.records[0].body).effect,
            policy::Effect::RequireApproval);
}

}  // namespace
}  // namespace fusebox::engine
