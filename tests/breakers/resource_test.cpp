#include "breakers/resource.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "tests/breakers/limit_support.hpp"

namespace fusebox::breakers {
namespace {

using namespace testing;

TEST(Resource, NamesRoundTripAndUnknownOnesDoNotParse) {
  ASSERT_EQ(resource_names().size(), kResourceCount);
  for (std::size_t i = 0; i < kResourceCount; ++i) {
    const auto resource = static_cast<Resource>(i);
    EXPECT_EQ(resource_names()[i], name_of(resource));
    EXPECT_EQ(parse_resource(name_of(resource)), resource);
  }
  EXPECT_EQ(parse_resource("fan_out"), std::nullopt);
}

// What one resource is asked for: an amount that is known, or nullopt.
std::optional<std::int64_t> asked(const Demand& demand, Resource resource) {
  if (!demand.estimated[index_of(resource)]) return std::nullopt;
  return demand.amounts[index_of(resource)];
}

TEST(Demand, CountsOneCallOfItsOwnKind) {
  struct Row {
    Action action;
    std::int64_t tool_calls;
    std::int64_t model_calls;
    std::optional<std::int64_t> files_changed;
  };
  for (const Row& row :
       {Row{Action::Tool, 1, 0, std::nullopt}, Row{Action::Llm, 0, 1, 0},
        Row{Action::Task, 0, 0, std::nullopt}, Row{Action::Delegation, 0, 0, std::nullopt}}) {
    const Demand asks = demand({.action = row.action});
    EXPECT_EQ(asked(asks, Resource::ToolCalls), row.tool_calls);
    EXPECT_EQ(asked(asks, Resource::ModelCalls), row.model_calls);
    EXPECT_EQ(asked(asks, Resource::FilesChanged), row.files_changed);
    for (const Resource resource :
         {Resource::Tokens, Resource::TokensIn, Resource::TokensOut, Resource::CostUsd}) {
      EXPECT_EQ(asked(asks, resource), std::nullopt) << name_of(resource);
    }
  }
}

TEST(Demand, TakesTheEstimateAndTheDepth) {
  const Demand asks = demand(
      {.action = Action::Llm, .tokens = 0, .micro_usd = 250'000, .files_changed = 3, .depth = 2});
  EXPECT_EQ(asked(asks, Resource::Tokens), 0);
  EXPECT_EQ(asked(asks, Resource::CostUsd), 250'000);
  EXPECT_EQ(asked(asks, Resource::FilesChanged), 3);
  EXPECT_EQ(asks.depth, 2);
}

TEST(Usage, ReportsTheCallUnlessItWasNeutral) {
  struct Row {
    Outcome outcome;
    bool neutral;
  };
  for (const Row& row :
       {Row{Outcome::Ok, false}, Row{Outcome::Error, false}, Row{Outcome::Timeout, false},
        Row{Outcome::Cancelled, true}, Row{Outcome::Throttled, true}, Row{Outcome::Denied, true}}) {
    const Usage used = usage({.outcome = row.outcome});
    EXPECT_EQ(used.neutral, row.neutral);
    EXPECT_EQ(used.reported[index_of(Resource::ToolCalls)], !row.neutral);
    EXPECT_EQ(used.amounts[index_of(Resource::ToolCalls)], row.neutral ? 0 : 1);
    EXPECT_FALSE(used.reported[index_of(Resource::ModelCalls)]);
  }
}

TEST(Usage, OneDirectionOfTokensIsOnlyALowerBound) {
  const Usage both = usage({.tokens_in = 40, .tokens_out = 2});
  EXPECT_TRUE(both.reported[index_of(Resource::Tokens)]);
  EXPECT_EQ(both.amounts[index_of(Resource::Tokens)], 42);
  const Usage half = usage({.tokens_in = 40});
  EXPECT_FALSE(half.reported[index_of(Resource::Tokens)]);
  EXPECT_EQ(half.amounts[index_of(Resource::Tokens)], 40);
  EXPECT_TRUE(half.reported[index_of(Resource::TokensIn)]);
}

TEST(Usage, TokensOfBothDirectionsSaturate) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const Usage used = usage({.tokens_in = kMax, .tokens_out = kMax});
  EXPECT_EQ(used.amounts[index_of(Resource::Tokens)], kMax);
}

TEST(Usage, OfTelemetryCountsOneCallOfItsKindWhateverItsWeight) {
  struct Row {
    telemetry::EventKind kind;
    std::int64_t tool_calls;
    std::int64_t model_calls;
  };
  using telemetry::EventKind;
  for (const Row& row :
       {Row{EventKind::Tool, 1, 0}, Row{EventKind::Llm, 0, 1}, Row{EventKind::Task, 0, 0},
        Row{EventKind::Delegation, 0, 0}, Row{EventKind::Policy, 0, 0},
        Row{EventKind::Evaluation, 0, 0}, Row{EventKind::Heartbeat, 0, 0}}) {
    telemetry::Event event;
    event.kind = row.kind;
    event.weight = 10;
    event.depth = 4;
    event.measured.cost_usd = MicroUsd{5};
    const Usage used = usage_of(event);
    EXPECT_EQ(used.amounts[index_of(Resource::ToolCalls)], row.tool_calls);
    EXPECT_EQ(used.amounts[index_of(Resource::ModelCalls)], row.model_calls);
    EXPECT_EQ(used.amounts[index_of(Resource::CostUsd)], 5);
    EXPECT_EQ(used.depth, 4);
    EXPECT_FALSE(used.neutral);
  }
}

}  // namespace
}  // namespace fusebox::breakers
