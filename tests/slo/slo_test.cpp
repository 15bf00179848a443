#include "slo/slo.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/base/count_allocations.hpp"
#include "tests/slo/support.hpp"

namespace fusebox::slo {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ---- what counts -----------------------------------------------------------------------------

TEST(SloRecord, OnlyEventsOfTheIndicatorCount) {
  Slo slo(by_agent());
  EXPECT_FALSE(slo.record(llm_event(1), kStart, kStart).has_value());
  EXPECT_EQ(slo.keys().size(), 0u);
  EXPECT_TRUE(slo.record(tool_event(true), kStart, kStart).has_value());
  EXPECT_EQ(slo.view(0, 0, kStart).counts, (Counts{.good = 1, .bad = 0}));
}

TEST(SloRecord, GoodEventsMustMatchTheTotalToo) {
  SloSpec spec = ratio_spec();
  spec.indicator = RatioIndicator{.total = condition(R"(tool == "search")"),
                                  .part = condition(R"(outcome == "ok")")};
  Slo slo(std::move(spec));
  EXPECT_FALSE(slo.record(tool_event(true), kStart, kStart).has_value());
}

TEST(SloRecord, BadIndicatorCountsItsMatchesAsBad) {
  SloSpec spec = ratio_spec();
  std::get<RatioIndicator>(spec.indicator).part = condition(R"(outcome == "error")");
  std::get<RatioIndicator>(spec.indicator).part_is_good = false;
  Slo slo(std::move(spec));
  slo.record(tool_event(true), kStart, kStart);
  slo.record(tool_event(false), kStart, kStart);
  slo.record(tool_event(false), kStart, kStart);
  EXPECT_EQ(slo.view(0, 0, kStart).counts, (Counts{.good = 1, .bad = 2}));
}

TEST(SloRecord, ConditionThatErrsDoesNotMatchAndIsCounted) {
  SloSpec spec = ratio_spec();
  spec.indicator = RatioIndicator{.total = condition("score > 0.0 || kind == \"tool\""),
                                  .part = condition("duration_ms < 5.0")};
  Slo slo(std::move(spec));
  EXPECT_FALSE(slo.record(llm_event(1), kStart, kStart).has_value());  // error || false
  EXPECT_EQ(slo.condition_errors(), 1);
  slo.record(tool_event(true), kStart, kStart);  // error || true; the good part errs
  EXPECT_EQ(slo.condition_errors(), 2);
  EXPECT_EQ(slo.view(0, 0, kStart).counts, (Counts{.good = 0, .bad = 1}));
}

TEST(SloRecord, SampledEventsCountWithTheirWeight) {
  Feed feed(ratio_spec());
  feed.add(kStart, true, 8);
  feed.add(kStart, false, 2);
  EXPECT_EQ(feed.slo.view(0, 0, kStart).counts, (Counts{.good = 8, .bad = 2}));
}

TEST(SloRecord, LateEventsCountInTheWindowTheyBelongTo) {
  Slo slo(ratio_spec());
  const Instant now = kStart + hours{2};
  slo.record(tool_event(false), now - minutes{10}, now);
  const SloView view = slo.view(0, 0, now);
  EXPECT_EQ(view.burn(BurnWindow::M5), 0);
  EXPECT_EQ(view.burn(BurnWindow::H1), 100);
}

TEST(SloThreshold, ComparesTheValueAndIgnoresEventsWithoutIt) {
  struct Row {
    Comparison op;
    Counts counts;  // of 1999, 2000 and 2001 ms against 2000
  };
  for (const Row& row : {Row{Comparison::Lte, {2, 1}}, Row{Comparison::Lt, {1, 2}},
                         Row{Comparison::Gte, {2, 1}}, Row{Comparison::Gt, {1, 2}}}) {
    SloSpec spec = latency_spec();
    spec.objectives.front().op = row.op;
    Slo slo(std::move(spec));
    for (const double ms : {1999.0, 2000.0, 2001.0}) slo.record(llm_event(ms), kStart, kStart);
    telemetry::Event without = llm_event(0);
    without.measured.duration_ms.reset();
    EXPECT_FALSE(slo.record(without, kStart, kStart).has_value());
    EXPECT_FALSE(slo.record(tool_event(true), kStart, kStart).has_value());
    EXPECT_EQ(slo.view(0, 0, kStart).counts, row.counts);
  }
}

// ---- keys ------------------------------------------------------------------------------------

TEST(SloKeys, UngroupedSloHasItsKeyFromTheStart) {
  Slo slo(ratio_spec());
  EXPECT_EQ(slo.keys().size(), 1u);
  EXPECT_EQ(slo.view(0, 0, kStart).status, SloStatus::NoData);
}

TEST(SloKeys, FurtherKeysAreCountedInTheOverflowKey) {
  SloSpec spec = ratio_spec({.group_by = {Dimension::Agent, Dimension::Tool}});
  spec.max_keys = 2;
  Feed feed(std::move(spec));
  for (const char* agent : {"a", "b", "c", "d", "a"}) feed.add(kStart, true, 1, agent);
  EXPECT_EQ(feed.slo.keys().size(), 3u);
  const std::string text = summary_of(feed.slo, kStart);
  EXPECT_THAT(text, HasSubstr(R"("key":{"agent":"a","tool":""},"objective_name":"standard",)"
                              R"("good":2)"));
  EXPECT_THAT(text, HasSubstr(R"("key":{"agent":"_overflow","tool":"_overflow"},)"
                              R"("objective_name":"standard","good":2)"));
}

TEST(SloKeys, AnAgentNamedLikeTheOverflowKeyTakesNoPlace) {
  SloSpec spec = by_agent();
  spec.max_keys = 1;
  Feed feed(std::move(spec));
  feed.add(kStart, true, 1, "_overflow");
  feed.add(kStart, true, 1, "a");
  feed.add(kStart, true, 1, "b");
  EXPECT_EQ(feed.slo.keys().size(), 2u);
  EXPECT_EQ(feed.slo.view(0, 0, kStart).counts.good, 2);
}

// ---- status ----------------------------------------------------------------------------------

TEST(SloStatus, FirstGoodEventMakesANewKeyHealthy) {
  Feed feed(by_agent());
  feed.add(kStart, true);
  EXPECT_THAT(feed.news(), ElementsAre("no_data -> healthy"));
  feed.add(kStart, true);
  EXPECT_THAT(feed.news(), IsEmpty());
}

TEST(SloStatus, SpentBudgetIsExhaustedBeforeAnyAlertHasEvidence) {
  Feed feed(by_agent());
  feed.add(kStart, false);
  EXPECT_THAT(feed.news(), ElementsAre("no_data -> exhausted"));
}

TEST(SloStatus, KeyWithoutEventsInTheWindowHasNoDataAgain) {
  Feed feed(ratio_spec({.window = hours{1}}));
  feed.add(kStart, true);
  feed.news();
  feed.tick(kStart + hours{1} - seconds{1});
  EXPECT_THAT(feed.news(), IsEmpty());
  feed.tick(kStart + hours{1});
  EXPECT_THAT(feed.news(), ElementsAre("healthy -> no_data"));
}

// 30 days of good events first, so that the budget outlives the story.
Feed after_a_good_month(std::int64_t per_hour = 1000) {
  Feed feed(ratio_spec());
  for (int hour = 0; hour < 720; ++hour) feed.add(kStart + hour * hours{1}, true, per_hour);
  feed.news();
  return feed;
}

TEST(SloStatus, ATicketIsAWarningAPageCriticalASpentBudgetExhausted) {
  Feed feed = after_a_good_month();
  const Instant now = kStart + hours{719};
  feed.add(now, false, 850);  // burns at 1.2 over 3 days, 3.4 over one, 12 over 6 h, 46 over 1 h
  EXPECT_THAT(feed.news(),
              ElementsAre("page firing 1h/5m", "ticket firing 1d/2h", "healthy -> critical"));
  feed.add(now, false, 8000);
  EXPECT_THAT(feed.news(), ElementsAre("critical -> exhausted"));
}

TEST(SloAlerts, ResolveByTimeAlone) {
  Feed feed = after_a_good_month();
  const Instant now = kStart + hours{719};
  feed.add(now, false, 850);
  feed.news();
  // The page goes over to the pair of 6 h and 30 min without a word, and resolves with it.
  feed.tick(now + minutes{5});
  EXPECT_THAT(feed.news(), IsEmpty());
  feed.tick(now + minutes{30});
  EXPECT_THAT(feed.news(), ElementsAre("page resolved 6h/30m", "critical -> warning"));
  feed.tick(now + hours{2});
  EXPECT_THAT(feed.news(), IsEmpty());
  feed.tick(now + hours{6});
  EXPECT_THAT(feed.news(), ElementsAre("ticket resolved 3d/6h", "warning -> healthy"));
}

TEST(SloAlerts, RecordNamesTheFirstPairThatFiresWithItsBurnRates) {
  Feed feed(ratio_spec());
  feed.add(kStart, true, 60);
  feed.add(kStart, false, 40);
  ASSERT_FALSE(feed.records.empty());
  const auto* alert = std::get_if<telemetry::AlertRecord>(&feed.records[1]);
  ASSERT_NE(alert, nullptr);
  EXPECT_EQ(alert->slo, "tool-success");
  EXPECT_EQ(alert->key, "{}");
  EXPECT_EQ(alert->objective_name, "standard");
  EXPECT_TRUE(alert->page);
  EXPECT_EQ(alert->burn_long, 40);
  EXPECT_EQ(alert->burn_short, 40);
  EXPECT_EQ(alert->window_long, "1h");
  EXPECT_EQ(alert->window_short, "5m");
}

TEST(SloAlerts, EachObjectiveHasItsOwn) {
  SloSpec spec = ratio_spec();
  Objective loose = spec.objectives.front();
  loose.name = "loose";
  loose.target = {1, 2};
  std::erase_if(loose.alerts,
                [&](const AlertPair& pair) { return !reachable(pair.factor, loose.target); });
  spec.objectives.push_back(loose);
  Feed feed(std::move(spec));
  feed.add(kStart, true, 80);
  feed.news();
  feed.add(kStart, false, 20);
  for (const auto& record : feed.records) {
    const auto* alert = std::get_if<telemetry::AlertRecord>(&record);
    if (alert == nullptr) continue;
    EXPECT_EQ(alert->objective_name, "standard");
  }
  EXPECT_EQ(feed.slo.view(0, 0, kStart).status, SloStatus::Exhausted);
  EXPECT_EQ(feed.slo.view(0, 1, kStart).status, SloStatus::Healthy);
}

// ---- uncertain -------------------------------------------------------------------------------

TEST(SloUncertain, MarksTheKeysOfTheAgentOnly) {
  Feed feed(ratio_spec({.group_by = {Dimension::Tool, Dimension::Agent}}));
  feed.add(kStart, true, 1, "bot");
  feed.add(kStart, true, 1, "other");
  std::vector<KeyIndex> marked;
  feed.slo.set_uncertain({.tenant = {}, .agent = "bot"}, true, marked);
  EXPECT_THAT(marked, ElementsAre(0u));
  marked.clear();
  feed.slo.set_uncertain({.tenant = {}, .agent = "bot"}, true, marked);
  EXPECT_THAT(marked, IsEmpty());
}

TEST(SloUncertain, MarksTheKeysOfTheTenantWhereKeysHaveOne) {
  Slo slo(ratio_spec({.group_by = {Dimension::Tenant, Dimension::Agent}}));
  for (const char* tenant : {"acme", "other"}) {
    telemetry::Event event = tool_event(true);
    event.dimensions[Dimension::Tenant] = tenant;
    ASSERT_TRUE(slo.record(event, kStart, kStart));
  }
  std::vector<KeyIndex> marked;
  slo.set_uncertain({.tenant = "other", .agent = "bot"}, true, marked);
  EXPECT_THAT(marked, ElementsAre(1u));
}

// One event of unknown weight may have stood for any number; when it leaves the window, so does
// the doubt, at that very time.
TEST(SloUncertain, EventsOfUnknownWeightMakeTheirKeyUncertainForTheWindow) {
  Feed feed(ratio_spec({.window = hours{1}}));
  feed.add(kStart, true);
  feed.news();
  telemetry::Event sampled = tool_event(true);
  sampled.rate_unknown = true;
  ASSERT_TRUE(feed.slo.record(sampled, kStart, kStart));
  feed.tick(kStart);
  EXPECT_THAT(feed.news(), ElementsAre("healthy -> uncertain?"));
  feed.add(kStart + minutes{59}, true);
  EXPECT_TRUE(feed.slo.view(0, 0, kStart + minutes{59}).uncertain);
  feed.news();
  std::vector<KeyIndex> due;
  feed.slo.due(kStart + hours{1} - Duration{1}, due);
  EXPECT_THAT(due, IsEmpty());
  feed.tick(kStart + hours{1});
  EXPECT_THAT(feed.news(), ElementsAre("uncertain -> healthy"));
}

TEST(SloUncertain, SloWithoutAgentsHasNoneToMark) {
  Slo slo(ratio_spec());
  std::vector<KeyIndex> marked;
  slo.set_uncertain({.tenant = {}, .agent = "bot"}, true, marked);
  EXPECT_THAT(marked, IsEmpty());
}

TEST(SloUncertain, LostTelemetryIsNeverHealthyAndAWorseStatusStays) {
  Feed feed(by_agent());
  std::vector<KeyIndex> marked;
  const auto mark = [&](bool uncertain) {
    feed.slo.set_uncertain({.tenant = {}, .agent = "bot"}, uncertain, marked);
    feed.tick(kStart);
    return feed.news();
  };
  feed.add(kStart, true);
  feed.news();
  EXPECT_THAT(mark(true), ElementsAre("healthy -> uncertain?"));
  EXPECT_THAT(mark(false), ElementsAre("uncertain -> healthy"));
  feed.add(kStart, false);
  feed.news();
  EXPECT_THAT(mark(true), ElementsAre("exhausted -> exhausted?"));
  EXPECT_TRUE(feed.slo.view(0, 0, kStart).uncertain);
}

TEST(SloUncertain, IsWorseThanNoData) {
  Feed feed(ratio_spec({.window = hours{1}, .group_by = {Dimension::Agent}}));
  feed.add(kStart, true);
  std::vector<KeyIndex> marked;
  feed.slo.set_uncertain({.tenant = {}, .agent = "bot"}, true, marked);
  feed.news();
  feed.tick(kStart + hours{2});
  EXPECT_THAT(feed.news(), ElementsAre("healthy -> uncertain?"));
  EXPECT_EQ(feed.slo.view(0, 0, kStart + hours{2}).counts.total(), 0);
}

// ---- due -------------------------------------------------------------------------------------

TEST(SloDue, NamesKeysWhenAWindowWithBadEventsLosesABucket) {
  Feed feed(by_agent());
  feed.add(kStart, false, 1, "a");
  feed.add(kStart + seconds{30}, false, 1, "b");
  std::vector<KeyIndex> keys;
  feed.slo.due(kStart + minutes{5} - Duration{1}, keys);
  EXPECT_THAT(keys, IsEmpty());
  feed.slo.due(kStart + minutes{5}, keys);
  EXPECT_THAT(keys, ElementsAre(0u));
}

// Good events that leave change no ratio: only the SLO window's own buckets can (no data).
TEST(SloDue, LeavesKeysWithoutBadEventsAloneUntilTheSloWindowMoves) {
  Feed feed(by_agent());
  feed.add(kStart, true, 1, "a");
  std::vector<KeyIndex> keys;
  feed.slo.due(kStart + std::chrono::days{3}, keys);
  EXPECT_THAT(keys, IsEmpty());
  feed.slo.due(kStart + std::chrono::days{31}, keys);
  EXPECT_THAT(keys, ElementsAre(0u));
}

TEST(SloDue, NamesKeysThatChangedWithoutAnEvaluation) {
  Slo slo(by_agent());
  slo.record(tool_event(true), kStart, kStart);
  std::vector<KeyIndex> keys;
  slo.due(kStart, keys);
  EXPECT_THAT(keys, ElementsAre(0u));
}

TEST(SloEvaluate, AllocatesOnlyForNews) {
  Feed feed = after_a_good_month();
  const Instant now = kStart + hours{719};
  for (int i = 0; i < 100; ++i) feed.add(now, i % 4 == 0, 20);  // fires, and warms the pages
  feed.news();
  allocations = {};
  for (int i = 0; i < 100; ++i) feed.add(now, i % 4 == 0);
  EXPECT_EQ(feed.slo.view(0, 0, now).status, SloStatus::Critical);
  EXPECT_EQ(allocations.count, 0u);
  feed.tick(now + hours{2});
  EXPECT_GT(allocations.count, 0u);
  EXPECT_THAT(feed.news(), testing::Not(IsEmpty()));
}

TEST(SloView, TellsTheStatusOfNowWithoutAnEvaluation) {
  Feed feed = after_a_good_month();
  const Instant now = kStart + hours{719};
  feed.add(now, false, 850);
  EXPECT_EQ(feed.slo.view(0, 0, now).status, SloStatus::Critical);
  EXPECT_EQ(feed.slo.view(0, 0, now + minutes{30}).status, SloStatus::Warning);
  feed.news();
  feed.tick(now + minutes{30});  // and the view has not kept the record from being written
  EXPECT_THAT(feed.news(), ElementsAre("page resolved 1h/5m", "critical -> warning"));
}

TEST(SloNames, AreThoseOfTheLines) {
  EXPECT_EQ(name_of(SloStatus::NoData), "no_data");
  EXPECT_EQ(slo_status_names().size(), static_cast<std::size_t>(last_of(SloStatus{})) + 1);
}

}  // namespace
}  // namespace fusebox::slo
