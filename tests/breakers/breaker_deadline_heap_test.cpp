#include <map>
#include <random>

#include <gtest/gtest.h>

#include "breakers/detail/deadline_heap.hpp"

namespace fusebox::breakers::detail {
namespace {

constexpr KeyIndex kKeys = 50;

// Takes everything out of a copy and expects it in order.
void expect_drains_in_order(DeadlineHeap heap, std::map<KeyIndex, Instant> model) {
  while (const auto earliest = heap.earliest()) {
    for (const auto& [other, at] : model) {
      ASSERT_TRUE(earliest->at < at || (earliest->at == at && earliest->key <= other));
    }
    ASSERT_EQ(model.erase(earliest->key), 1U);
    heap.set(earliest->key, std::nullopt);
  }
  ASSERT_TRUE(model.empty());
}

// Against a map of all deadlines that is searched from end to end.
TEST(DeadlineHeap, TheEarliestIsThatOfAFullSearchAndTiesGoToTheSmallerKey) {
  DeadlineHeap heap;
  for (KeyIndex key = 0; key < kKeys; ++key) heap.add_key();
  std::map<KeyIndex, Instant> model;
  std::mt19937 random(5);
  for (int i = 0; i < 10'000; ++i) {
    const auto key = static_cast<KeyIndex>(random() % kKeys);
    if (random() % 3 == 0) {
      heap.set(key, std::nullopt);
      model.erase(key);
    } else {
      model[key] = from_ns(static_cast<std::int64_t>(random() % 200));
      heap.set(key, model[key]);
    }
    const auto earliest = heap.earliest();
    ASSERT_EQ(earliest.has_value(), !model.empty());
    if (!earliest) continue;
    for (const auto& [other, at] : model) {
      ASSERT_TRUE(earliest->at < at || (earliest->at == at && earliest->key <= other));
    }
    ASSERT_EQ(model.at(earliest->key), earliest->at);
    if (i % 20 == 0) expect_drains_in_order(heap, model);
  }
}

}  // namespace
}  // namespace fusebox::breakers::detail
