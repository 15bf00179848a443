// The policy test cases of the control-plane research, by the numbers of their rows. P06 has no
// macros to bound here; P09 and P11 to P18 belong to bundles, approvals and hosts.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/condition.hpp"
#include "policy/rules.hpp"
#include "tests/policy/sample_facts.hpp"

namespace fusebox::policy {
namespace {

using testing::kSampleSchema;
using testing::SampleFacts;

Condition compiled(std::string_view text) {
  std::vector<ConditionError> errors;
  std::optional<Condition> condition = Condition::compile(text, kSampleSchema, errors);
  EXPECT_TRUE(condition) << text << ": " << errors.front().what;
  return *condition;
}

Outcome outcome_of(std::string_view text) { return compiled(text).evaluate(SampleFacts()); }

TEST(PolicyCaseP02, TrueOrErrorIsTrueBothWaysRound) {
  EXPECT_EQ(outcome_of("true || (1/0 == 0)"), Outcome::True);
  EXPECT_EQ(outcome_of("(1/0 == 0) || true"), Outcome::True);
}

TEST(PolicyCaseP03, FalseAndErrorIsFalseAndErrorAndTrueIsError) {
  EXPECT_EQ(outcome_of("false && (1/0 == 0)"), Outcome::False);
  EXPECT_EQ(outcome_of("(1/0 == 0) && true"), Outcome::Error);
}

TEST(PolicyCaseP04, LargestIntegerPlusOneIsAnErrorAndDoesNotWrap) {
  EXPECT_EQ(outcome_of("9223372036854775807 + 1 < 0"), Outcome::Error);
  EXPECT_EQ(outcome_of("9223372036854775807 + 1 > 0"), Outcome::Error);
}

// CEL's unsigned type is left out by name, so `1u` is a mistake at load and never a wrong number.
TEST(PolicyCaseP05, NumbersCompareAcrossTypesAndNanEqualsNothing) {
  EXPECT_EQ(outcome_of("1 == 1.0"), Outcome::True);
  EXPECT_EQ(outcome_of("nan != nan"), Outcome::True);
  EXPECT_EQ(outcome_of("nan == nan"), Outcome::False);
  std::vector<ConditionError> errors;
  EXPECT_FALSE(Condition::compile("1 == 1u", kSampleSchema, errors));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].offset, 5U);
}

// A backtracking engine needs 2^(2^20) steps for these: that they return is the claim.
TEST(PolicyCaseP07, NestedRepetitionTakesLinearTimeOnOneMebibyte) {
  class Text final : public Facts {
   public:
    explicit Text(std::size_t size) : text_(std::string(size, 'a') + "b") {}
    [[nodiscard]] Value get(Slot) const override { return Value::of(std::string_view(text_)); }
    [[nodiscard]] Value member(Slot, std::size_t) const override { return {}; }

   private:
    std::string text_;
  };
  const Condition condition = compiled("target.matches('(a+)+$')");
  EXPECT_EQ(condition.evaluate(Text(1 << 20)), Outcome::False);
  EXPECT_EQ(compiled("target.matches('(a|aa)+$')").evaluate(Text(1 << 20)), Outcome::False);
  EXPECT_EQ(compiled("target.matches('(x+x+)+y')").evaluate(Text(1 << 20)), Outcome::False);
}

TEST(PolicyCaseP08, ATypoInAFieldIsALoadErrorWithPlaceAndSuggestion) {
  std::vector<ConditionError> errors;
  EXPECT_FALSE(Condition::compile("flag && actoin == 'tool'", kSampleSchema, errors));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, ErrorCode::ConditionName);
  EXPECT_EQ(errors[0].offset, 8U);
  EXPECT_EQ(errors[0].hint, "did you mean `action`?");
}

TEST(PolicyCaseP10, AnErrorInADenyRuleDenies) {
  PolicySpec policy;
  policy.rules.push_back({.id = "no-big-spend", .when = compiled("absent > 5"), .message = "no"});
  std::vector<RuleMatch> matches;
  RequestRules(policy, static_cast<Slot>(testing::Sample::Target)).match(SampleFacts(), matches);
  ASSERT_EQ(matches.size(), 1U);
  EXPECT_TRUE(matches[0].erred);
  const Verdict verdict = verdict_of(matches[0]);
  EXPECT_EQ(verdict.effect, Effect::Deny);
  EXPECT_EQ(verdict.gate, Gate::Governance);
  EXPECT_EQ(verdict.reason, Reason::PolicyDenied);
  EXPECT_EQ(verdict.rule, "no-big-spend");
}

// The same holds for what else looks at text of the asker's making: a naive search takes 10^11
// comparisons here.
TEST(PolicyCaseP07, ContainsTakesLinearTimeOnOneMebibyte) {
  const std::string needle = std::string(1 << 19, 'a') + "b" + std::string(1 << 18, 'a');
  class Both final : public Facts {
   public:
    Both(std::string text, std::string part) : text_(std::move(text)), part_(std::move(part)) {}
    [[nodiscard]] Value get(Slot slot) const override {
      return Value::of(
          std::string_view(slot == testing::slot_of(testing::Sample::Target) ? text_ : part_));
    }
    [[nodiscard]] Value member(Slot, std::size_t) const override { return {}; }

   private:
    std::string text_;
    std::string part_;
  };
  const Both facts(std::string(1 << 20, 'a'), needle);
  EXPECT_EQ(compiled("target.contains(empty)").evaluate(facts), Outcome::False);
}

}  // namespace
}  // namespace fusebox::policy
