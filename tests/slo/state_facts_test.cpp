#include <gtest/gtest.h>

#include "slo/slo.hpp"
#include "tests/slo/support.hpp"

namespace fusebox::slo {
namespace {

using policy::Outcome;

policy::Condition rule(std::string_view text) {
  std::vector<policy::ConditionError> errors;
  auto compiled = policy::Condition::compile(text, state_schema(), errors);
  EXPECT_TRUE(compiled.has_value()) << text << ": " << (errors.empty() ? "" : errors[0].what);
  return std::move(compiled).value();
}

bool compiles(std::string_view text) {
  std::vector<policy::ConditionError> errors;
  return policy::Condition::compile(text, state_schema(), errors).has_value();
}

// 3 good and 2 bad at 99 %, of agent bot and no tool.
class SloState : public testing::Test {
 protected:
  SloState() : feed_(ratio_spec({.group_by = {Dimension::Agent, Dimension::Tool}})) {
    for (const bool good : {true, false, true, true, false}) feed_.add(kStart, good);
  }
  Outcome outcome_of(std::string_view text) {
    const SloView view = feed_.slo.view(0, 0, kStart);
    return rule(text).evaluate(StateFacts(view));
  }
  Feed feed_;
};

TEST_F(SloState, AnswersEveryName) {
  for (const char* text : {
           R"(slo.name == "tool-success")",
           R"(slo.key["agent"] == "bot")",
           R"(slo.key.agent == "bot")",
           R"(slo.key["tool"] == "")",
           R"(slo.objective == 0.99)",
           R"(slo.sli == 0.6)",
           R"(slo.budget_remaining == -39.0)",
           R"(slo.budget_remaining <= 0.0 && slo.burn_rate["1h"] > 14.4)",
           R"(slo.burn_rate["5m"] == 40.0 && slo.burn_rate["3d"] == 40.0)",
           R"(slo.status == "exhausted")",
           R"(slo.status in ["critical", "exhausted"])",
       }) {
    EXPECT_EQ(outcome_of(text), Outcome::True) << text;
  }
}

TEST_F(SloState, DimensionOutsideTheKeyIsAnError) {
  EXPECT_EQ(outcome_of(R"(slo.key["model"] == "")"), Outcome::Error);
}

TEST(SloStateWithoutEvents, SliIsAnErrorAndTheRestHasValues) {
  Slo slo(ratio_spec());
  const SloView view = slo.view(0, 0, kStart);
  const StateFacts facts(view);
  EXPECT_EQ(rule("slo.sli < 0.9").evaluate(facts), Outcome::Error);
  EXPECT_EQ(rule(R"(slo.status == "no_data")").evaluate(facts), Outcome::True);
  EXPECT_EQ(rule(R"(slo.budget_remaining == 1.0 && slo.burn_rate["1h"] == 0.0)").evaluate(facts),
            Outcome::True);
}

TEST(SloStateSchema, RefusesAtLoadWhatCannotBe) {
  EXPECT_FALSE(compiles(R"(slo.status == "dead")"));
  EXPECT_FALSE(compiles(R"(slo.burn_rate["7m"] > 1.0)"));
  EXPECT_FALSE(compiles(R"(slo.key["planet"] == "earth")"));
  EXPECT_FALSE(compiles(R"(slo.colour == "red")"));
  EXPECT_FALSE(compiles(R"(agent == "bot")"));
}

TEST(SloStateSchema, SloNameIsTheSlotThatRulesAreBoundBy) {
  const auto condition = rule(R"(slo.name == "tool-success" && slo.sli < 0.5)");
  EXPECT_EQ(condition.required_literal(kStateSloName), "tool-success");
}

}  // namespace
}  // namespace fusebox::slo
