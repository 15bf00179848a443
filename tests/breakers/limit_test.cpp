#include "breakers/limit.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "telemetry/facts.hpp"
#include "tests/breakers/limit_support.hpp"

namespace fusebox::breakers {
namespace {

using namespace testing;
using policy::Reason;
using telemetry::LimitRecord;

LimitSpec everything() {
  LimitSpec spec = budget_spec({{Resource::ToolCalls, 2}, {Resource::Depth, 3}});
  spec.rate = RateSpec{.limit = 1, .per = seconds{10}, .burst = 3};
  spec.concurrency = ConcurrencySpec{.max = 1, .lease = minutes{2}};
  return spec;
}

TEST(Limit, DepthThenBudgetThenRateThenConcurrencyGivesTheReason) {
  LimitSpec spec = everything();
  spec.rate->burst = 1;
  Driver driver(spec);
  const Hold hold = *driver.grant({}, kStart);  // takes the token, the slot and one call of two
  driver.limit.observe(task("t1"), usage(), kStart, kStart, driver.records);  // and the other
  EXPECT_EQ(driver.ask({.depth = 4}, kStart).reason, Reason::DepthExceeded);
  EXPECT_EQ(driver.ask({}, kStart).reason, Reason::BudgetExceeded);
  // Each reason in turn is taken away: an llm check needs no tool call, then time passes.
  EXPECT_EQ(driver.ask(llm(0), kStart).reason, Reason::RateLimited);
  EXPECT_EQ(driver.ask(llm(0), after(seconds{10})).reason, Reason::ConcurrencyLimited);
  driver.limit.free_slot(hold);
  EXPECT_TRUE(driver.ask(llm(0), after(seconds{10})).allowed);
}

TEST(Limit, OnExceedSaysWhichEffectARefusalBecomes) {
  using policy::Effect;
  EXPECT_EQ(effect_of(OnExceed::Deny), Effect::Deny);
  EXPECT_EQ(effect_of(OnExceed::Throttle), Effect::Throttle);
  EXPECT_EQ(effect_of(OnExceed::RequireApproval), Effect::RequireApproval);
  EXPECT_EQ(effect_of(OnExceed::Degrade), Effect::Degrade);
  EXPECT_EQ(effect_of(OnExceed::Kill), Effect::Kill);
}

TEST(Limit, PeekCreatesNoKeyAndChangesNoAnswer) {
  Driver driver(everything());
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(driver.ask({}, kStart).allowed);
  EXPECT_EQ(driver.limit.key_count(), 0U);
}

TEST(Limit, AMissingDimensionIsABucketOfItsOwnAndItsRefusalNamesTheField) {
  LimitSpec spec = budget_spec({{Resource::ToolCalls, 1}});
  spec.scope = KeySpec({Dimension::Agent, Dimension::Task, Dimension::Session});
  Limit limit(spec);
  (void)limit.take(task(""), demand(), kStart);
  const LimitAnswer unnamed = limit.peek(task(""), demand(), kStart);
  EXPECT_FALSE(unnamed.allowed);
  EXPECT_EQ(unnamed.missing, Dimension::Task);  // the first of the scope's order
  EXPECT_TRUE(limit.peek(task("t1"), demand(), kStart).allowed);
  EXPECT_EQ(limit.peek(task("t1"), demand(), kStart).missing, std::nullopt);

  Dimensions complete = task("t2");
  complete[Dimension::Session] = "s";
  (void)limit.take(complete, demand(), kStart);
  EXPECT_FALSE(limit.peek(complete, demand(), kStart).allowed);
  EXPECT_EQ(limit.peek(complete, demand(), kStart).missing, std::nullopt);
}

TEST(Limit, ACallThatPassesReservesNothingAndIsChargedWhenItReports) {
  LimitSpec spec = everything();
  Driver driver(spec);
  const Hold granted = *driver.grant({}, kStart);
  const Hold passed = driver.limit.pass(task("t1"), kStart);
  EXPECT_TRUE(granted.reserved);
  EXPECT_FALSE(passed.reserved);
  EXPECT_FALSE(passed.slot);
  EXPECT_EQ(driver.limit.slot_deadline(passed), std::nullopt);
  EXPECT_EQ(passed.amounts, Amounts{});
  EXPECT_EQ(driver.limit.key_text(passed), driver.limit.key_text(granted));
  const std::string rest = R"("reserved":{"tool_calls":1,"depth":0},)"
                           R"("max":{"tool_calls":2,"depth":3},"overrun":false,)"
                           R"("in_flight":1,"in_flight_max":1,)"
                           R"("rate":{"available":2,"burst":3}}])";
  const std::string head = R"([{"limit":"task-budget","key":{"task":"t1"},)";
  EXPECT_EQ(driver.summary(kStart), head + R"("used":{"tool_calls":0,"depth":0},)" + rest);
  driver.settle(passed, {}, kStart);
  EXPECT_EQ(driver.summary(kStart), head + R"("used":{"tool_calls":1,"depth":0},)" + rest);
}

TEST(Limit, ACallThatPassesStartsTheWallClock) {
  Driver driver(budget_spec({{Resource::WallClock, Duration(minutes{1}).count()}}));
  (void)driver.limit.pass(task("t1"), kStart);
  EXPECT_TRUE(driver.ask({}, after(minutes{1}) - nanoseconds{1}).allowed);
  EXPECT_FALSE(driver.ask({}, after(minutes{1})).allowed);
}

TEST(Limit, APassThatNeverReportsIsChargedNothingBecauseNothingWasReserved) {
  Driver driver(budget_spec({{Resource::ToolCalls, 2}}));
  const Hold passed = driver.limit.pass(task("t1"), kStart);
  driver.limit.settle_in_full(passed, after(minutes{10}), driver.records);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(driver.call({}, {}, kStart));
}

TEST(Limit, TelemetryChargesTheBudgetAndTakesNoTokenAndNoSlot) {
  Driver driver(everything());
  driver.limit.observe(task("t1"), usage(), kStart, kStart, driver.records);
  EXPECT_EQ(driver.summary(kStart),
            R"([{"limit":"task-budget","key":{"task":"t1"},"used":{"tool_calls":1,"depth":0},)"
            R"("reserved":{"tool_calls":0,"depth":0},"max":{"tool_calls":2,"depth":3},)"
            R"("overrun":false,"in_flight":0,"in_flight_max":1,)"
            R"("rate":{"available":3,"burst":3}}])");
}

TEST(Limit, TelemetryMakesNoKeyWhereThereIsNoBudget) {
  LimitSpec spec = budget_spec({});
  spec.rate = RateSpec{.limit = 1, .per = seconds{1}, .burst = 1};
  Driver driver(spec);
  driver.limit.observe(task("t1"), usage(), kStart, kStart, driver.records);
  EXPECT_EQ(driver.limit.key_count(), 0U);
}

TEST(Limit, TelemetryIsDatedAtItsOwnTime) {
  Driver driver(budget_spec({{Resource::ToolCalls, 1}}, hours{1}));
  driver.limit.observe(task("t1"), usage(), kStart, after(minutes{30}), driver.records);
  EXPECT_EQ(driver.ask({}, after(minutes{30})).retry_after, minutes{31});
}

TEST(Limit, RecordsNameTheLimitTheKeyAndTheThreshold) {
  LimitSpec spec = budget_spec({{Resource::ToolCalls, 2}});
  spec.thresholds = {{1, 2}};
  Driver driver(spec);
  EXPECT_TRUE(driver.call({}, {}, kStart));
  ASSERT_EQ(driver.records.size(), 1U);
  const auto& record = std::get<LimitRecord>(driver.records[0]);
  EXPECT_EQ(record.name, "task-budget");
  EXPECT_EQ(record.key, R"({"task":"t1"})");
  EXPECT_EQ(record.dimension, "tool_calls");
  EXPECT_EQ(record.used, 1);
  EXPECT_EQ(record.max, 2);
  EXPECT_EQ(record.threshold, 0.5);
  EXPECT_FALSE(record.overrun);
}

TEST(Limit, SummaryWritesMoneyAsDecimalsTimeAsMillisecondsAndKeysInOrder) {
  LimitSpec spec = budget_spec(
      {{Resource::CostUsd, 500'000}, {Resource::WallClock, Duration(minutes{1}).count()}});
  Driver driver(spec);
  driver.key = "b";
  EXPECT_TRUE(driver.call({.micro_usd = 1}, {.micro_usd = 1}, kStart));
  driver.key = "a";
  (void)driver.grant({.micro_usd = 250'000}, after(milliseconds{500}));
  EXPECT_EQ(driver.summary(after(milliseconds{1500})),
            R"([{"limit":"task-budget","key":{"task":"a"},)"
            R"("used":{"cost_usd":0,"wall_clock":1000},)"
            R"("reserved":{"cost_usd":0.25,"wall_clock":0},)"
            R"("max":{"cost_usd":0.5,"wall_clock":60000},"overrun":false},)"
            R"({"limit":"task-budget","key":{"task":"b"},)"
            R"("used":{"cost_usd":0.000001,"wall_clock":1500},)"
            R"("reserved":{"cost_usd":0,"wall_clock":0},)"
            R"("max":{"cost_usd":0.5,"wall_clock":60000},"overrun":false}])");
}

TEST(LimitWhere, AppliesWhereTheConditionHoldsAndCountsItsErrors) {
  LimitSpec spec = budget_spec({{Resource::ToolCalls, 1}});
  std::vector<policy::ConditionError> errors;
  spec.where = policy::Condition::compile("depth > 1", telemetry::common_schema(), errors);
  ASSERT_TRUE(spec.where);
  const Limit limit(spec);
  telemetry::Check check;
  check.dimensions = task("t1");
  check.depth = 2;
  EXPECT_TRUE(limit.applies(telemetry::CheckFacts(check)));
  check.depth = 1;
  EXPECT_FALSE(limit.applies(telemetry::CheckFacts(check)));
  EXPECT_EQ(limit.condition_errors(), 0);
  check.depth = std::nullopt;
  EXPECT_FALSE(limit.applies(telemetry::CheckFacts(check)));
  EXPECT_EQ(limit.condition_errors(), 1);
}

TEST(LimitWhere, WithoutAConditionItAlwaysApplies) {
  const Limit limit(budget_spec({{Resource::ToolCalls, 1}}));
  EXPECT_TRUE(limit.applies(telemetry::CheckFacts(telemetry::Check{})));
}

TEST(LimitSweep, DropsARateLimitsKeyWhenItsBucketIsFullAgain) {
  LimitSpec spec = budget_spec({});
  spec.rate = RateSpec{.limit = 1, .per = seconds{10}, .burst = 2};
  Driver driver(spec);
  const Hold hold = *driver.grant({}, kStart);
  driver.limit.sweep(after(seconds{10}), 1);
  EXPECT_EQ(driver.limit.key_count(), 1U);  // the call is still open
  driver.settle(hold, {}, after(seconds{5}));
  driver.limit.sweep(after(seconds{10}) - nanoseconds{1}, 1);
  EXPECT_EQ(driver.limit.key_count(), 1U);
  driver.limit.sweep(after(seconds{10}), 1);
  EXPECT_EQ(driver.limit.key_count(), 0U);
}

TEST(LimitSweep, KeepsALifetimeBudgetFor31DaysAfterItsLastSignOfLife) {
  constexpr Duration kDays31 = hours{24 * 31};
  Driver driver(budget_spec({{Resource::ToolCalls, 1}}));
  EXPECT_TRUE(driver.call({}, {}, kStart));
  driver.limit.sweep(after(kDays31) - nanoseconds{1}, 9);
  EXPECT_EQ(driver.limit.key_count(), 1U);
  // Asking in vain is a sign of life: what is spent must not come back by persistence.
  EXPECT_FALSE(driver.ask({}, after(hours{24 * 30})).allowed);
  driver.limit.sweep(after(kDays31), 9);
  EXPECT_EQ(driver.limit.key_count(), 1U);
  driver.limit.sweep(after(hours{24 * 61}), 9);
  EXPECT_EQ(driver.limit.key_count(), 0U);
}

TEST(LimitSweep, KeepsAWallClockRunningThoughTheWindowHasForgotten) {
  Driver driver(budget_spec(
      {{Resource::ToolCalls, 9}, {Resource::WallClock, Duration(hours{2}).count()}}, hours{1}));
  EXPECT_TRUE(driver.call({}, {}, kStart));
  driver.limit.sweep(after(hours{3}), 9);
  EXPECT_EQ(driver.ask({}, after(hours{3})).resource, Resource::WallClock);
}

TEST(LimitSweep, GoesRoundByItsBudgetAndReusesWhatItFreed) {
  Driver driver(budget_spec({{Resource::ToolCalls, 1}}, hours{1}));
  for (int i = 0; i < 10; ++i) {
    driver.key = std::to_string(i);
    EXPECT_TRUE(driver.call({}, {}, kStart));
  }
  const Instant later = after(hours{2});
  driver.limit.sweep(later, 4);
  EXPECT_EQ(driver.limit.key_count(), 6U);
  driver.limit.sweep(later, 4);
  EXPECT_EQ(driver.limit.key_count(), 2U);
  // New keys take the places of old ones, without their past.
  for (int i = 0; i < 8; ++i) {
    driver.key = "new " + std::to_string(i);
    EXPECT_TRUE(driver.call({}, {}, later));
    EXPECT_FALSE(driver.call({}, {}, later));
  }
  driver.limit.sweep(later, 100);
  EXPECT_EQ(driver.limit.key_count(), 8U);
}

std::string saved(const Limit& limit) {
  std::string bytes;
  ArchiveWriter writer(bytes);
  limit.save(writer);
  return bytes;
}

Driver busy() {
  LimitSpec spec = everything();
  spec.window = hours{1};
  spec.budget = maxima({{Resource::ToolCalls, 100}, {Resource::Tokens, 100}});
  spec.concurrency->max = 5;
  spec.thresholds = {{1, 10}};
  Driver driver(spec);
  for (const char* key : {"a", "b", "c"}) {
    driver.key = key;
    EXPECT_TRUE(driver.call({}, {}, kStart));
    EXPECT_TRUE(driver.grant({.tokens = 20}, after(minutes{5})));
  }
  EXPECT_TRUE(driver.call({}, {.tokens_in = 11, .tokens_out = 0}, after(minutes{7})));
  return driver;
}

TEST(LimitArchive, RoundTripsToTheSameBytesAndTheSameSummary) {
  Driver driver = busy();
  Driver copy = driver.restored();
  ASSERT_FALSE(copy.failed);
  EXPECT_EQ(saved(copy.limit), saved(driver.limit));
  for (const Duration wait : {Duration{0}, Duration{minutes{61}}, Duration{hours{9}}}) {
    EXPECT_EQ(copy.summary(after(minutes{7}) + wait), driver.summary(after(minutes{7}) + wait));
  }
}

TEST(LimitArchive, RefusesAnotherShapeOfTheSpec) {
  const Driver driver = busy();
  LimitSpec other = driver.limit.spec();
  other.rate.reset();
  EXPECT_TRUE(driver.restored(other).failed);
  other = driver.limit.spec();
  other.concurrency.reset();
  EXPECT_TRUE(driver.restored(other).failed);
  other = driver.limit.spec();
  other.window = hours{2};
  EXPECT_TRUE(driver.restored(other).failed);
  other = driver.limit.spec();
  other.budget[index_of(Resource::CostUsd)] = 5;
  EXPECT_TRUE(driver.restored(other).failed);
  other = driver.limit.spec();
  other.budget[index_of(Resource::Tokens)] = 5;
  other.rate->burst = 1;
  other.concurrency->max = 1;
  EXPECT_FALSE(driver.restored(other).failed);
}

// Bytes that save cannot have written never crash, and leave the limit as new.
TEST(LimitArchive, SurvivesEveryTruncationAndEveryFlippedByte) {
  const Driver driver = busy();
  const std::string good = saved(driver.limit);
  const auto restore = [&](const std::string& bytes) {
    Driver copy(driver.limit.spec());
    ArchiveReader reader(bytes);
    copy.limit.restore(reader);
    if (reader.failed()) {
      EXPECT_EQ(copy.limit.key_count(), 0U);
    }
    (void)copy.summary(after(minutes{10}));
    (void)copy.ask({}, after(minutes{10}));
    return !reader.failed();
  };
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(restore(good.substr(0, size))) << size;
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char flip : {'\x01', '\x80', '\xFF'}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      (void)restore(bad);
    }
  }
}

}  // namespace
}  // namespace fusebox::breakers
