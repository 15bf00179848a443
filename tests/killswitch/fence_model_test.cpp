// Random orders and requests: the fence against a list of all orders that is searched from end to
// end by what each scope means.
#include <algorithm>
#include <random>

#include "killswitch/fence.hpp"
#include "tests/killswitch/fence_support.hpp"

namespace fusebox::killswitch {
namespace {

bool names(const Scope& scope, const Request& asked) {
  const Dimensions& of = asked.dimensions;
  const auto is = [&](Dimension dimension) { return of[dimension] == scope.value; };
  switch (scope.kind) {
    case ScopeKind::Global:
      return true;
    case ScopeKind::Tenant:
      return is(Dimension::Tenant);
    case ScopeKind::Agent:
      return is(Dimension::Agent);
    case ScopeKind::TenantAgent:
      return is(Dimension::Agent) && of[Dimension::Tenant] == scope.tenant;
    case ScopeKind::RootTask:
      return is(Dimension::RootTask);
    case ScopeKind::Session:
      return is(Dimension::Session);
    case ScopeKind::Task:
      return is(Dimension::Task);
    case ScopeKind::Provider:
      return is(Dimension::Provider);
    case ScopeKind::Model:
      return is(Dimension::Model);
    case ScopeKind::Tool:
      return is(Dimension::Tool);
    case ScopeKind::Capability:
      return is(Dimension::Kind) || asked.capability == scope.value;
    case ScopeKind::Drill:
      return false;
  }
  return false;
}

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : random_(seed) {}
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  std::string_view word() {
    constexpr std::string_view kWords[] = {"a", "b", "c"};
    return kWords[below(3)];
  }
  std::string_view word_or_none() { return below(4) == 0 ? "" : word(); }

  Scope scope() {
    Scope out;
    out.kind = static_cast<ScopeKind>(below(kScopeKindCount));
    if (out.kind != ScopeKind::Global) out.value = word();
    if (out.kind == ScopeKind::TenantAgent) out.tenant = word();
    return out;
  }
  Request request() {
    Request out;
    for (std::size_t i = 0; i < kDimensionCount; ++i) {
      out.dimensions[static_cast<Dimension>(i)] = word_or_none();
    }
    out.capability = word_or_none();
    return out;
  }

 private:
  std::mt19937 random_;
};

const Order* widest_by_search(const Fence& fence, const Request& asked) {
  const Order* widest = nullptr;
  for (const Order* order : fence.orders()) {
    if (order->reg.state == RegisterState::Armed || !names(order->scope, asked)) continue;
    if (widest == nullptr || order->scope.kind < widest->scope.kind) widest = order;
  }
  return widest;
}

std::int64_t epoch_by_search(const Fence& fence, const Request& asked) {
  std::int64_t highest = 0;
  for (const Order* order : fence.orders()) {
    if (names(order->scope, asked)) highest = std::max(highest, order->reg.epoch);
  }
  return highest;
}

TEST(FenceModel, FindAndEpochAgreeWithASearchOfAllOrders) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    Chance chance(seed);
    Fence fence;
    for (int i = 0; i < 250; ++i) {
      if (chance.below(3) == 0) {
        fence.trip(chance.scope(), "because", "alice", kAt);
      } else if (const auto orders = fence.orders(); !orders.empty()) {
        const std::string id = orders[chance.below(static_cast<std::uint32_t>(orders.size()))]->id;
        (void)fence.rearm(id, chance.word());
      }
      const auto orders = fence.orders();
      ASSERT_EQ(fence.tripped_count(), static_cast<std::size_t>(std::count_if(
                                           orders.begin(), orders.end(), [](const Order* order) {
                                             return order->reg.state == RegisterState::Tripped;
                                           })));
      for (int j = 0; j < 10; ++j) {
        const Request asked = chance.request();
        const Order* expected = widest_by_search(fence, asked);
        const Order* found = fence.find(asked.target());
        ASSERT_EQ(found == nullptr, expected == nullptr);
        ASSERT_EQ(fence.epoch(asked.target()), epoch_by_search(fence, asked));
        if (found == nullptr) continue;
        ASSERT_EQ(found->scope.kind, expected->scope.kind);
        ASSERT_TRUE(names(found->scope, asked));
      }
    }
  }
}

// Two nodes that swap their orders in any order end with the same registers.
TEST(FenceModel, NodesThatMergeEachOtherAgree) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    Chance chance(seed);
    Fence nodes[2];
    for (int i = 0; i < 60; ++i) {
      Fence& node = nodes[chance.below(2)];
      if (chance.below(2) == 0) {
        node.trip(chance.scope(), "because", "alice", kAt);
      } else if (const auto orders = node.orders(); !orders.empty()) {
        const std::string id = orders[chance.below(static_cast<std::uint32_t>(orders.size()))]->id;
        (void)node.rearm(id, chance.word());
      }
    }
    const Fence before[2] = {nodes[0], nodes[1]};
    for (const Order* order : before[1].orders()) nodes[0].merge(*order);
    for (const Order* order : before[0].orders()) nodes[1].merge(*order);
    for (int i = 0; i < 200; ++i) {
      const Request asked = chance.request();
      ASSERT_EQ(nodes[0].epoch(asked.target()), nodes[1].epoch(asked.target()));
      ASSERT_EQ(stopped_by(nodes[0], asked).empty(), stopped_by(nodes[1], asked).empty());
      // Whatever a node knew to be later stays so.
      ASSERT_GE(nodes[0].epoch(asked.target()), before[0].epoch(asked.target()));
    }
  }
}

}  // namespace
}  // namespace fusebox::killswitch
