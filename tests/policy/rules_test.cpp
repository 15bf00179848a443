#include "policy/rules.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/policy/sample_facts.hpp"

namespace fusebox::policy {
namespace {

using testing::kSampleSchema;
using testing::Sample;
using testing::SampleFacts;

RuleSpec rule(std::string id, std::string_view when, Effect effect) {
  std::vector<ConditionError> errors;
  std::optional<Condition> condition = Condition::compile(when, kSampleSchema, errors);
  EXPECT_TRUE(condition) << when;
  return {.id = std::move(id), .when = *condition, .effect = effect};
}

constexpr Slot kTarget = static_cast<Slot>(Sample::Target);

std::vector<RuleMatch> matches_of(const PolicySpec& policy) {
  std::vector<RuleMatch> matches;
  RequestRules(policy, kTarget).match(SampleFacts(), matches);
  return matches;
}

TEST(RequestRules, KeepsTheOrderOfTheFileAndLeavesOutWhatDoesNotMatch) {
  PolicySpec policy;
  policy.rules = {rule("a", "tokens == 7", Effect::RequireApproval),
                  rule("b", "tokens == 8", Effect::Deny), rule("c", "flag", Effect::Allow),
                  rule("d", "target.startsWith('sql')", Effect::Kill)};
  const std::vector<RuleMatch> matches = matches_of(policy);
  ASSERT_EQ(matches.size(), 3U);
  EXPECT_EQ(matches[0].rule, &policy.rules[0]);
  EXPECT_EQ(matches[0].effect, Effect::RequireApproval);
  EXPECT_FALSE(matches[0].erred);
  EXPECT_EQ(matches[1].rule, &policy.rules[2]);
  EXPECT_EQ(matches[2].effect, Effect::Kill);
}

TEST(RequestRules, RulesOnSloStateAreNotAsked) {
  PolicySpec policy;
  policy.rules = {rule("slo", "true", Effect::Kill)};
  policy.rules[0].trigger = Trigger::Slo;
  EXPECT_TRUE(matches_of(policy).empty());
}

TEST(RequestRules, AnErringRuleSaysItsOnError) {
  PolicySpec policy;
  policy.rules = {rule("denies", "absent > 1", Effect::Deny),
                  rule("asks", "absent > 1", Effect::Deny),
                  rule("ignores", "absent > 1", Effect::Deny)};
  policy.rules[1].on_error = Effect::RequireApproval;
  policy.rules[2].on_error = Effect::Allow;
  const std::vector<RuleMatch> matches = matches_of(policy);
  ASSERT_EQ(matches.size(), 2U);
  EXPECT_TRUE(matches[0].erred);
  EXPECT_EQ(matches[0].effect, Effect::Deny);
  EXPECT_TRUE(matches[1].erred);
  EXPECT_EQ(matches[1].effect, Effect::RequireApproval);
}

TEST(RequestRules, AppendsToWhatOtherPoliciesSaid) {
  PolicySpec policy;
  policy.rules = {rule("a", "true", Effect::Deny)};
  const RequestRules rules(policy, kTarget);
  std::vector<RuleMatch> matches;
  rules.match(SampleFacts(), matches);
  rules.match(SampleFacts(), matches);
  EXPECT_EQ(matches.size(), 2U);
}

// What each condition says by itself is the slow and obvious model.
TEST(RequestRules, ComparingOneNameFirstChangesNoAnswer) {
  PolicySpec policy;
  for (const std::string_view about :
       {"target == 'sql_écho'", "target == 'other'", "flag", "target != 'other'", "absent > 1"}) {
    for (const std::string_view term : {"", " && absent > 1", " && tokens == 7", " && tokens == 8",
                                        " || tokens == 7", " || absent > 1"}) {
      const std::string when = std::string(about) + std::string(term);
      policy.rules.push_back(rule(when, when, Effect::Deny));
    }
  }
  std::vector<std::string> expected;
  for (const RuleSpec& each : policy.rules) {
    const Outcome outcome = each.when.evaluate(SampleFacts());
    if (outcome != Outcome::False) expected.push_back(each.id);
  }
  // By a string name, by one that no rule demands, by one that is no string, by an absent one.
  for (const Sample by : {Sample::Target, Sample::Action, Sample::Tokens, Sample::Absent}) {
    std::vector<RuleMatch> matches;
    RequestRules(policy, static_cast<Slot>(by)).match(SampleFacts(), matches);
    std::vector<std::string> found;
    for (const RuleMatch& match : matches) found.push_back(match.rule->id);
    EXPECT_EQ(found, expected) << static_cast<int>(by);
  }
  EXPECT_GT(expected.size(), 5U);
  EXPECT_LT(expected.size(), policy.rules.size());
}

TEST(VerdictOf, CarriesTheRuleAndTheReasonOfTheEffect) {
  RuleSpec spec = rule("r", "true", Effect::Deny);
  spec.message = "because";
  spec.priority = 3;
  struct Row {
    Effect effect;
    Reason reason;
  };
  for (const Row& row :
       {Row{Effect::Allow, Reason::None}, Row{Effect::RequireApproval, Reason::ApprovalRequired},
        Row{Effect::Deny, Reason::PolicyDenied}, Row{Effect::Kill, Reason::PolicyDenied}}) {
    const Verdict verdict = verdict_of({.rule = &spec, .effect = row.effect});
    EXPECT_EQ(verdict.effect, row.effect);
    EXPECT_EQ(verdict.reason, row.reason);
    EXPECT_EQ(verdict.gate, Gate::Governance);
    EXPECT_EQ(verdict.rule, "r");
    EXPECT_EQ(verdict.message, "because");
    EXPECT_EQ(verdict.priority, 3);
  }
}

TEST(DefaultVerdict, DeniesInTheNameOfThePolicyAndAllowsSilently) {
  PolicySpec policy{.name = "production", .default_effect = Effect::Deny, .rules = {}};
  EXPECT_EQ(default_verdict(policy).effect, Effect::Deny);
  EXPECT_EQ(default_verdict(policy).reason, Reason::PolicyDenied);
  EXPECT_EQ(default_verdict(policy).rule, "production");
  policy.default_effect = Effect::Allow;
  EXPECT_EQ(default_verdict(policy).effect, Effect::Allow);
  EXPECT_EQ(default_verdict(policy).rule, "");
}

TEST(DefaultVerdict, OfAnAuditPolicyIsAllow) {
  const PolicySpec policy{
      .name = "trial", .mode = PolicyMode::Audit, .default_effect = Effect::Deny, .rules = {}};
  EXPECT_EQ(default_verdict(policy).effect, Effect::Allow);
}

TEST(EffectiveMode, OfEveryPolicyModeAndEffect) {
  constexpr Enforcement kEnforce = Enforcement::Enforce;
  constexpr Enforcement kShadow = Enforcement::Shadow;
  struct Row {
    Effect effect;
    Enforcement strict;
    Enforcement permissive;
    Enforcement audit;
  };
  for (const Row& row : {Row{Effect::Allow, kEnforce, kEnforce, kShadow},
                         Row{Effect::Degrade, kEnforce, kShadow, kShadow},
                         Row{Effect::Throttle, kEnforce, kShadow, kShadow},
                         Row{Effect::RequireApproval, kEnforce, kShadow, kShadow},
                         Row{Effect::Deny, kEnforce, kEnforce, kShadow},
                         Row{Effect::Kill, kEnforce, kEnforce, kShadow}}) {
    SCOPED_TRACE(std::string(name_of(row.effect)));
    EXPECT_EQ(effective_mode(PolicyMode::Strict, kEnforce, row.effect), row.strict);
    EXPECT_EQ(effective_mode(PolicyMode::Permissive, kEnforce, row.effect), row.permissive);
    EXPECT_EQ(effective_mode(PolicyMode::Audit, kEnforce, row.effect), row.audit);
    for (const PolicyMode mode : {PolicyMode::Strict, PolicyMode::Permissive, PolicyMode::Audit}) {
      EXPECT_EQ(effective_mode(mode, kShadow, row.effect), kShadow) << "shadow stays shadow";
    }
  }
}

TEST(RuleNames, AreThoseOfYaml) {
  EXPECT_EQ(name_of(Trigger::Request), "request");
  EXPECT_EQ(name_of(Trigger::Slo), "slo");
  EXPECT_EQ(name_of(PolicyMode::Strict), "strict");
  EXPECT_EQ(name_of(PolicyMode::Permissive), "permissive");
  EXPECT_EQ(name_of(PolicyMode::Audit), "audit");
}

}  // namespace
}  // namespace fusebox::policy
