// Evaluation allocates nothing. The whole test binary counts what `new` hands out for this.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "policy/condition.hpp"
#include "policy/rules.hpp"
#include "tests/policy/sample_facts.hpp"

namespace {
std::atomic<std::size_t> allocations{0};
}

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace fusebox::policy {
namespace {

using testing::kSampleSchema;
using testing::SampleFacts;

std::vector<Condition> conditions() {
  std::vector<Condition> all;
  std::vector<ConditionError> errors;
  for (const std::string_view text :
       {"action == 'tool' && target == 'x7' && tokens > 5",
        "absent > 1 || args.missing.deep == 1 || 1 / 0 == 0 || !flag",
        "target.startsWith('sql') && target.endsWith('x') || target.contains(args.path)",
        "args.list == [1, 2, 'three', null, [4]] && tokens in [5, 6, 7] && 'red' in tags",
        "has(args.map.b.c) && size(args.word) == 3 && args.map.b['c'] == 'deep'",
        "slo.burn_rate['5m'] > 14.4 && has(slo.sli) && 'agent' in slo.key",
        "(flag ? cost * 2.0 : -cost) - 1.0 <= 0 && largest + 1 > 0"}) {
    const std::optional<Condition> condition = Condition::compile(text, kSampleSchema, errors);
    EXPECT_TRUE(condition) << text << ": " << errors.back().what;
    if (condition) all.push_back(*condition);
  }
  return all;
}

TEST(ConditionEvaluation, AllocatesNothing) {
  const SampleFacts facts;
  for (const Condition& condition : conditions()) {
    const std::size_t before = allocations.load();
    const Outcome outcome = condition.evaluate(facts);
    EXPECT_EQ(allocations.load(), before) << condition.text();
    static_cast<void>(outcome);
  }
  const std::size_t before = allocations.load();
  EXPECT_FALSE(conditions()[0].explain(facts).empty());
  EXPECT_GT(allocations.load(), before) << "the count counts";
}

TEST(RequestRules, AllocatesNothingOnceItsListHasGrown) {
  PolicySpec policy;
  for (const Condition& condition : conditions()) {
    policy.rules.push_back({.id = "r", .when = condition, .message = {}});
  }
  const SampleFacts facts;
  const RequestRules rules(policy, static_cast<Slot>(testing::Sample::Target));
  std::vector<RuleMatch> matches;
  rules.match(facts, matches);
  matches.clear();
  const std::size_t before = allocations.load();
  rules.match(facts, matches);
  EXPECT_EQ(allocations.load(), before);
  EXPECT_FALSE(matches.empty());
}

}  // namespace
}  // namespace fusebox::policy
