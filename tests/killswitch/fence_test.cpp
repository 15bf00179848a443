#include "killswitch/fence.hpp"

#include "tests/killswitch/fence_support.hpp"

namespace fusebox::killswitch {
namespace {

TEST(Register, JoinIsCommutativeAssociativeAndIdempotent) {
  std::vector<Register> all;
  for (std::int64_t epoch = 0; epoch < 4; ++epoch) {
    for (const RegisterState state : {RegisterState::Armed, RegisterState::Tripped}) {
      all.push_back({epoch, state});
    }
  }
  for (const Register& a : all) {
    EXPECT_EQ(join(a, a), a);
    for (const Register& b : all) {
      EXPECT_EQ(join(a, b), join(b, a));
      EXPECT_TRUE(join(a, b) == a || join(a, b) == b);
      EXPECT_GE(join(a, b).epoch, a.epoch);
      for (const Register& c : all) EXPECT_EQ(join(a, join(b, c)), join(join(a, b), c));
    }
  }
}

TEST(Fence, ATripAddsOneAndIsNumbered) {
  Fence fence;
  const auto first = trip(fence, "agent:bot");
  EXPECT_TRUE(first.fresh);
  EXPECT_EQ(first.order->id, "kill-1");
  EXPECT_EQ(first.order->reg, (Register{1, RegisterState::Tripped}));
  EXPECT_EQ(first.order->reason, "because");
  EXPECT_EQ(first.order->actor, "alice");
  EXPECT_EQ(first.order->at, kAt);
  EXPECT_EQ(trip(fence, "global").order->id, "kill-2");
  EXPECT_EQ(fence.tripped_count(), 2U);
}

TEST(Fence, ATripOfATrippedScopeReturnsTheStandingOrder) {
  Fence fence;
  trip(fence, "agent:bot");
  const auto again = fence.trip(scope("agent:bot"), "another reason", "bob", kAt);
  EXPECT_FALSE(again.fresh);
  EXPECT_EQ(again.order->id, "kill-1");
  EXPECT_EQ(again.order->reason, "because");
  EXPECT_EQ(again.order->reg.epoch, 1);
  EXPECT_EQ(trip(fence, "agent:other").order->id, "kill-2");  // it took no number
}

TEST(Fence, RearmingAndTrippingAgainGoesOnCounting) {
  Fence fence;
  trip(fence, "agent:bot");
  rearm_fully(fence, "kill-1");
  EXPECT_EQ(fence.find_order("kill-1")->reg, (Register{2, RegisterState::Armed}));
  EXPECT_EQ(fence.tripped_count(), 0U);
  const auto again = trip(fence, "agent:bot");
  EXPECT_TRUE(again.fresh);
  EXPECT_EQ(again.order->id, "kill-2");
  EXPECT_EQ(again.order->reg, (Register{3, RegisterState::Tripped}));
  EXPECT_TRUE(again.order->rearm_actors.empty());
}

TEST(Fence, RearmErrorsSayWhatIsWrong) {
  Fence fence;
  EXPECT_EQ(fence.rearm("kill-1", "bob").error().code, ErrorCode::UnknownOrder);
  EXPECT_EQ(fence.rearm("nonsense", "bob").error().code, ErrorCode::UnknownOrder);
  trip(fence, "agent:bot");
  rearm_fully(fence, "kill-1");
  EXPECT_EQ(fence.rearm("kill-1", "dave").error().code, ErrorCode::OrderNotTripped);
  trip(fence, "agent:bot");  // kill-2 follows it
  EXPECT_EQ(fence.rearm("kill-1", "dave").error().code, ErrorCode::OrderNotTripped);
  EXPECT_EQ(fence.rearm("kill-01", "dave").error().code, ErrorCode::UnknownOrder);
  EXPECT_EQ(fence.rearm("kill-3", "dave").error().code, ErrorCode::UnknownOrder);
  EXPECT_EQ(fence.tripped_count(), 1U);
}

struct Match {
  std::string_view scope;
  bool stops;
};

TEST(Fence, EveryKindOfScopeStopsWhatItNames) {
  Request asked = request();
  asked.dimensions[Dimension::Task] = "t1";
  asked.dimensions[Dimension::RootTask] = "r1";
  asked.dimensions[Dimension::Provider] = "p1";
  asked.dimensions[Dimension::Model] = "m1";
  asked.capability = "write";
  for (const Match& each : {
           Match{"global", true},
           Match{"tenant:acme", true},
           Match{"tenant:other", false},
           Match{"agent:bot", true},
           Match{"agent:acme", false},
           Match{"tenant:acme/agent:bot", true},
           Match{"tenant:other/agent:bot", false},
           Match{"tenant:acme/agent:other", false},
           Match{"root_task:r1", true},
           Match{"session:s1", true},
           Match{"task:t1", true},
           Match{"task:r1", false},
           Match{"provider:p1", true},
           Match{"model:m1", true},
           Match{"tool:search", true},
           Match{"tool:searc", false},
           Match{"capability:write", true},
           Match{"capability:tool", true},
           Match{"capability:llm", false},
           Match{"drill:acme", false},
       }) {
    Fence fence;
    trip(fence, each.scope);
    EXPECT_EQ(stopped_by(fence, asked), each.stops ? each.scope : "");
    EXPECT_EQ(fence.epoch(asked.target()), each.stops ? 1 : 0) << each.scope;
  }
}

TEST(Fence, TheWidestScopeIsNamed) {
  Fence fence;
  const std::vector<std::string_view> widest_first{
      "global",     "tenant:acme", "agent:bot",       "tenant:acme/agent:bot",
      "session:s1", "tool:search", "capability:tool",
  };
  for (auto each = widest_first.rbegin(); each != widest_first.rend(); ++each) {
    trip(fence, *each);
    EXPECT_EQ(stopped_by(fence, request()), *each);
  }
}

TEST(Fence, AnAbsentDimensionMatchesNoScope) {
  Fence fence;
  trip(fence, "agent:bot");
  trip(fence, "tenant:acme/agent:bot");
  EXPECT_EQ(stopped_by(fence, Request{}), "");
  EXPECT_EQ(stopped_by(fence, request("bot", "")), "agent:bot");
}

TEST(Fence, OrdersComeByNumberAndNotByText) {
  Fence fence;
  for (int i = 11; i >= 1; --i) trip(fence, "agent:a" + std::to_string(i));
  const auto orders = fence.orders();
  ASSERT_EQ(orders.size(), 11U);
  for (std::size_t i = 0; i < orders.size(); ++i) {
    EXPECT_EQ(orders[i]->id, "kill-" + std::to_string(i + 1));
  }
}

TEST(FenceMerge, TakesOverALaterRegisterWithoutItsApprovals) {
  Fence theirs;
  trip(theirs, "agent:bot");
  EXPECT_FALSE(theirs.rearm("kill-1", "bob")->armed);
  Fence ours;
  EXPECT_TRUE(ours.merge(*theirs.find_order("kill-1")));
  EXPECT_FALSE(ours.merge(*theirs.find_order("kill-1")));  // idempotent
  EXPECT_EQ(stopped_by(ours, request()), "agent:bot");
  EXPECT_TRUE(ours.find_order("kill-1")->rearm_actors.empty());
  EXPECT_EQ(trip(ours, "global").order->id, "kill-2");  // the number is taken
}

TEST(FenceMerge, ALaterTripOfATrippedScopeIsOneStopWithItsOwnId) {
  Fence theirs;
  trip(theirs, "agent:bot");
  Fence ours;
  ours.merge(*theirs.find_order("kill-1"));
  rearm_fully(theirs, "kill-1");
  trip(theirs, "agent:bot");
  EXPECT_TRUE(ours.merge(*theirs.find_order("kill-2")));
  EXPECT_EQ(ours.tripped_count(), 1U);
  EXPECT_EQ(ours.orders().size(), 1U);
  rearm_fully(theirs, "kill-2");
  EXPECT_TRUE(ours.merge(*theirs.find_order("kill-2")));
  EXPECT_EQ(ours.tripped_count(), 0U);
  ASSERT_NE(ours.find_order("kill-2"), nullptr);
  EXPECT_EQ(ours.find_order("kill-2")->reg.epoch, 4);
}

TEST(FenceMerge, AnIdOfAnotherScopeIsReplaced) {
  Fence ours;
  trip(ours, "tool:search");
  Fence theirs;
  trip(theirs, "agent:bot");
  EXPECT_TRUE(ours.merge(*theirs.find_order("kill-1")));
  EXPECT_EQ(format(ours.find_order("kill-1")->scope), "tool:search");
  EXPECT_EQ(format(ours.find_order("kill-2")->scope), "agent:bot");
  Order nameless = *theirs.find_order("kill-1");
  nameless.id = "kill--1";
  nameless.scope = scope("agent:other");
  EXPECT_TRUE(ours.merge(nameless));
  EXPECT_EQ(format(ours.find_order("kill-3")->scope), "agent:other");
}

TEST(FenceMerge, WhatNoFenceCanHaveWrittenIsIgnored) {
  Fence theirs;
  trip(theirs, "agent:bot");
  const Order good = *theirs.find_order("kill-1");
  Order bad = good;
  bad.reg.epoch = std::numeric_limits<std::int64_t>::max();
  Fence ours;
  EXPECT_FALSE(ours.merge(bad));
  bad = good;
  bad.reg.epoch = 0;
  EXPECT_FALSE(ours.merge(bad));
  bad = good;
  bad.scope.value = "";
  EXPECT_FALSE(ours.merge(bad));
  EXPECT_TRUE(ours.orders().empty());
}

}  // namespace
}  // namespace fusebox::killswitch
