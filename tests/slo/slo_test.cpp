#include "slo/slo.hpp"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json_writer.hpp"
#include "tests/slo/support.hpp"

namespace fusebox::slo {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Texts = std::vector<std::string>;

std::string summary_of(Slo& slo, Instant now) {
  std::string text;
  JsonWriter json(text);
  json.begin_array();
  slo.write_summary(json, now);
  json.end_array();
  return text;
}

SloSpec by_agent() { return ratio_spec({.group_by = {Dimension::Agent}}); }

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
  EXPECT_EQ(view.burn[static_cast<std::size_t>(BurnWindow::M5)], 0);
  EXPECT_EQ(view.burn[static_cast<std::size_t>(BurnWindow::H1)], 100);
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
    if (alert != nullptr) EXPECT_EQ(alert->objective_name, "standard");
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
  feed.slo.set_uncertain("bot", true, marked);
  EXPECT_THAT(marked, ElementsAre(0u));
  marked.clear();
  feed.slo.set_uncertain("bot", true, marked);
  EXPECT_THAT(marked, IsEmpty());
}

TEST(SloUncertain, SloWithoutAgentsHasNoneToMark) {
  Slo slo(ratio_spec());
  std::vector<KeyIndex> marked;
  slo.set_uncertain("bot", true, marked);
  EXPECT_THAT(marked, IsEmpty());
}

TEST(SloUncertain, LostTelemetryIsNeverHealthyAndAWorseStatusStays) {
  Feed feed(by_agent());
  std::vector<KeyIndex> marked;
  const auto mark = [&](bool uncertain) {
    feed.slo.set_uncertain("bot", uncertain, marked);
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
  feed.slo.set_uncertain("bot", true, marked);
  feed.news();
  feed.tick(kStart + hours{2});
  EXPECT_THAT(feed.news(), ElementsAre("healthy -> uncertain?"));
  EXPECT_EQ(feed.slo.view(0, 0, kStart + hours{2}).counts.total(), 0);
}

// ---- due -------------------------------------------------------------------------------------

TEST(SloDue, NamesKeysWhenAWindowLosesABucket) {
  Feed feed(by_agent());
  feed.add(kStart, true, 1, "a");
  feed.add(kStart + seconds{30}, true, 1, "b");
  std::vector<KeyIndex> keys;
  feed.slo.due(kStart + minutes{5} - Duration{1}, keys);
  EXPECT_THAT(keys, IsEmpty());
  feed.slo.due(kStart + minutes{5}, keys);
  EXPECT_THAT(keys, ElementsAre(0u));
}

TEST(SloDue, NamesKeysThatChangedWithoutAnEvaluation) {
  Slo slo(by_agent());
  slo.record(tool_event(true), kStart, kStart);
  std::vector<KeyIndex> keys;
  slo.due(kStart, keys);
  EXPECT_THAT(keys, ElementsAre(0u));
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

// ---- summary ---------------------------------------------------------------------------------

TEST(SloSummary, EntryOfTheWorkedExample) {
  Feed feed(ratio_spec({.group_by = {Dimension::Agent}}));
  for (const bool good : {true, false, true, true, false}) feed.add(kStart, good);
  EXPECT_EQ(summary_of(feed.slo, kStart),
            R"([{"slo":"tool-success","key":{"agent":"bot"},"objective_name":"standard",)"
            R"("good":3,"bad":2,"total":5,"objective":0.99,"sli":0.6,"budget_remaining":-39,)"
            R"("burn_rate":{"5m":40,"30m":40,"1h":40,"2h":40,"6h":40,"1d":40,"3d":40},)"
            R"("status":"exhausted","uncertain":false,"no_data":false}])");
}

TEST(SloSummary, WithoutEventsTheSliIsNullAndTheBudgetWhole) {
  Slo slo(ratio_spec());
  EXPECT_THAT(summary_of(slo, kStart),
              HasSubstr(R"("total":0,"objective":0.99,"sli":null,"budget_remaining":1,)"));
  EXPECT_THAT(summary_of(slo, kStart),
              HasSubstr(R"("status":"no_data","uncertain":false,"no_data":true}])"));
}

TEST(SloSummary, GroupedSloHasNoEntryBeforeItsFirstEventAndThenByKey) {
  Feed feed(by_agent());
  EXPECT_EQ(summary_of(feed.slo, kStart), "[]");
  for (const char* agent : {"b", "c", "a"}) feed.add(kStart, true, 1, agent);
  const std::string text = summary_of(feed.slo, kStart);
  EXPECT_LT(text.find(R"("agent":"a")"), text.find(R"("agent":"b")"));
  EXPECT_LT(text.find(R"("agent":"b")"), text.find(R"("agent":"c")"));
}

TEST(SloSummary, ThresholdsCarryPercentilesAndNullsBeforeTheFirstEvent) {
  Feed feed(latency_spec());
  EXPECT_THAT(summary_of(feed.slo, kStart),
              HasSubstr(R"("percentiles":{"p50":null,"p90":null,"p95":null,"p99":null})"));
  feed.add(llm_event(0.1), kStart);
  EXPECT_THAT(summary_of(feed.slo, kStart),
              HasSubstr(R"("percentiles":{"p50":0.1,"p90":0.1,"p95":0.1,"p99":0.1})"));
}

// Each field at a value that its unit must keep, and far beyond what a histogram holds.
TEST(SloSummary, PercentilesAreInTheUnitOfTheField) {
  using telemetry::NumericField;
  const auto p50_of = [](NumericField field, auto set) {
    SloSpec spec = latency_spec();
    spec.indicator = ThresholdIndicator{.where = condition("true"), .value = field};
    Feed feed(std::move(spec));
    telemetry::Event event = tool_event(true);
    set(event);
    feed.add(event, kStart);
    const std::string text = summary_of(feed.slo, kStart);
    const std::size_t from = text.find(R"("p50":)") + 6;
    return text.substr(from, text.find(',', from) - from);
  };
  EXPECT_EQ(p50_of(NumericField::Score, [](auto& e) { e.score = 0.913; }), "0.913");
  EXPECT_EQ(p50_of(NumericField::Confidence, [](auto& e) { e.confidence = 1; }), "1");
  EXPECT_EQ(p50_of(NumericField::Trust, [](auto& e) { e.trust = 999; }), "999");
  EXPECT_EQ(p50_of(NumericField::Depth, [](auto& e) { e.depth = 3; }), "3");
  EXPECT_EQ(p50_of(NumericField::CostUsd, [](auto& e) { e.measured.cost_usd = MicroUsd{7}; }),
            "7e-06");
  EXPECT_EQ(p50_of(NumericField::TtftMs, [](auto& e) { e.measured.ttft_ms = 0.25; }), "0.25");
  EXPECT_NE(p50_of(NumericField::DurationMs, [](auto& e) { e.measured.duration_ms = 1e300; }),
            "null");
}

// ---- save and restore ------------------------------------------------------------------------

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
    feed.slo.set_uncertain("a", true, marked);
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

TEST(SloNames, AreThoseOfTheLines) {
  EXPECT_EQ(name_of(SloStatus::NoData), "no_data");
  EXPECT_EQ(slo_status_names().size(), static_cast<std::size_t>(last_of(SloStatus{})) + 1);
}

}  // namespace
}  // namespace fusebox::slo
