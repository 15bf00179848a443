// The rows of the case table for resource limits, each named after its row. Rows that wait for a
// feature are listed with the reason in README.md.
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "breakers/limit.hpp"
#include "tests/breakers/limit_support.hpp"

namespace fusebox::breakers {
namespace {

using namespace testing;
using policy::Reason;
using telemetry::LimitRecord;

constexpr std::int64_t kDollar = 1'000'000;

std::string budget_entry(std::string_view used, std::string_view reserved, std::string_view max,
                         bool overrun = false) {
  return R"([{"limit":"task-budget","key":{"task":"t1"},"used":{)" + std::string(used) +
         R"(},"reserved":{)" + std::string(reserved) + R"(},"max":{)" + std::string(max) +
         R"(},"overrun":)" + (overrun ? "true" : "false") + "}]";
}

// 64 callers at once, each asking, running and ending in its own time. One engine thread decides,
// so concurrency is the order of these steps.
struct Caller {
  enum class State { Waiting, Running, Done } state = State::Waiting;
  Hold hold;
};

TEST(LimitRows, L01_SixtyFourCallersOfTenCentsShareOneDollar) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    std::mt19937_64 random(seed);
    Driver driver(budget_spec({{Resource::CostUsd, kDollar}}));
    std::vector<Caller> callers(64);
    int granted = 0;
    std::int64_t held = 0;
    for (int step = 0; step < 1000; ++step) {
      Caller& caller = callers[random() % callers.size()];
      if (caller.state == Caller::State::Waiting) {
        caller.state = Caller::State::Done;
        const auto hold = driver.grant({.action = Action::Llm, .micro_usd = kDollar / 10}, kStart);
        if (!hold) continue;
        caller = {Caller::State::Running, *hold};
        ++granted;
        held += hold->amounts[index_of(Resource::CostUsd)];
      } else if (caller.state == Caller::State::Running && random() % 4 == 0) {
        caller.state = Caller::State::Done;
        driver.settle(caller.hold, {.action = Action::Llm, .micro_usd = kDollar / 10}, kStart);
      }
      ASSERT_LE(held, kDollar) << "seed " << seed;  // all grants charge what they reserved
    }
    EXPECT_EQ(granted, 10) << "seed " << seed;
  }
}

// The second commit of the same permit is the engine's to answer: a permit closes once.
TEST(LimitRows, L02_WhatIsNotUsedComesBack) {
  Driver driver(budget_spec({{Resource::Tokens, 100}}));
  const Hold hold = *driver.grant(llm(100), kStart);
  EXPECT_FALSE(driver.grant(llm(1), kStart));
  driver.settle(hold, spent(57), kStart);
  EXPECT_EQ(driver.summary(kStart),
            budget_entry(R"("tokens":57)", R"("tokens":0)", R"("tokens":100)"));
  EXPECT_FALSE(driver.grant(llm(44), kStart));
  EXPECT_TRUE(driver.grant(llm(43), kStart));
}

TEST(LimitRows, L03_AReservationOutlivesARestartAndIsThenChargedInFull) {
  Driver before(budget_spec({{Resource::Tokens, 100}}));
  const Hold hold = *before.grant(llm(60), kStart);
  Driver driver = before.restored();
  ASSERT_FALSE(driver.failed);
  EXPECT_EQ(driver.summary(kStart),
            budget_entry(R"("tokens":0)", R"("tokens":60)", R"("tokens":100)"));
  EXPECT_FALSE(driver.grant(llm(41), kStart));
  driver.limit.settle_in_full(hold, after(minutes{10}), driver.records);
  EXPECT_EQ(driver.summary(kStart),
            budget_entry(R"("tokens":60)", R"("tokens":0)", R"("tokens":100)"));
}

// The engine answers `repeated`; below it a second settlement is a bug, and stops the process.
TEST(LimitRowsDeathTest, L05_ASettledHoldIsNotSettledAgain) {
  Driver driver(budget_spec({{Resource::Tokens, 100}}));
  const Hold hold = *driver.grant(llm(60), kStart);
  driver.settle(hold, spent(60), kStart);
  EXPECT_DEATH(driver.settle(hold, {.outcome = Outcome::Cancelled}, kStart), "open_holds");
}

// The table freezes the scope whenever actuals exceed the reservation. The design asks that an
// overrun stops further grants; we take a key as overrun while `committed + reserved` is above the
// maximum. Actuals above the reservation that still fit are only charged, because an agent that
// gives no estimate would otherwise be stopped by its first honest report.
TEST(LimitRows, L06_ActualsAboveTheReservationAreChargedAndAnOverrunStopsEverything) {
  Driver driver(budget_spec({{Resource::Tokens, 1000}, {Resource::ToolCalls, 10}}));
  EXPECT_TRUE(driver.call(llm(500), spent(600), kStart));  // above by 20 %, and it fits
  EXPECT_TRUE(driver.records.empty());
  EXPECT_TRUE(driver.ask({}, kStart).allowed);

  EXPECT_TRUE(driver.call(llm(400), spent(480), kStart));  // above by 20 %, and it does not
  ASSERT_EQ(driver.records.size(), 1U);
  const auto& record = std::get<LimitRecord>(driver.records[0]);
  EXPECT_TRUE(record.overrun);
  EXPECT_EQ(record.dimension, "tokens");
  EXPECT_EQ(record.used, 1080);
  EXPECT_EQ(record.max, 1000);
  for (const Ask& ask : {llm(0), Ask{.action = Action::Tool, .tokens = 0}, Ask{}}) {
    const LimitAnswer answer = driver.ask(ask, kStart);
    EXPECT_FALSE(answer.allowed);
    EXPECT_EQ(answer.reason, Reason::BudgetExceeded);
    EXPECT_EQ(answer.resource, Resource::Tokens);
  }
  EXPECT_EQ(driver.summary(kStart),
            budget_entry(R"("tokens":1080,"tool_calls":0)", R"("tokens":0,"tool_calls":0)",
                         R"("tokens":1000,"tool_calls":10)", true));
}

TEST(LimitRows, L07_AFullParentLeavesTheChildUntouched) {
  Driver child(budget_spec({{Resource::Tokens, 100}}));
  LimitSpec parent_spec = budget_spec({{Resource::Tokens, 50}});
  parent_spec.scope = KeySpec({Dimension::Agent});
  Limit parent(parent_spec);
  // All are asked before any is taken from.
  const bool child_allows = child.ask(llm(60), kStart).allowed;
  const bool parent_allows = parent.peek(task("t1"), demand(llm(60)), kStart).allowed;
  EXPECT_TRUE(child_allows);
  EXPECT_FALSE(parent_allows);
  EXPECT_EQ(child.limit.key_count(), 0U);
  EXPECT_EQ(parent.key_count(), 0U);
}

// Engine time never steps: a wall clock that goes back makes it stand still, and one that comes
// forward again lets it run on.
TEST(LimitRows, L09_TimeThatStandsStillNeitherRefillsNorLocksOut) {
  LimitSpec spec = budget_spec({{Resource::ToolCalls, 6}}, hours{1});
  spec.rate = RateSpec{.limit = 60, .per = minutes{1}, .burst = 5};
  Driver driver(spec);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(driver.call({}, {}, kStart));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(driver.call({}, {}, kStart));
  EXPECT_EQ(driver.ask({}, kStart).reason, Reason::RateLimited);
  EXPECT_TRUE(driver.call({}, {}, after(seconds{1})));
  EXPECT_EQ(driver.ask({}, after(seconds{2})).reason, Reason::BudgetExceeded);
}

TEST(LimitRows, L10_BurstOfSixteenThenOneEveryTwoSeconds) {
  LimitSpec spec = budget_spec({});
  spec.rate = RateSpec{.limit = 30, .per = minutes{1}, .burst = 16};
  Driver driver(spec);
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(driver.call({}, {}, kStart)) << i;
  const LimitAnswer answer = driver.ask({}, kStart);
  EXPECT_EQ(answer.reason, Reason::RateLimited);
  EXPECT_EQ(answer.retry_after, seconds{2});
  for (int i = 1; i <= 10; ++i) {
    EXPECT_FALSE(driver.call({}, {}, after(seconds{2 * i} - nanoseconds{1})));
    EXPECT_TRUE(driver.call({}, {}, after(seconds{2 * i})));
  }
}

TEST(LimitRows, L11_AReportWithoutUsageIsChargedAsEstimated) {
  Driver driver(budget_spec({{Resource::Tokens, 8000}, {Resource::ModelCalls, 9}}));
  EXPECT_TRUE(driver.call(llm(4000), {.action = Action::Llm}, kStart));
  EXPECT_EQ(driver.summary(kStart),
            budget_entry(R"("tokens":4000,"model_calls":1)", R"("tokens":0,"model_calls":0)",
                         R"("tokens":8000,"model_calls":9)"));
}

TEST(LimitRows, L12_AStreamCutByTheClientPaysForWhatItGot) {
  Driver driver(budget_spec({{Resource::Tokens, 8000}, {Resource::ModelCalls, 9}}));
  EXPECT_TRUE(driver.call(
      llm(4000),
      {.action = Action::Llm, .outcome = Outcome::Cancelled, .tokens_in = 30, .tokens_out = 100},
      kStart));
  EXPECT_EQ(driver.summary(kStart),
            budget_entry(R"("tokens":130,"model_calls":0)", R"("tokens":0,"model_calls":0)",
                         R"("tokens":8000,"model_calls":9)"));
}

TEST(LimitRows, L13_ARequestLargerThanTheWholeLimitIsRefusedAtOnce) {
  for (const std::optional<Duration> window : {std::optional<Duration>(), {hours{1}}}) {
    Driver driver(budget_spec({{Resource::Tokens, 8000}}, window));
    const LimitAnswer answer = driver.ask(llm(8001), kStart);
    EXPECT_FALSE(answer.allowed);
    EXPECT_EQ(answer.reason, Reason::BudgetExceeded);
    EXPECT_EQ(answer.retry_after, Duration{0});  // waiting does not help
    EXPECT_EQ(driver.limit.key_count(), 0U);     // and nothing is held
    EXPECT_TRUE(driver.grant(llm(8000), kStart));
  }
}

// Calendar windows come later; the rule is the same for rolling ones.
TEST(LimitRows, L14_AChargeBelongsToTheTimeOfItsReservation) {
  Driver driver(budget_spec({{Resource::Tokens, 100}}, hours{1}));
  const Hold hold = *driver.grant(llm(100), kStart);
  driver.settle(hold, spent(100), after(minutes{59}));
  EXPECT_FALSE(driver.ask(llm(1), after(minutes{61}) - nanoseconds{1}).allowed);
  EXPECT_TRUE(driver.ask(llm(100), after(minutes{61})).allowed);
}

// A tenth of the row's million, for the debug build's sake; the bench goes to the million.
TEST(LimitRows, L17_ManyKeysAreSweptAndOneThatReturnsHasTheSameLeft) {
  constexpr int kKeys = 100'000;
  Driver driver(budget_spec({{Resource::ToolCalls, 10}}, hours{1}));
  std::string name;
  for (int i = 0; i < kKeys; ++i) {
    driver.key = "k" + std::to_string(i);
    ASSERT_TRUE(driver.call({}, {}, kStart));
  }
  // Nothing is dropped while it is remembered, everything when the window has passed.
  driver.limit.sweep(after(minutes{60}), kKeys);
  EXPECT_EQ(driver.limit.key_count(), std::size_t{kKeys});
  driver.key = "k7";
  EXPECT_TRUE(driver.call({}, {}, after(minutes{60})));
  driver.limit.sweep(after(minutes{61}), kKeys);
  EXPECT_EQ(driver.limit.key_count(), 1U);
  EXPECT_EQ(driver.summary(after(minutes{61})),
            R"([{"limit":"task-budget","key":{"task":"k7"},"used":{"tool_calls":1},)"
            R"("reserved":{"tool_calls":0},"max":{"tool_calls":10},"overrun":false}])");
}

// A forged depth needs signed permits, which come later; the maximum itself holds.
TEST(LimitRows, L19_DepthBeyondTheMaximumIsRefused) {
  Driver driver(budget_spec({{Resource::Depth, 3}}));
  EXPECT_TRUE(driver.call({.depth = 3}, {}, kStart));
  EXPECT_TRUE(driver.call({}, {}, kStart));
  const LimitAnswer answer = driver.ask({.depth = 4}, kStart);
  EXPECT_FALSE(answer.allowed);
  EXPECT_EQ(answer.reason, Reason::DepthExceeded);
  EXPECT_EQ(answer.retry_after, Duration{0});
}

TEST(LimitRows, L20_ALimitLoweredBelowWhatWasUsedRefusesAndTellsOnTheNextCharge) {
  Driver before(budget_spec({{Resource::ToolCalls, 10}}));
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(before.call({}, {}, kStart));
  Driver driver = before.restored(budget_spec({{Resource::ToolCalls, 5}}));
  ASSERT_FALSE(driver.failed);
  EXPECT_FALSE(driver.ask({}, kStart).allowed);
  EXPECT_EQ(driver.summary(kStart),
            budget_entry(R"("tool_calls":7)", R"("tool_calls":0)", R"("tool_calls":5)", true));
  driver.limit.observe(task("t1"), usage(), kStart, kStart, driver.records);
  ASSERT_EQ(driver.records.size(), 1U);
  EXPECT_TRUE(std::get<LimitRecord>(driver.records[0]).overrun);
  EXPECT_EQ(std::get<LimitRecord>(driver.records[0]).used, 8);
}

// A cap that shrinks by itself comes with adaptive limits; a 429 costs nothing meanwhile.
TEST(LimitRows, L21_AThrottledCallGivesItsCountBack) {
  Driver driver(budget_spec({{Resource::ModelCalls, 1}, {Resource::Tokens, 100}}));
  const Did throttled{.action = Action::Llm, .outcome = Outcome::Throttled};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(driver.call(llm(100), throttled, kStart));
  EXPECT_TRUE(driver.ask(llm(100), kStart).allowed);
}

TEST(LimitRows, L22_ASlotThatIsNeverReleasedComesBackWithItsLeaseAndCountsAsALeak) {
  LimitSpec spec = budget_spec({{Resource::ToolCalls, 10}});
  spec.concurrency = ConcurrencySpec{.max = 1, .lease = minutes{2}};
  Driver driver(spec);
  const Hold lost = *driver.grant({}, kStart);
  const LimitAnswer answer = driver.ask({}, after(seconds{30}));
  EXPECT_EQ(answer.reason, Reason::ConcurrencyLimited);
  EXPECT_EQ(answer.retry_after, seconds{90});
  EXPECT_EQ(driver.limit.slot_deadline(lost), after(minutes{2}));

  driver.limit.free_slot(lost);
  driver.limit.free_slot(lost);
  EXPECT_EQ(driver.limit.leaked_slots(), 1);
  const auto next = driver.grant({}, after(minutes{2}));
  ASSERT_TRUE(next);
  // The late report settles its budget, and takes nobody's slot away.
  driver.settle(lost, {}, after(minutes{3}));
  EXPECT_FALSE(driver.ask({}, after(minutes{3})).allowed);
  driver.settle(*next, {}, after(minutes{3}));
  EXPECT_TRUE(driver.ask({}, after(minutes{3})).allowed);
  EXPECT_EQ(driver.limit.leaked_slots(), 1);
}

}  // namespace
}  // namespace fusebox::breakers
