#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "policy/condition.hpp"
#include "tests/policy/sample_facts.hpp"

namespace fusebox::policy {
namespace {

using testing::kSampleSchema;
using testing::Sample;
using testing::SampleFacts;
using testing::slot_of;

Condition compiled(std::string_view text) {
  std::vector<ConditionError> errors;
  std::optional<Condition> condition = Condition::compile(text, kSampleSchema, errors);
  EXPECT_TRUE(condition) << text << ": " << errors.front().what;
  return *condition;
}

TEST(ConditionExplain, NamesEachTermItsOutcomeAndWhatItLookedAt) {
  struct Row {
    std::string_view text;
    std::string_view explanation;
  };
  const std::vector<Row> rows{
      {"action == 'llm'", R"(action == 'llm' is false (action = "tool"))"},
      {"tokens > 5 && cost < 0.1",
       "tokens > 5 is true (tokens = 7); cost < 0.1 is false (cost = 0.5)"},
      {"flag || (tokens > 9 && true)",
       "flag is true; tokens > 9 is false (tokens = 7); true is true"},
      {"absent > 1", "absent > 1 is an error: absent (absent: absent)"},
      {"1 / 0 == tokens", "1 / 0 == tokens is an error: division by zero (tokens = 7)"},
      {"args.n", "args.n is an error: not a bool"},
      {"args.path.startsWith('/x')",
       R"(args.path.startsWith('/x') is false (args.path = "/prod/db"))"},
      {"args[target] == 1", R"(args[target] == 1 is an error: absent (args[target]: absent))"},
      {"!(tokens + tokens > tokens)", "!(tokens + tokens > tokens) is false (tokens = 7)"},
      {"slo.burn_rate['5m'] > 1 && '1h' in slo.burn_rate",
       "slo.burn_rate['5m'] > 1 is true (slo.burn_rate['5m'] = 20); '1h' in slo.burn_rate is "
       "false"},
      {"args.map != 1 && args.list != 1 && args.nothing == null && args.on",
       "args.map != 1 is true (args.map = a map of 2); args.list != 1 is true (args.list = a list "
       "of 5); args.nothing == null is true (args.nothing = null); args.on is true"},
      {"nan == 1", "nan == 1 is false (nan = nan)"},
      {"has(args.x)", "has(args.x) is false (args.x: absent)"},
  };
  const SampleFacts facts;
  for (const Row& row : rows) {
    EXPECT_EQ(compiled(row.text).explain(facts), row.explanation);
  }
}

TEST(ConditionExplain, LongTextIsCutAtACodePoint) {
  class LongTarget final : public Facts {
   public:
    explicit LongTarget(std::string text) : text_(std::move(text)) {}
    [[nodiscard]] Value get(Slot) const override { return Value::of(std::string_view(text_)); }
    [[nodiscard]] Value member(Slot, std::size_t) const override { return {}; }

   private:
    std::string text_;
  };
  const Condition condition = compiled("target == 'x'");
  const std::string head = "target == 'x' is false (target = \"";
  EXPECT_EQ(condition.explain(LongTarget(std::string(63, 'a') + "é")),
            head + std::string(63, 'a') + "…\")");
  EXPECT_EQ(condition.explain(LongTarget(std::string(64, 'a'))),
            head + std::string(64, 'a') + "\")");
  EXPECT_EQ(condition.explain(LongTarget("a\"\n")), head + "a\\\"\\n\")");
}

TEST(RequiredLiteral, IsFoundInTheTopLevelConjunctionOnly) {
  struct Row {
    std::string_view text;
    std::optional<std::string_view> literal;
  };
  const std::vector<Row> rows{
      {"slo.name == 'a'", "a"},
      {"'a' == slo.name", "a"},
      {"slo.name == 'a' && tokens > 5", "a"},
      {"tokens > 5 && (flag && slo.name == 'a')", "a"},
      {"(slo.name == 'a')", "a"},
      {"slo.name == ''", ""},
      {"slo.name != 'a'", std::nullopt},
      {"slo.name == 'a' || flag", std::nullopt},
      {"!(slo.name == 'a')", std::nullopt},
      {"slo.name == target", std::nullopt},
      {"slo.name >= 'a'", std::nullopt},
      {"target == 'a'", std::nullopt},
      {"flag ? slo.name == 'a' : true", std::nullopt},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::string(row.text));
    EXPECT_EQ(compiled(row.text).required_literal(slot_of(Sample::SloName)), row.literal);
  }
}

}  // namespace
}  // namespace fusebox::policy
