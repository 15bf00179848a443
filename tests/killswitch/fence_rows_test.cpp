// The K rows that concern a register in memory. The others need files (K03 to K05, K26, K32),
// leases (K06, K21, K22), other nodes (K02, K07 to K09, K24, K28), signatures (K11), processes
// (K18, K19, K23), a cooldown (K13), the API (K01, K25), detectors that trip scopes (K29) or chaos
// (K30), and come with those.
#include "killswitch/fence.hpp"
#include "tests/killswitch/fence_support.hpp"

namespace fusebox::killswitch {
namespace {

TEST(KillRows, K10_AReplayedOlderMessageIsIgnored) {
  Fence fence;
  trip(fence, "agent:bot");
  rearm_fully(fence, "kill-1");
  const Order armed_at_2 = *fence.find_order("kill-1");
  trip(fence, "agent:bot");
  EXPECT_FALSE(fence.merge(armed_at_2));
  EXPECT_EQ(stopped_by(fence, request()), "agent:bot");
  EXPECT_EQ(fence.epoch(request().target()), 3);
}

TEST(KillRows, K12_NobodyRearmsAlone) {
  Fence fence;
  trip(fence, "agent:bot", "alice");
  const auto first = fence.rearm("kill-1", "alice");  // the tripper may be one of the two
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->armed);
  const auto again = fence.rearm("kill-1", "alice");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::SecondActorNeeded);
  const auto nobody = fence.rearm("kill-1", "");
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::SecondActorNeeded);
  EXPECT_EQ(stopped_by(fence, request()), "agent:bot");
  EXPECT_TRUE(fence.rearm("kill-1", "bob")->armed);
  EXPECT_EQ(stopped_by(fence, request()), "");
}

TEST(KillRows, K14_AtTheSameEpochATripWins) {
  Fence ours;
  trip(ours, "agent:bot");
  Fence theirs;
  theirs.merge(*ours.find_order("kill-1"));
  rearm_fully(ours, "kill-1");  // armed at 2
  Order tripped_at_2 = *theirs.find_order("kill-1");
  tripped_at_2.reg = {2, RegisterState::Tripped};
  EXPECT_TRUE(ours.merge(tripped_at_2));
  EXPECT_EQ(stopped_by(ours, request()), "agent:bot");
  Order armed_at_2 = tripped_at_2;
  armed_at_2.reg.state = RegisterState::Armed;
  EXPECT_FALSE(ours.merge(armed_at_2));
  EXPECT_EQ(stopped_by(ours, request()), "agent:bot");
}

TEST(KillRows, K15_ATripDuringRearmingVoidsTheApprovals) {
  Fence fence;
  trip(fence, "agent:bot", "alice");
  EXPECT_FALSE(fence.rearm("kill-1", "bob")->armed);
  const auto again = trip(fence, "agent:bot", "dave");
  EXPECT_FALSE(again.fresh);
  EXPECT_EQ(again.voided_approvals, 1U);
  EXPECT_EQ(again.order->id, "kill-1");
  EXPECT_EQ(again.order->actor, "alice");
  EXPECT_FALSE(fence.rearm("kill-1", "carol")->armed);  // the first of two again
  EXPECT_TRUE(fence.rearm("kill-1", "bob")->armed);
}

TEST(KillRows, K16_RearmingAnAgentLeavesItStoppedByGlobal) {
  Fence fence;
  trip(fence, "agent:bot");
  trip(fence, "global");
  EXPECT_EQ(stopped_by(fence, request()), "global");
  rearm_fully(fence, "kill-1");
  EXPECT_EQ(stopped_by(fence, request()), "global");
  EXPECT_EQ(stopped_by(fence, request("other")), "global");
}

TEST(KillRows, K17_RearmingTheParentLeavesTheChildStopped) {
  Fence fence;
  trip(fence, "tenant:acme");
  trip(fence, "tenant:acme/agent:bot");
  rearm_fully(fence, "kill-1");
  EXPECT_EQ(stopped_by(fence, request()), "tenant:acme/agent:bot");
  EXPECT_EQ(stopped_by(fence, request("other")), "");
}

// The gateway compares a permit's epoch with the fence's at the moment of the effect.
TEST(KillRows, K20_APermitFromBeforeATripCarriesAnOlderEpoch) {
  Fence fence;
  const std::int64_t before = fence.epoch(request().target());
  trip(fence, "tool:search");
  EXPECT_LT(before, fence.epoch(request().target()));
  EXPECT_EQ(fence.epoch(request("bot", "acme", "fetch").target()), before);
  rearm_fully(fence, "kill-1");
  EXPECT_EQ(fence.epoch(request().target()), 2);  // re-armed is a later epoch, too
}

TEST(KillRows, K31_ADrillGoesTheWholeWayAndStopsNothing) {
  Fence fence;
  const auto drilled = trip(fence, "drill:daily");
  EXPECT_TRUE(drilled.fresh);
  EXPECT_EQ(fence.tripped_count(), 1U);
  Request asked = request("daily", "daily", "daily");
  asked.capability = "daily";
  EXPECT_EQ(stopped_by(fence, asked), "");
  EXPECT_EQ(fence.epoch(asked.target()), 0);
  rearm_fully(fence, "kill-1");
  EXPECT_EQ(fence.tripped_count(), 0U);
}

}  // namespace
}  // namespace fusebox::killswitch
