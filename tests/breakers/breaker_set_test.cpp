#include "breakers/breaker_set.hpp"

#include <algorithm>
#include <random>
#include <set>

#include <gmock/gmock.h>

#include "telemetry/facts.hpp"
#include "tests/breakers/breaker_driver.hpp"

namespace fusebox::breakers {
namespace {

using telemetry::BreakerRecord;
using testing::HasSubstr;

Dimensions bot(std::string_view tool, std::string_view agent = "bot") {
  Dimensions dimensions;
  dimensions[Dimension::Agent] = agent;
  dimensions[Dimension::Tool] = tool;
  return dimensions;
}

BreakerSpec keyed(BreakerSpec spec) {
  spec.key = KeySpec({Dimension::Agent, Dimension::Tool});
  return spec;
}

const BreakerRecord& record(const std::vector<telemetry::RecordBody>& out, std::size_t index) {
  return std::get<BreakerRecord>(out.at(index));
}

std::string summary_of(const BreakerSet& set) {
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  set.write_summary(json);
  json.end_array();
  return text;
}

std::string saved(const BreakerSet& set) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  set.save(archive);
  return bytes;
}

class BreakerSets : public testing::Test {
 protected:
  void observe(BreakerSet& set, std::string_view tool, std::string_view letters) {
    for (const char letter : letters) set.observe(bot(tool), result_of(letter), now, now, out);
  }
  // Time moves on; deadlines fire on the way.
  void advance(BreakerSet& set, Duration by) {
    const Instant until = now + by;
    while (set.next_deadline() && *set.next_deadline() <= until) {
      now = *set.next_deadline();
      set.on_deadline(now, out);
    }
    now = until;
  }

  Instant now = kStart;
  std::vector<telemetry::RecordBody> out;
};

// The breaker of the worked example: two of four calls fail, it opens for 10 s.
TEST_F(BreakerSets, RecordsSayWhatMovedAndWhy) {
  BreakerSpec spec = keyed(rate_spec(CountWindow{10}, 4, {1, 2}));
  spec.probes = 2;
  BreakerSet set(spec);
  observe(set, "search", "SSF");
  const auto taken = set.take(bot("search"), now);
  set.report(taken, result_of('F'), now, now, out);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(record(out, 0).name, "tools");
  EXPECT_EQ(record(out, 0).key, R"({"agent":"bot","tool":"search"})");
  EXPECT_EQ(record(out, 0).from, "closed");
  EXPECT_EQ(record(out, 0).to, "open");
  EXPECT_EQ(record(out, 0).detector, "failure_rate");
  EXPECT_EQ(record(out, 0).reason, "2 of 4 calls failed: at or above 50%");
  EXPECT_EQ(set.next_deadline(), now + seconds{10});
  now += seconds{1};
  EXPECT_EQ(set.peek(bot("search"), now).retry_after, seconds{9});
  advance(set, seconds{9});
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(record(out, 1).to, "half_open");
  EXPECT_EQ(record(out, 1).detector, "");
  EXPECT_EQ(record(out, 1).reason, "open for 10s");
}

TEST_F(BreakerSets, EveryReasonIsASentenceOfNumbers) {
  const auto last_reason = [this] { return std::get<BreakerRecord>(out.back()).reason; };
  BreakerSpec spec = keyed(rate_spec(CountWindow{4}, 4, {1, 3}));
  spec.slow = SlowDetector{kSlowLimit, {3, 4}};
  spec.consecutive_failures = 3;
  spec.probes = 4;
  BreakerSet set(spec);
  observe(set, "a", "SSFF");
  EXPECT_EQ(last_reason(), "2 of 4 calls failed: at or above 1/3");
  observe(set, "b", "sssS");
  EXPECT_EQ(last_reason(), "3 of 4 calls took longer than 4s: at or above 75%");
  observe(set, "c", "FFF");
  EXPECT_EQ(last_reason(), "3 failures in a row");
  advance(set, seconds{15});  // so that even slow calls began in half-open
  observe(set, "a", "SSS");
  EXPECT_EQ(last_reason(), "3 of 3 calls succeeded while half-open");
  observe(set, "b", "sss");
  EXPECT_EQ(last_reason(), "3 of 4 calls took longer than 4s: at or above 75%");
  observe(set, "c", "FF");
  EXPECT_EQ(last_reason(), "2 of 4 calls failed: at or above 1/3");
  advance(set, seconds{10});
  (void)set.take(bot("b"), now);
  advance(set, seconds{30});
  EXPECT_EQ(last_reason(), "a probe gave no answer for 30s");
  BreakerSet row(keyed(consecutive_spec(1)));
  observe(row, "a", "F");
  advance(row, seconds{11});
  observe(row, "a", "F");
  EXPECT_EQ(last_reason(), "a call failed while half-open");
}

TEST_F(BreakerSets, KeysAreApartAndPeekMakesNone) {
  BreakerSet set(keyed(consecutive_spec(1)));
  EXPECT_TRUE(set.peek(bot("search"), now).allowed);
  EXPECT_EQ(set.key_count(), 0U);
  observe(set, "search", "F");
  EXPECT_FALSE(set.peek(bot("search"), now).allowed);
  EXPECT_TRUE(set.peek(bot("fetch"), now).allowed);
  EXPECT_TRUE(set.peek(bot("search", "other"), now).allowed);
  // Leaving a dimension out is a key of its own.
  EXPECT_TRUE(set.peek(bot(""), now).allowed);
  EXPECT_EQ(set.key_count(), 1U);
}

TEST_F(BreakerSets, WithoutDimensionsEverythingIsOneKey) {
  BreakerSet set(consecutive_spec(1));
  observe(set, "search", "F");
  EXPECT_FALSE(set.peek(bot("fetch", "other"), now).allowed);
  EXPECT_EQ(record(out, 0).key, "{}");
}

TEST_F(BreakerSets, DeadlinesFireOneByOneInTheOrderOfTimeAndThenOfFirstSight) {
  BreakerSet set(keyed(consecutive_spec(1)));
  observe(set, "late", "S");  // first sight, last to open
  observe(set, "b", "F");
  observe(set, "a", "F");
  now += seconds{1};
  observe(set, "late", "F");
  out.clear();
  set.on_deadline(now, out);  // nothing is due
  EXPECT_TRUE(out.empty());
  std::string order;
  while (set.next_deadline()) {
    now = *set.next_deadline();
    set.on_deadline(now, out);
    order += record(out, out.size() - 1).key;
  }
  EXPECT_EQ(order,
            R"({"agent":"bot","tool":"b"}{"agent":"bot","tool":"a"}{"agent":"bot","tool":"late"})");
}

TEST_F(BreakerSets, AReleasedProbeTakesItsDeadlineWithIt) {
  BreakerSet set(keyed(consecutive_spec(1)));
  observe(set, "search", "F");
  advance(set, seconds{10});
  EXPECT_EQ(set.next_deadline(), std::nullopt);
  const auto taken = set.take(bot("search"), now);
  EXPECT_EQ(set.next_deadline(), now + seconds{30});
  EXPECT_EQ(set.peek(bot("search"), now).reason, policy::Reason::BreakerProbing);
  set.release(taken);
  EXPECT_EQ(set.next_deadline(), std::nullopt);
  EXPECT_TRUE(set.peek(bot("search"), now).allowed);
}

// The engine decides what shadow means; the set keeps the state that enforcing would have.
TEST_F(BreakerSets, ShadowChangesNothing) {
  BreakerSpec spec = keyed(consecutive_spec(1));
  BreakerSet enforced(spec);
  spec.mode = policy::Enforcement::Shadow;
  BreakerSet shadow(spec);
  for (BreakerSet* set : {&enforced, &shadow}) observe(*set, "search", "FSF");
  EXPECT_FALSE(shadow.peek(bot("search"), now).allowed);
  EXPECT_EQ(saved(enforced), saved(shadow));
}

TEST_F(BreakerSets, SummaryIsAscendingByKeyAndAsOfTheLastTimeItWasTold) {
  BreakerSet set(keyed(rate_spec(TimeWindow{seconds{60}}, 100, {1, 2})));
  observe(set, "b", "FS");
  now += seconds{61};
  observe(set, "a", "Sf");
  EXPECT_EQ(summary_of(set),
            R"([{"breaker":"tools","key":{"agent":"bot","tool":"a"},"state":"closed",)"
            R"("generation":1,"calls":2,"failures":1,"slow":0},)"
            R"({"breaker":"tools","key":{"agent":"bot","tool":"b"},"state":"closed",)"
            R"("generation":1,"calls":0,"failures":0,"slow":0}])");
}

TEST_F(BreakerSets, WhereDecidesWhatAppliesAndItsErrorsAreCounted) {
  BreakerSpec spec = keyed(consecutive_spec(1));
  std::vector<policy::ConditionError> errors;
  spec.where = policy::Condition::compile(R"(tool == "search" && attributes.tier == "gold")",
                                          telemetry::common_schema(), errors);
  ASSERT_TRUE(spec.where.has_value());
  BreakerSet set(spec);
  telemetry::Event event;
  event.dimensions = bot("fetch");
  EXPECT_FALSE(set.applies(telemetry::EventFacts(event)));
  EXPECT_EQ(set.condition_errors(), 0);
  event.dimensions = bot("search");  // and no attributes
  EXPECT_FALSE(set.applies(telemetry::EventFacts(event)));
  EXPECT_EQ(set.condition_errors(), 1);
  EXPECT_TRUE(BreakerSet(consecutive_spec(1)).applies(telemetry::EventFacts(event)));
}

TEST_F(BreakerSets, ATicketOfAnotherStateIsIgnored) {
  BreakerSet set(keyed(consecutive_spec(1)));
  set.report({.key = 7, .ticket = {.generation = 1, .probe = false, .serial = 0}}, result_of('F'),
             now, now, out);
  set.release({.key = 7, .ticket = {}});
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(set.key_count(), 0U);
}

// Many keys, against the set's own breakers one by one: the earliest deadline is found without a
// scan, and saving and restoring in the middle changes no record.
TEST_F(BreakerSets, ManyKeysWithSaveAndRestoreInBetween) {
  BreakerSpec spec = keyed(consecutive_spec(1));
  spec.open_backoff = {3, 2};
  BreakerSet plain(spec);
  BreakerSet cut(spec);
  std::vector<telemetry::RecordBody> cut_out;
  std::mt19937 random(3);
  for (int i = 0; i < 4000; ++i) {
    const std::string tool = "t" + std::to_string(random() % 40);
    const CallResult result = result_of(std::string_view("SF")[random() % 2]);
    now += milliseconds{random() % 700};
    while (plain.next_deadline() && *plain.next_deadline() <= now) {
      ASSERT_EQ(plain.next_deadline(), cut.next_deadline());
      plain.on_deadline(now, out);
      cut.on_deadline(now, cut_out);
    }
    plain.observe(bot(tool), result, now, now, out);
    cut.observe(bot(tool), result, now, now, cut_out);
    if (i % 100 != 0) continue;
    const std::string bytes = saved(cut);
    cut = BreakerSet(spec);
    ArchiveReader archive(bytes);
    cut.restore(archive);
    ASSERT_FALSE(archive.failed());
    ASSERT_TRUE(archive.at_end());
    ASSERT_EQ(saved(cut), bytes);
  }
  ASSERT_GT(out.size(), 300U);
  ASSERT_EQ(out.size(), cut_out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(record(out, i).key, record(cut_out, i).key);
    EXPECT_EQ(record(out, i).to, record(cut_out, i).to);
  }
  EXPECT_EQ(summary_of(plain), summary_of(cut));
}

TEST_F(BreakerSets, SweepForgetsOnlyWhatIsAsNew) {
  BreakerSet set(keyed(rate_spec(TimeWindow{seconds{60}}, 2, {1, 1})));
  observe(set, "idle", "S");
  observe(set, "open", "FF");
  const auto under_way = set.take(bot("busy"), now);
  set.sweep(now, 10);
  EXPECT_EQ(set.key_count(), 3U);  // idle is still in its window
  now += seconds{60};
  set.sweep(now, 10);
  EXPECT_EQ(set.key_count(), 2U);
  observe(set, "idle", "F");
  EXPECT_EQ(set.key_count(), 3U);
  // Its window is empty, but its call may still end, and then counts.
  set.report(under_way, result_of('F'), now, now, out);
  observe(set, "busy", "F");
  EXPECT_FALSE(set.peek(bot("busy"), now).allowed);
}

TEST_F(BreakerSets, SweepForgetsAKeyOnceItsCallsHaveEnded) {
  BreakerSet set(keyed(consecutive_spec(3)));
  const auto first = set.take(bot("a"), now);
  const auto second = set.take(bot("a"), now);
  set.release(first);
  set.sweep(now, 1);
  EXPECT_EQ(set.key_count(), 1U);
  set.report(second, result_of('S'), now, now, out);
  set.sweep(now, 1);
  EXPECT_EQ(set.key_count(), 0U);
}

// It knows since when telemetry is news of the recovery, and its backoff and generation.
TEST_F(BreakerSets, SweepKeepsABreakerThatHasMoved) {
  BreakerSet set(keyed(consecutive_spec(1)));
  observe(set, "a", "F");
  advance(set, seconds{11});
  observe(set, "a", "S");
  ASSERT_EQ(out.size(), 3U);
  set.sweep(now, 1);
  EXPECT_EQ(set.key_count(), 1U);
  set.sweep(now + hours{24 * 31}, 1);
  EXPECT_EQ(set.key_count(), 0U);
}

TEST_F(BreakerSets, SweepForgetsIdleKeysOfCountWindowsAfter31Days) {
  BreakerSet set(keyed(rate_spec(CountWindow{10}, 2, {1, 1})));
  observe(set, "a", "F");
  now += hours{24 * 31} - nanoseconds{1};
  set.sweep(now, 10);
  EXPECT_EQ(set.key_count(), 1U);
  now += nanoseconds{1};
  set.sweep(now, 10);
  EXPECT_EQ(set.key_count(), 0U);
}

TEST_F(BreakerSets, SweepGoesRoundWithinItsBudgetAndReusesTheRoom) {
  BreakerSet set(keyed(rate_spec(TimeWindow{seconds{1}}, 100, {1, 1})));
  for (int i = 0; i < 10; ++i) observe(set, "t" + std::to_string(i), "S");
  now += seconds{5};
  set.sweep(now, 4);
  EXPECT_EQ(set.key_count(), 6U);
  const std::string bytes = saved(set);
  BreakerSet back(set.spec());
  ArchiveReader archive(bytes);
  back.restore(archive);
  ASSERT_FALSE(archive.failed());
  for (BreakerSet* each : {&set, &back}) {
    observe(*each, "new", "S");
    each->sweep(now, 4);
    each->sweep(now, 4);
    EXPECT_EQ(each->key_count(), 1U);
  }
  EXPECT_EQ(saved(set), saved(back));
  EXPECT_EQ(set.take(bot("new"), now).key,
            3U);  // the last index that was given back before it came
}

TEST_F(BreakerSets, DamagedBytesLeaveAnEmptySet) {
  BreakerSet set(keyed(consecutive_spec(1)));
  observe(set, "a", "F");
  observe(set, "b", "S");
  const std::string bytes = saved(set);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    BreakerSet back(keyed(consecutive_spec(1)));
    const std::string cut = bytes.substr(0, i);
    ArchiveReader archive(cut);
    back.restore(archive);
    EXPECT_TRUE(archive.failed());
    EXPECT_EQ(back.key_count(), 0U);
    for (int value = 0; value < 256; value += 5) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(value);
      ArchiveReader changed_archive(changed);
      back.restore(changed_archive);
      (void)summary_of(back);
      observe(back, "a", "F");
    }
  }
}

}  // namespace
}  // namespace fusebox::breakers
