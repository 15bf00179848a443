#include "slo/snapshot.hpp"

#include <gtest/gtest.h>

#include "tests/slo/support.hpp"

namespace fusebox::slo {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(SloSnapshot, EverOnlyGrowsAfterTheWindowHasForgotten) {
  Feed feed(ratio_spec({.window = hours{1}}));
  feed.add(kStart, false, 3);
  feed.add(kStart + hours{3}, true, 2);
  const SloSnapshot snapshot = feed.slo.snapshot(kStart + hours{3});
  ASSERT_EQ(snapshot.keys.size(), 1U);
  EXPECT_EQ(snapshot.keys[0].objectives[0].counts, (Counts{.good = 2, .bad = 0}));
  EXPECT_EQ(snapshot.keys[0].ever, (Counts{.good = 2, .bad = 3}));
}

TEST(SloSnapshot, KeyIsBornWithItsFirstEvent) {
  Feed feed(by_agent());
  feed.add(kStart, true, 1, "a");
  feed.add(kStart + seconds{5}, true, 1, "b");
  feed.add(kStart + seconds{9}, true, 1, "a");
  const SloSnapshot snapshot = feed.slo.snapshot(kStart + seconds{9});
  ASSERT_EQ(snapshot.keys.size(), 2U);
  EXPECT_EQ(snapshot.group_by.value(snapshot.keys[0].key, Dimension::Agent), "a");
  EXPECT_EQ(snapshot.keys[0].born, kStart);
  EXPECT_EQ(snapshot.keys[1].born, kStart + seconds{5});
}

TEST(SloSnapshot, CountsOfLargestWeightsStopShortOfOverflow) {
  Feed feed(ratio_spec());
  constexpr std::int64_t kHuge = std::int64_t{1} << 60;
  for (int i = 0; i < 9; ++i) feed.add(kStart, i % 2 == 0, kHuge);
  const Counts ever = feed.slo.snapshot(kStart).keys[0].ever;
  EXPECT_EQ(ever.good, std::int64_t{1} << 61);
  EXPECT_GT(ever.total(), 0);
}

TEST(SloSnapshot, PercentilesStandOnlyWhereThereAreValues) {
  Feed feed(latency_spec());
  EXPECT_TRUE(feed.slo.snapshot(kStart).has_values);
  EXPECT_FALSE(feed.slo.snapshot(kStart).keys[0].percentiles.has_value());
  feed.add(llm_event(100), kStart);
  ASSERT_TRUE(feed.slo.snapshot(kStart).keys[0].percentiles.has_value());
  EXPECT_NEAR(feed.slo.snapshot(kStart).keys[0].percentiles->p99, 100, 1);
  EXPECT_FALSE(Feed(by_agent()).slo.snapshot(kStart).has_values);
}

TEST(SloSnapshot, EverAndBirthSurviveARestart) {
  Feed feed(by_agent());
  feed.add(kStart, false, 7);
  std::string bytes;
  ArchiveWriter writer(bytes);
  feed.slo.save(writer);
  Slo restored(by_agent());
  ArchiveReader reader(bytes);
  restored.restore(reader);
  ASSERT_FALSE(reader.failed());
  const SloSnapshot snapshot = restored.snapshot(kStart);
  EXPECT_EQ(snapshot.keys[0].ever, (Counts{.good = 0, .bad = 7}));
  EXPECT_EQ(snapshot.keys[0].born, kStart);
}

}  // namespace
}  // namespace fusebox::slo
