#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slo/slo.hpp"
#include "tests/slo/support.hpp"

namespace fusebox::slo {
namespace {

using testing::HasSubstr;

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

}  // namespace
}  // namespace fusebox::slo
