#include "killswitch/fence.hpp"
#include "tests/killswitch/fence_support.hpp"

namespace fusebox::killswitch {
namespace {

bool restored(Fence& fence, const std::string& bytes) {
  ArchiveReader archive(bytes);
  fence.restore(archive);
  return !archive.failed() && archive.at_end();
}

Fence busy_fence() {
  Fence fence;
  trip(fence, "agent:bot");
  rearm_fully(fence, "kill-1");
  trip(fence, "tenant:acme/agent:bot");
  trip(fence, "global");
  EXPECT_FALSE(fence.rearm("kill-3", "bob")->armed);
  return fence;
}

TEST(FenceArchive, ARestoredFenceIsTheSame) {
  const Fence fence = busy_fence();
  Fence back;
  ASSERT_TRUE(restored(back, saved(fence)));
  EXPECT_EQ(saved(back), saved(fence));
  EXPECT_EQ(back.tripped_count(), 2U);
  EXPECT_EQ(stopped_by(back, request()), "global");
  EXPECT_TRUE(back.rearm("kill-3", "carol")->armed);
  EXPECT_EQ(trip(back, "agent:bot").order->reg.epoch, 3);
  EXPECT_EQ(back.find_order("kill-4")->scope, scope("agent:bot"));
}

// A damaged file must not arm what is tripped: the fence stays as it was.
TEST(FenceArchive, DamagedBytesChangeNothing) {
  const std::string good = saved(busy_fence());
  for (std::size_t i = 0; i < good.size(); ++i) {
    Fence fence;
    trip(fence, "agent:standing");
    const std::string before = saved(fence);
    EXPECT_FALSE(restored(fence, good.substr(0, i)));
    EXPECT_EQ(saved(fence), before);
    for (int value = 0; value < 256; ++value) {
      std::string bytes = good;
      bytes[i] = static_cast<char>(value);
      Fence other;
      trip(other, "agent:standing");
      ArchiveReader archive(bytes);
      other.restore(archive);
      if (archive.failed()) {
        ASSERT_EQ(saved(other), before);
      }
      // Whatever came out can be used.
      (void)stopped_by(other, request());
      trip(other, "agent:bot");
      ASSERT_GE(other.orders().size(), 1U);
    }
  }
}

TEST(FenceArchive, OrdersThatContradictEachOtherAreRefused) {
  const Fence fence = busy_fence();
  const auto encode = [](std::int64_t last, std::vector<Order> orders) {
    std::string bytes;
    ArchiveWriter archive(bytes);
    archive(last, orders);
    return bytes;
  };
  const Order good = *fence.find_order("kill-3");
  Fence back;
  EXPECT_TRUE(restored(back, encode(3, {good})));
  EXPECT_FALSE(restored(back, encode(2, {good})));        // a number beyond the last
  EXPECT_FALSE(restored(back, encode(3, {good, good})));  // one scope twice
  Order bad = good;
  bad.scope = scope("agent:bot");  // one number twice
  EXPECT_FALSE(restored(back, encode(3, {good, bad})));
  bad = good;
  bad.id = "kill-2";
  bad.rearm_actors = {"a", "b"};  // would be armed
  EXPECT_FALSE(restored(back, encode(3, {bad})));
  bad = good;
  bad.scope.value = "x";  // global has no value
  EXPECT_FALSE(restored(back, encode(3, {bad})));
  EXPECT_EQ(stopped_by(back, request()), "global");
}

}  // namespace
}  // namespace fusebox::killswitch
