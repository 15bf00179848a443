#include "breakers/concurrency.hpp"

#include <deque>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/breakers/limit_support.hpp"

namespace fusebox::breakers {
namespace {

using namespace testing;

TEST(Slots, OldestIsTheOneHeldLongest) {
  Slots slots;
  EXPECT_EQ(slots.oldest(), std::nullopt);
  for (std::uint64_t id = 1; id <= 3; ++id) slots.take(id, after(seconds{id}));
  EXPECT_EQ(slots.oldest(), after(seconds{1}));
  EXPECT_TRUE(slots.free(2));
  EXPECT_EQ(slots.oldest(), after(seconds{1}));
  EXPECT_TRUE(slots.free(1));
  EXPECT_EQ(slots.oldest(), after(seconds{3}));
  EXPECT_TRUE(slots.free(3));
  EXPECT_EQ(slots.oldest(), std::nullopt);
  EXPECT_EQ(slots.in_use(), 0U);
}

TEST(Slots, FreeingTwiceOrUnknownChangesNothing) {
  Slots slots;
  slots.take(5, kStart);
  slots.take(6, kStart);
  EXPECT_FALSE(slots.free(4));
  EXPECT_FALSE(slots.free(7));
  EXPECT_TRUE(slots.free(5));
  EXPECT_FALSE(slots.free(5));
  EXPECT_EQ(slots.in_use(), 1U);
}

struct Held {
  std::uint64_t id;
  Instant at;
};

void expect_same_as_list(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::uint64_t max = 1 + random() % 20;
  Slots slots;
  std::deque<Held> model;
  std::uint64_t next_id = 1;
  for (int step = 0; step < 2000; ++step) {
    const Instant now = after(seconds{step});
    if (random() % 2 == 0 && model.size() < max) {
      slots.take(next_id, now);
      model.push_back({next_id++, now});
    } else {
      const std::uint64_t id = random() % (next_id + 1);
      const auto freed = std::erase_if(model, [id](const Held& held) { return held.id == id; });
      ASSERT_EQ(slots.free(id), freed == 1);
    }
    ASSERT_EQ(slots.in_use(), model.size());
    ASSERT_EQ(slots.oldest(), model.empty() ? std::nullopt : std::optional(model.front().at));
  }
}

TEST(SlotsProperty, BehaveAsAPlainList) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) expect_same_as_list(seed);
}

std::string saved(Slots& slots, std::uint64_t next_id) {
  std::string bytes;
  ArchiveWriter writer(bytes);
  slots.visit_below(next_id, writer);
  return bytes;
}

TEST(SlotsArchive, KeepsWhatIsHeldAndNothingElse) {
  Slots slots;
  for (std::uint64_t id = 1; id <= 9; ++id) slots.take(id, after(seconds{id}));
  for (const std::uint64_t id : {1U, 4U, 5U, 9U}) slots.free(id);
  const std::string bytes = saved(slots, 10);
  Slots copy;
  ArchiveReader reader(bytes);
  copy.visit_below(10, reader);
  EXPECT_FALSE(reader.failed());
  EXPECT_EQ(copy.in_use(), 5U);
  EXPECT_EQ(copy.oldest(), after(seconds{2}));
  EXPECT_FALSE(copy.free(4));
  EXPECT_TRUE(copy.free(3));
}

TEST(SlotsArchive, RefusesIdsThatAreOutOfOrderOrNotGivenOutYet) {
  struct Row {
    const char* name;
    std::vector<std::pair<std::int64_t, std::int64_t>> slots;  // id, at
    bool valid;
  };
  const std::vector<Row> rows{{"fine", {{3, 5}, {4, 5}}, true},
                              {"same id", {{3, 5}, {3, 5}}, false},
                              {"descending", {{4, 5}, {3, 5}}, false},
                              {"time goes back", {{3, 5}, {4, 4}}, false},
                              {"not given out", {{3, 5}, {10, 5}}, false},
                              {"before all time", {{3, -1}}, false}};
  for (const Row& row : rows) {
    std::string bytes;
    ArchiveWriter writer(bytes);
    writer(row.slots);
    Slots slots;
    ArchiveReader reader(bytes);
    slots.visit_below(10, reader);
    EXPECT_EQ(!reader.failed(), row.valid) << row.name;
  }
}

}  // namespace
}  // namespace fusebox::breakers
