#include "breakers/budget.hpp"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "tests/breakers/limit_support.hpp"

namespace fusebox::breakers {
namespace {

using namespace testing;
using policy::Reason;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// One budget with its terms, and the crossings of its last charge.
struct Fixture {
  explicit Fixture(Budgeted list, std::optional<Duration> window = std::nullopt,
                   std::vector<Ratio> thresholds = {})
      : terms(maxima(list), window, std::move(thresholds)), budget(terms) {}

  void charge(const Did& did, Instant at, Instant now) {
    crossings.clear();
    budget.charge({}, usage(did), at, now, crossings);
  }
  void charge(const Did& did, Instant now) { charge(did, now, now); }

  BudgetTerms terms;
  Budget budget;
  std::vector<Crossing> crossings;
};

TEST(Budget, AKnownDemandFitsUpToTheMaximumAndNotBeyond) {
  Fixture f({{Resource::Tokens, 100}});
  EXPECT_FALSE(f.budget.refuses(demand(llm(100)), kStart));
  EXPECT_TRUE(f.budget.refuses(demand(llm(101)), kStart));
  (void)f.budget.reserve(demand(llm(60)), kStart);
  EXPECT_FALSE(f.budget.refuses(demand(llm(40)), kStart));
  EXPECT_TRUE(f.budget.refuses(demand(llm(41)), kStart));
}

TEST(Budget, AnUnknownDemandFitsWhileAnythingRemains) {
  Fixture f({{Resource::Tokens, 100}});
  f.charge(spent(99), kStart);
  EXPECT_FALSE(f.budget.refuses(demand({.action = Action::Llm}), kStart));
  f.charge(spent(1), kStart);
  EXPECT_TRUE(f.budget.refuses(demand({.action = Action::Llm}), kStart));
}

TEST(Budget, WhatOthersReservedDoesNotRemain) {
  Fixture f({{Resource::Tokens, 100}});
  (void)f.budget.reserve(demand(llm(100)), kStart);
  EXPECT_TRUE(f.budget.refuses(demand({.action = Action::Llm}), kStart));
}

// Who is refused when a budget is exactly used up.
TEST(Budget, AnExhaustedResourceRefusesWhoeverCouldUseIt) {
  struct Row {
    Resource resource;
    bool llm, tool, task;
  };
  for (const Row& row :
       {Row{Resource::Tokens, true, true, true}, Row{Resource::TokensIn, true, true, true},
        Row{Resource::TokensOut, true, true, true}, Row{Resource::CostUsd, true, true, true},
        Row{Resource::ToolCalls, false, true, false}, Row{Resource::ModelCalls, true, false, false},
        Row{Resource::FilesChanged, false, true, true}}) {
    Fixture f({{row.resource, 0}});
    const auto refuses = [&](Action action) {
      return f.budget.refuses(demand({.action = action}), kStart).has_value();
    };
    EXPECT_EQ(refuses(Action::Llm), row.llm) << name_of(row.resource);
    EXPECT_EQ(refuses(Action::Tool), row.tool) << name_of(row.resource);
    EXPECT_EQ(refuses(Action::Task), row.task) << name_of(row.resource);
    EXPECT_EQ(refuses(Action::Delegation), row.task) << name_of(row.resource);
  }
}

TEST(Budget, AnEstimateOfNothingPassesAnExhaustedBudgetButNotAnOverrunOne) {
  Fixture f({{Resource::Tokens, 100}});
  f.charge(spent(100), kStart);
  EXPECT_FALSE(f.budget.overrun(kStart));
  EXPECT_FALSE(f.budget.refuses(demand(llm(0)), kStart));
  f.charge(spent(1), kStart);
  EXPECT_TRUE(f.budget.overrun(kStart));
  EXPECT_TRUE(f.budget.refuses(demand(llm(0)), kStart));
}

TEST(Budget, AnOverrunRefusesEvenACheckThatAsksNothingOfThatResource) {
  Fixture f({{Resource::ToolCalls, 1}, {Resource::Tokens, 100}});
  f.charge({}, kStart);
  EXPECT_FALSE(f.budget.refuses(demand(llm(5)), kStart));
  f.charge({}, kStart);
  const auto refusal = f.budget.refuses(demand(llm(5)), kStart);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->resource, Resource::ToolCalls);
}

TEST(Budget, ChargesWhatAReportSaysAndAsReservedWhatItLeavesOut) {
  struct Row {
    const char* name;
    Did did;
    std::int64_t tokens;
    std::int64_t micro_usd;
    std::int64_t model_calls;
  };
  using enum Outcome;
  const auto a = Action::Llm;
  const std::vector<Row> rows{
      {"all", {.action = a, .tokens_in = 10, .tokens_out = 20, .micro_usd = 7}, 30, 7, 1},
      {"nothing", {.action = a}, 1000, 500, 1},
      {"error", {.action = a, .outcome = Error}, 1000, 500, 1},
      {"cost alone", {.action = a, .micro_usd = 0}, 1000, 0, 1},
      {"one direction below the estimate", {.action = a, .tokens_in = 10}, 1000, 500, 1},
      {"one direction above the estimate", {.action = a, .tokens_in = 1001}, 1001, 500, 1},
      {"cancelled", {.action = a, .outcome = Cancelled}, 0, 0, 0},
      {"cancelled midway",
       {.action = a, .outcome = Cancelled, .tokens_in = 10, .tokens_out = 100, .micro_usd = 7},
       110,
       7,
       0},
      {"cancelled, one direction", {.action = a, .outcome = Cancelled, .tokens_in = 10}, 10, 0, 0},
      {"throttled", {.action = a, .outcome = Throttled}, 0, 0, 0},
      {"denied", {.action = a, .outcome = Denied}, 0, 0, 0}};
  for (const Row& row : rows) {
    Fixture f({{Resource::Tokens, 5000}, {Resource::CostUsd, 5000}, {Resource::ModelCalls, 10}});
    const Amounts held =
        f.budget.reserve(demand({.action = a, .tokens = 1000, .micro_usd = 500}), kStart);
    f.budget.charge(held, usage(row.did), kStart, kStart, f.crossings);
    EXPECT_EQ(f.budget.used(Resource::Tokens, kStart), row.tokens) << row.name;
    EXPECT_EQ(f.budget.used(Resource::CostUsd, kStart), row.micro_usd) << row.name;
    EXPECT_EQ(f.budget.used(Resource::ModelCalls, kStart), row.model_calls) << row.name;
    for (const Resource r : kAdditive) EXPECT_EQ(f.budget.reserved(r), 0) << row.name;
  }
}

TEST(Budget, ReservesOnlyWhatIsBudgetedAndKnown) {
  Fixture f({{Resource::CostUsd, 100}, {Resource::ToolCalls, 5}, {Resource::TokensIn, 100}});
  const Amounts held = f.budget.reserve(demand({.tokens = 10, .micro_usd = 30}), kStart);
  Amounts expected{};
  expected[index_of(Resource::CostUsd)] = 30;
  expected[index_of(Resource::ToolCalls)] = 1;
  EXPECT_EQ(held, expected);
}

TEST(Budget, DepthIsAMaximumOfItsOwnReason) {
  Fixture f({{Resource::Depth, 3}, {Resource::ToolCalls, 0}});
  const auto deep = f.budget.refuses(demand({.depth = 4}), kStart);
  ASSERT_TRUE(deep);
  EXPECT_EQ(deep->reason, Reason::DepthExceeded);  // depth is asked before the empty budget
  EXPECT_EQ(deep->resource, Resource::Depth);
  EXPECT_EQ(deep->retry_after, Duration{0});
  EXPECT_EQ(f.budget.refuses(demand({.depth = 3}), kStart)->reason, Reason::BudgetExceeded);
}

TEST(Budget, DepthUsedIsTheDeepestSeenAndNeverAnOverrun) {
  Fixture f({{Resource::Depth, 3}});
  (void)f.budget.reserve(demand({.depth = 2}), kStart);
  (void)f.budget.reserve(demand(), kStart);  // absent counts as 0
  EXPECT_EQ(f.budget.used(Resource::Depth, kStart), 2);
  Usage deeper = usage();
  deeper.depth = 9;
  f.budget.charge({}, deeper, kStart, kStart, f.crossings);
  EXPECT_EQ(f.budget.used(Resource::Depth, kStart), 9);
  EXPECT_FALSE(f.budget.overrun(kStart));
  EXPECT_FALSE(f.budget.refuses(demand({.depth = 3}), kStart));
}

TEST(Budget, WallClockRunsFromTheFirstCheckAndRefusesFromItsMaximumOn) {
  Fixture f({{Resource::WallClock, Duration(minutes{10}).count()}});
  f.charge({}, kStart);  // telemetry does not start it
  EXPECT_EQ(f.budget.used(Resource::WallClock, after(hours{1})), 0);
  (void)f.budget.reserve(demand(), after(hours{1}));
  f.budget.start(after(hours{1} + minutes{5}));  // only the first counts
  EXPECT_FALSE(f.budget.refuses(demand(), after(hours{1} + minutes{10} - nanoseconds{1})));
  const auto refusal = f.budget.refuses(demand(), after(hours{1} + minutes{10}));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, Reason::BudgetExceeded);
  EXPECT_EQ(refusal->resource, Resource::WallClock);
  EXPECT_EQ(refusal->retry_after, Duration{0});
  EXPECT_FALSE(f.budget.overrun(after(hours{9})));
}

TEST(BudgetRetryAfter, IsTheTimeUntilEnoughIsForgotten) {
  Fixture f({{Resource::Tokens, 100}}, hours{1});
  f.charge(spent(50), kStart);
  f.charge(spent(40), after(minutes{10}));
  const Instant now = after(minutes{20});
  struct Row {
    std::int64_t tokens;
    Duration wait;
  };
  for (const Row& row : {Row{11, minutes{41}}, Row{60, minutes{41}}, Row{61, minutes{51}},
                         Row{100, minutes{51}}, Row{101, Duration{0}}}) {
    const auto refusal = f.budget.refuses(demand(llm(row.tokens)), now);
    ASSERT_TRUE(refusal) << row.tokens;
    EXPECT_EQ(refusal->retry_after, row.wait) << row.tokens;
  }
  EXPECT_FALSE(f.budget.refuses(demand(llm(60)), now + minutes{41}));
  EXPECT_TRUE(f.budget.refuses(demand(llm(60)), now + minutes{41} - nanoseconds{1}));
}

TEST(BudgetRetryAfter, IsUnknownWhileReservationsStandInTheWay) {
  Fixture f({{Resource::Tokens, 100}}, hours{1});
  (void)f.budget.reserve(demand(llm(50)), kStart);
  f.charge(spent(50), kStart);
  EXPECT_EQ(f.budget.refuses(demand(llm(51)), kStart)->retry_after, Duration{0});
  EXPECT_EQ(f.budget.refuses(demand(llm(50)), kStart)->retry_after, minutes{61});
}

TEST(BudgetRetryAfter, WaitsForEveryResourceAndNamesTheFirst) {
  Fixture f({{Resource::Tokens, 100}, {Resource::CostUsd, 100}}, hours{1});
  f.charge(spent(100), kStart);
  f.charge({.action = Action::Llm, .micro_usd = 100}, after(minutes{30}));
  const auto both = f.budget.refuses(demand(llm(1)), after(minutes{30}));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->resource, Resource::Tokens);
  EXPECT_EQ(both->retry_after, minutes{61});
  // One resource that cannot wait it out makes waiting useless, whichever it is.
  for (const Ask& ask : {Ask{.tokens = 1, .micro_usd = 101}, Ask{.tokens = 101, .micro_usd = 1}}) {
    EXPECT_EQ(f.budget.refuses(demand(ask), after(minutes{30}))->retry_after, Duration{0});
  }
}

TEST(BudgetRetryAfter, IsZeroForALifetimeBudget) {
  Fixture f({{Resource::Tokens, 100}});
  f.charge(spent(100), kStart);
  EXPECT_EQ(f.budget.refuses(demand(llm(1)), kStart)->retry_after, Duration{0});
}

TEST(BudgetWindow, AChargeIsDatedAtItsReservation) {
  Fixture f({{Resource::Tokens, 100}}, hours{1});
  const Amounts held = f.budget.reserve(demand(llm(100)), kStart);
  const Instant settled = after(minutes{50});
  f.budget.charge(held, usage(spent(100)), kStart, settled, f.crossings);
  EXPECT_EQ(f.budget.used(Resource::Tokens, after(minutes{61}) - nanoseconds{1}), 100);
  EXPECT_EQ(f.budget.used(Resource::Tokens, after(minutes{61})), 0);
}

TEST(BudgetWindow, ACallLongerThanTheWindowLeavesNoCharge) {
  Fixture f({{Resource::Tokens, 100}}, hours{1});
  const Amounts held = f.budget.reserve(demand(llm(100)), kStart);
  EXPECT_TRUE(f.budget.refuses(demand(llm(1)), after(hours{2})));  // it still holds it
  f.budget.charge(held, usage(spent(100)), kStart, after(hours{2}), f.crossings);
  EXPECT_EQ(f.budget.used(Resource::Tokens, after(hours{2})), 0);
  EXPECT_TRUE(f.crossings.empty());
}

TEST(BudgetWindow, AFutureDateIsClampedToNow) {
  Fixture f({{Resource::Tokens, 100}}, hours{1});
  f.charge(spent(1), after(hours{5}), kStart);
  EXPECT_EQ(f.budget.used(Resource::Tokens, after(minutes{61})), 0);
}

TEST(BudgetThresholds, AreToldOnceEachInOrder) {
  Fixture f({{Resource::Tokens, 100}}, std::nullopt, {{1, 2}, {8, 10}, {1, 1}});
  f.charge(spent(49), kStart);
  EXPECT_TRUE(f.crossings.empty());
  f.charge(spent(1), kStart);
  ASSERT_EQ(f.crossings.size(), 1U);
  EXPECT_EQ(f.crossings[0].used, 50);
  EXPECT_EQ(f.crossings[0].max, 100);
  EXPECT_EQ(f.crossings[0].threshold, (Ratio{1, 2}));
  f.charge(spent(1), kStart);
  EXPECT_TRUE(f.crossings.empty());
  f.charge(spent(60), kStart);
  ASSERT_EQ(f.crossings.size(), 3U);
  EXPECT_EQ(f.crossings[0].threshold, (Ratio{8, 10}));
  EXPECT_EQ(f.crossings[1].threshold, (Ratio{1, 1}));
  EXPECT_EQ(f.crossings[2].threshold, std::nullopt);  // and the overrun
  EXPECT_EQ(f.crossings[2].used, 111);
  f.charge(spent(60), kStart);
  EXPECT_TRUE(f.crossings.empty());
}

TEST(BudgetThresholds, ComeAgainAfterTheWindowHasForgotten) {
  Fixture f({{Resource::Tokens, 100}}, hours{1}, {{1, 2}});
  f.charge(spent(150), kStart);
  EXPECT_EQ(f.crossings.size(), 2U);
  EXPECT_TRUE(f.budget.overrun(kStart));
  // It fell below and rises again within one charge: nobody looked in between.
  f.charge(spent(150), after(hours{2}));
  EXPECT_EQ(f.crossings.size(), 2U);
}

TEST(BudgetThresholds, AMaximumOfZeroHasNone) {
  Fixture f({{Resource::ToolCalls, 0}}, std::nullopt, {{1, 2}});
  f.charge({}, kStart);
  ASSERT_EQ(f.crossings.size(), 1U);
  EXPECT_EQ(f.crossings[0].threshold, std::nullopt);
}

TEST(BudgetOverrun, EndsWhenAReservationInTheWayIsGivenBack) {
  Fixture f({{Resource::Tokens, 100}});
  const Amounts first = f.budget.reserve(demand(llm(50)), kStart);
  const Amounts second = f.budget.reserve(demand(llm(50)), kStart);
  f.budget.charge(first, usage(spent(60)), kStart, kStart, f.crossings);
  ASSERT_EQ(f.crossings.size(), 1U);
  EXPECT_TRUE(f.budget.overrun(kStart));
  EXPECT_TRUE(f.budget.refuses(demand(llm(0)), kStart));
  f.budget.charge(second, usage(spent(30)), kStart, kStart, f.crossings);
  EXPECT_FALSE(f.budget.overrun(kStart));
  EXPECT_FALSE(f.budget.refuses(demand(llm(10)), kStart));
}

TEST(Budget, TheLargestNumbersSaturate) {
  Fixture f({{Resource::Tokens, kMax}});
  (void)f.budget.reserve(demand(llm(kMax)), kStart);
  EXPECT_TRUE(f.budget.refuses(demand(llm(kMax)), kStart));
  EXPECT_TRUE(f.budget.refuses(demand(llm(1)), kStart));
  f.charge(spent(kMax), kStart);
  f.charge(spent(kMax), kStart);
  EXPECT_EQ(f.budget.used(Resource::Tokens, kStart), kMax);
  EXPECT_TRUE(f.budget.overrun(kStart));
}

}  // namespace
}  // namespace fusebox::breakers
