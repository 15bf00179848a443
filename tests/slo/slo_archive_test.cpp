// Saving an SLO and restoring it, from honest bytes and from hostile ones.
#include <algorithm>
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "slo/slo.hpp"
#include "tests/slo/support.hpp"

namespace fusebox::slo {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

std::string saved(const Slo& slo) {
  std::string bytes;
  ArchiveWriter writer(bytes);
  slo.save(writer);
  return bytes;
}

bool restores(Slo& slo, std::string_view bytes) {
  ArchiveReader reader(bytes);
  slo.restore(reader);
  return !reader.failed();
}

Feed with_history(SloSpec spec) {
  Feed feed(std::move(spec));
  for (int i = 0; i < 40; ++i) {
    const Instant at = kStart + i * minutes{3};
    feed.add(at, i % 3 != 0, 1 + i, i % 2 == 0 ? "a" : "b");
    feed.add(llm_event(100.0 * i, i % 2 == 0 ? "a" : "b"), at);
  }
  return feed;
}

TEST(SloRestore, GivesBackEverything) {
  for (const SloSpec& spec : {by_agent(), latency_spec(), ratio_spec()}) {
    Feed feed = with_history(spec);
    std::vector<KeyIndex> marked;
    feed.slo.set_uncertain({.tenant = {}, .agent = "a"}, true, marked);
    Slo copy(spec);
    const std::string bytes = saved(feed.slo);
    ASSERT_TRUE(restores(copy, bytes));
    EXPECT_EQ(saved(copy), bytes);
    const Instant later = kStart + hours{3};
    EXPECT_EQ(summary_of(copy, later), summary_of(feed.slo, later));
  }
}

TEST(SloRestore, RefusesTheStateOfAnotherSpecAndChangesNothing) {
  const std::string grouped = saved(with_history(by_agent()).slo);
  Feed other = with_history(ratio_spec());
  const std::string before = saved(other.slo);
  EXPECT_FALSE(restores(other.slo, grouped));
  EXPECT_EQ(saved(other.slo), before);

  SloSpec capped = by_agent();
  capped.max_keys = 0;
  Slo small(std::move(capped));
  EXPECT_FALSE(restores(small, grouped));

  SloSpec two = by_agent();
  two.objectives.push_back(two.objectives.front());
  Slo second(std::move(two));
  EXPECT_FALSE(restores(second, grouped));
}

TEST(SloRestore, RefusesAFiringPairOfAnotherSeverity) {
  Feed feed(by_agent());
  feed.add(kStart, true, 60);
  feed.add(kStart, false, 40);
  const std::string bytes = saved(feed.slo);
  SloSpec reversed = by_agent();
  auto& alerts = reversed.objectives.front().alerts;
  std::reverse(alerts.begin(), alerts.end());
  Slo slo(std::move(reversed));
  EXPECT_FALSE(restores(slo, bytes));
}

TEST(SloRestore, TruncatedBytesAreRefused) {
  for (const SloSpec& spec : {by_agent(), latency_spec()}) {
    const std::string bytes = saved(with_history(spec).slo);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      Slo slo(spec);
      EXPECT_FALSE(restores(slo, std::string_view(bytes).substr(0, size))) << size;
    }
  }
}

// Each byte changed in a few ways: refused or not, the SLO works on.
TEST(SloRestore, CorruptBytesNeverBreakTheSlo) {
  for (const SloSpec& spec : {by_agent(), latency_spec()}) {
    const std::string bytes = saved(with_history(spec).slo);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      for (const int change : {0x01, 0x40, 0x80, 0xFF}) {
        std::string corrupt = bytes;
        corrupt[i] = static_cast<char>(corrupt[i] ^ change);
        Feed feed(spec);
        restores(feed.slo, corrupt);
        feed.add(kStart + hours{3}, false, 1, "a");
        feed.add(llm_event(5000, "a"), kStart + hours{3});
        feed.tick(kStart + hours{9});
        summary_of(feed.slo, kStart + hours{9});
      }
    }
  }
}

}  // namespace
}  // namespace fusebox::slo
