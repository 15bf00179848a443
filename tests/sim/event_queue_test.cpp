#include "sre/sim/event_queue.hpp"

#include <queue>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/base/draw.hpp"

namespace fusebox::sim {
namespace {

using Queue = EventQueue<int>;

TEST(EventQueue, EqualTimesComeInTheOrderOfPushing) {
  Queue queue;
  for (int i = 0; i < 100; ++i) queue.push(from_ns(7), i);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(queue.pop().payload, i);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, EarlierOvertakes) {
  Queue queue;
  queue.push(from_ns(2), 2);
  queue.push(from_ns(1), 1);
  EXPECT_EQ(queue.next().payload, 1);
  EXPECT_EQ(queue.size(), 2u);
}

// Against the library's heap, with pushes and pops as they fall, and few different times.
TEST(EventQueue, IsAPriorityQueue) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    Draw draw(seed);
    Queue queue;
    using Model = std::tuple<std::int64_t, int>;
    std::priority_queue<Model, std::vector<Model>, std::greater<>> model;
    for (int i = 0; i < 20'000; ++i) {
      if (model.empty() || draw.below(5) < 3) {
        const std::int64_t at = draw.below(50);
        queue.push(from_ns(at), i);
        model.emplace(at, i);
        continue;
      }
      const Queue::Entry entry = queue.pop();
      ASSERT_EQ(Model(to_ns(entry.at), entry.payload), model.top()) << "seed " << seed;
      model.pop();
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

}  // namespace
}  // namespace fusebox::sim
