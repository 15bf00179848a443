#include "policy/decision.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace fusebox::policy {
namespace {

template <class Enum>
std::vector<std::string_view> names() {
  std::vector<std::string_view> all;
  for (int i = 0; i <= static_cast<int>(last_of(Enum{})); ++i) {
    all.push_back(name_of(static_cast<Enum>(i)));
  }
  return all;
}

using Names = std::vector<std::string_view>;

TEST(DecisionNames, AreThoseOfTheWire) {
  EXPECT_EQ(names<Effect>(),
            (Names{"allow", "degrade", "throttle", "require_approval", "deny", "kill"}));
  EXPECT_EQ(names<Gate>(), (Names{"kill", "governance", "reliability"}));
  EXPECT_EQ(names<Reason>(),
            (Names{"", "killed", "policy_denied", "approval_required", "budget_exceeded",
                   "rate_limited", "concurrency_limited", "depth_exceeded", "breaker_open",
                   "breaker_probing", "restricted"}));
  EXPECT_EQ(names<Enforcement>(), (Names{"enforce", "shadow"}));
}

TEST(Stronger, DecidesByEffectThenGateThenPriorityThenName) {
  const Verdict base{.effect = Effect::Deny, .gate = Gate::Governance, .priority = 0, .rule = "m"};
  struct Row {
    std::string_view name;
    Verdict stronger_one;
  };
  Verdict effect = base;
  effect = {.effect = Effect::Kill, .gate = Gate::Reliability, .priority = -9, .rule = "z"};
  Verdict gate = base;
  gate = {.effect = Effect::Deny, .gate = Gate::Kill, .priority = -9, .rule = "z"};
  Verdict priority = base;
  priority.priority = 1;
  priority.rule = "z";
  Verdict name = base;
  name.rule = "a";
  for (const Row& row :
       {Row{"effect", effect}, Row{"gate", gate}, Row{"priority", priority}, Row{"name", name}}) {
    SCOPED_TRACE(std::string(row.name));
    EXPECT_TRUE(stronger(row.stronger_one, base));
    EXPECT_FALSE(stronger(base, row.stronger_one));
  }
  EXPECT_FALSE(stronger(base, base));
}

TEST(Stronger, IsAnOrderSoThatTheOrderOfFilesCannotMatter) {
  std::vector<Verdict> verdicts;
  for (const Effect effect : {Effect::Allow, Effect::Throttle, Effect::Deny, Effect::Kill}) {
    for (const Gate gate : {Gate::Kill, Gate::Governance, Gate::Reliability}) {
      for (const std::int32_t priority : {-1, 0, 5}) {
        for (const std::string_view rule : {"a", "b"}) {
          verdicts.push_back({.effect = effect, .gate = gate, .priority = priority, .rule = rule});
        }
      }
    }
  }
  std::vector<Verdict> shuffled = verdicts;
  std::mt19937 random(7);  // NOLINT: the same order every time
  const auto same = [](const Verdict& a, const Verdict& b) {
    return !stronger(a, b) && !stronger(b, a);
  };
  std::sort(verdicts.begin(), verdicts.end(), stronger);
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = shuffled.size(); i > 1; --i) {
      std::swap(shuffled[i - 1], shuffled[random() % i]);
    }
    std::vector<Verdict> sorted = shuffled;
    std::sort(sorted.begin(), sorted.end(), stronger);
    EXPECT_TRUE(std::equal(sorted.begin(), sorted.end(), verdicts.begin(), same));
  }
}

}  // namespace
}  // namespace fusebox::policy
