#include <map>
#include <random>

#include <gtest/gtest.h>

#include "breakers/detail/deadline_heap.hpp"

namespace fusebox::breakers::detail {
namespace {

constexpr KeyIndex kKeys = 50;

// Against a map of all deadlines that is searched from end to end.
TEST(DeadlineHeap, TheEarliestIsThatOfAFullSearchAndTiesGoToTheSmallerKey) {
  DeadlineHeap heap;
  for (KeyIndex key = 0; key < kKeys; ++key) heap.add_key();
  std::map<KeyIndex, Instant> model;
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const auto key = static_cast<KeyIndex>(random() % kKeys);
    if (random() % 3 == 0) {
      heap.set(key, std::nullopt);
      model.erase(key);
    } else {
      model[key] = from_ns(static_cast<std::int64_t>(random() % 30));
      heap.set(key, model[key]);
    }
    const auto earliest = heap.earliest();
    ASSERT_EQ(earliest.has_value(), !model.empty());
    if (!earliest) continue;
    for (const auto& [other, at] : model) {
      ASSERT_TRUE(earliest->at < at || (earliest->at == at && earliest->key <= other));
    }
    ASSERT_EQ(model.at(earliest->key), earliest->at);
  }
}

}  // namespace
}  // namespace fusebox::breakers::detail
