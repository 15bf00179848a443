#include "chaos/injector.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "chaos/random.hpp"
#include "tests/base/count_allocations.hpp"

namespace fusebox::chaos {
namespace {

using namespace std::chrono_literals;

FaultSpec fault(const std::string& id, FaultEffect effect, Schedule schedule = {}) {
  FaultSpec spec;
  spec.id = id;
  spec.effect = std::move(effect);
  spec.schedule = schedule;
  return spec;
}

// A minute of baseline, ten of `faults`, one of recovery.
Scenario scenario_with(std::vector<FaultSpec> faults) {
  Scenario scenario;
  scenario.name = "injector";
  scenario.hash = "sha256:00";
  scenario.targets = {{"model", TargetKind::Llm, "", "", {}},
                      {"tool", TargetKind::Tool, "", "", {}}};
  scenario.stages = {{"base", StageKind::Baseline, 1min, {}, {}},
                     {"inject", StageKind::Inject, 10min, std::move(faults), {}},
                     {"heal", StageKind::Recover, 1min, {}, {}}};
  return scenario;
}

CallSite call(std::int64_t index, Duration at = 2min, std::uint64_t unit = 17) {
  CallSite site;
  site.unit = unit;
  site.call_index = index;
  site.arm = Arm::Experiment;
  site.since_start = at;
  return site;
}

// Which of the first `calls` calls the only fault of `schedule` hits.
std::vector<std::int64_t> hits(const Schedule& schedule, std::int64_t calls) {
  const Scenario scenario = scenario_with({fault("f", Hang{}, schedule)});
  Injector injector(scenario, 1);
  std::vector<std::int64_t> out;
  for (std::int64_t i = 0; i < calls; ++i) {
    if (!injector.decide(call(i)).empty()) out.push_back(i);
  }
  return out;
}

TEST(Injector, HitsOnlyTheExperimentInTheStageOnTheTarget) {
  const Scenario scenario = scenario_with({fault("f", Hang{})});
  Injector injector(scenario, 1);
  EXPECT_EQ(injector.decide(call(0)).count, 1u);
  EXPECT_EQ(injector.decide(call(0, 1min)).count, 1u);
  for (const Duration at : {Duration{59'999ms}, Duration{11min}}) {
    EXPECT_TRUE(injector.decide(call(0, at)).empty());
  }
  for (const Arm arm : {Arm::Outside, Arm::Control}) {
    CallSite other = call(0);
    other.arm = arm;
    EXPECT_TRUE(injector.decide(other).empty());
  }
  CallSite elsewhere = call(0);
  elsewhere.target = 1;
  EXPECT_TRUE(injector.decide(elsewhere).empty());
  EXPECT_EQ(injector.eligible(0), 2);
  EXPECT_EQ(injector.injected(0), 2);
}

struct ScheduleCase {
  std::string name;
  std::function<void(Schedule&)> say;
  std::vector<std::int64_t> hits;  // of ten calls
};

class InjectorSchedule : public testing::TestWithParam<ScheduleCase> {};

TEST_P(InjectorSchedule, HitsTheCallsItNames) {
  Schedule schedule;
  GetParam().say(schedule);
  EXPECT_EQ(hits(schedule, 10), GetParam().hits);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, InjectorSchedule,
    testing::Values(ScheduleCase{"Nth", [](Schedule& s) { s.nth = 3; }, {2}},
                    ScheduleCase{"EveryFourthPair",
                                 [](Schedule& s) {
                                   s.every = Schedule::Every{4, 2};
                                 },
                                 {0, 1, 4, 5, 8, 9}},
                    ScheduleCase{"After", [](Schedule& s) { s.after_calls = 7; }, {7, 8, 9}},
                    ScheduleCase{"First", [](Schedule& s) { s.first_n = 2; }, {0, 1}},
                    ScheduleCase{"AllThatIsSaidMustHold",
                                 [](Schedule& s) {
                                   s.after_calls = 3;
                                   s.first_n = 6;
                                   s.every = Schedule::Every{2, 1};
                                 },
                                 {4}}),
    [](const auto& each) { return each.param.name; });

struct TimeCase {
  std::string name;
  std::function<void(Schedule&)> say;
  std::vector<int> hits;  // seconds of the stage among 0, 5, …, 30
};

class InjectorTime : public testing::TestWithParam<TimeCase> {};

TEST_P(InjectorTime, HitsTheSecondsItNames) {
  Schedule schedule;
  GetParam().say(schedule);
  const Scenario scenario = scenario_with({fault("f", Hang{}, schedule)});
  Injector injector(scenario, 1);
  std::vector<int> out;
  for (int second = 0; second <= 30; second += 5) {
    if (!injector.decide(call(0, 1min + std::chrono::seconds{second})).empty())
      out.push_back(second);
  }
  EXPECT_EQ(out, GetParam().hits);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, InjectorTime,
    testing::Values(TimeCase{"From", [](Schedule& s) { s.from = 20s; }, {20, 25, 30}},
                    TimeCase{"Until", [](Schedule& s) { s.until = 10s; }, {0, 5}},
                    TimeCase{"Burst",
                             [](Schedule& s) {
                               s.burst = Schedule::Burst{20s, 10s};
                             },
                             {0, 5, 20, 25}}),
    [](const auto& each) { return each.param.name; });

TEST(Injector, RateIsWithinItsBinomialBound) {
  for (const Ratio percent : {Ratio{1, 100}, Ratio{15, 100}, Ratio{3, 5}}) {
    Schedule schedule;
    schedule.percent = percent;
    const Scenario scenario = scenario_with({fault("f", Hang{}, schedule)});
    Injector injector(scenario, 42);
    constexpr std::int64_t kUnits = 2'000;
    constexpr std::int64_t kCalls = 50;
    for (std::uint64_t unit = 0; unit < kUnits; ++unit) {
      for (std::int64_t i = 0; i < kCalls; ++i) (void)injector.decide(call(i, 2min, scatter(unit)));
    }
    const double p = percent.to_double();
    EXPECT_NEAR(static_cast<double>(injector.injected(0)), p * kUnits * kCalls,
                4 * std::sqrt(p * (1 - p) * kUnits * kCalls));
    EXPECT_EQ(injector.eligible(0), kUnits * kCalls);
  }
}

TEST(Injector, OrderOfArrivalChangesNothing) {
  Schedule half;
  half.percent = {1, 2};
  const Scenario scenario =
      scenario_with({fault("slow", SlowTtft{Constant{1s}}, half), fault("cut", Hang{}, half)});
  std::vector<CallSite> calls;
  for (std::uint64_t unit = 0; unit < 50; ++unit) {
    for (std::int64_t i = 0; i < 20; ++i) calls.push_back(call(i, 2min, scatter(unit)));
  }
  const auto decisions = [&](std::vector<CallSite> order) {
    Injector injector(scenario, 5);
    std::map<std::pair<std::uint64_t, std::int64_t>, std::vector<std::uint32_t>> out;
    for (const CallSite& site : order) {
      const FaultPlan plan = injector.decide(site);
      out[{site.unit, site.call_index}].assign(plan.faults.begin(),
                                               plan.faults.begin() + plan.count);
    }
    return out;
  };
  std::vector<CallSite> shuffled = calls;
  Stream stream(3);
  for (std::size_t i = shuffled.size() - 1; i > 0; --i) {
    std::swap(shuffled[i], shuffled[stream.below(i + 1)]);
  }
  EXPECT_EQ(decisions(calls), decisions(shuffled));
}

TEST(Injector, SeedScenarioAndFaultAllCount) {
  Schedule half;
  half.percent = {1, 2};
  const auto pattern = [&](std::uint64_t seed, const std::string& hash, const std::string& id) {
    Scenario scenario = scenario_with({fault(id, Hang{}, half)});
    scenario.hash = hash;
    Injector injector(scenario, seed);
    std::string out;
    for (std::int64_t i = 0; i < 64; ++i) out += injector.decide(call(i)).empty() ? '.' : 'x';
    return out;
  };
  const std::string base = pattern(1, "a", "f");
  EXPECT_EQ(base, pattern(1, "a", "f"));
  EXPECT_NE(base, pattern(2, "a", "f"));
  EXPECT_NE(base, pattern(1, "b", "f"));
  EXPECT_NE(base, pattern(1, "a", "g"));
}

TEST(Injector, FirstTerminalFaultWinsAndPacingFaultsCompose) {
  const Scenario scenario =
      scenario_with({fault("slow", SlowTtft{Constant{1s}}), fault("limit", RateLimit{}),
                     fault("hang", Hang{}), fault("price", UsageInflation{{10, 1}})});
  Injector injector(scenario, 1);
  const FaultPlan plan = injector.decide(call(0));
  EXPECT_EQ(std::vector<std::uint32_t>(plan.faults.begin(), plan.faults.begin() + plan.count),
            (std::vector<std::uint32_t>{0, 1, 3}));
  EXPECT_EQ(injector.injected(2), 0);
  EXPECT_EQ(injector.eligible(2), 1);
}

TEST(Injector, StopsAtItsMaximum) {
  FaultSpec spec = fault("f", Hang{});
  spec.max_count = 3;
  const Scenario scenario = scenario_with({spec});
  Injector injector(scenario, 1);
  for (std::int64_t i = 0; i < 10; ++i) (void)injector.decide(call(i));
  EXPECT_EQ(injector.injected(0), 3);
  EXPECT_EQ(injector.eligible(0), 10);
}

TEST(Injector, WithdrawnInjectsNothing) {
  const Scenario scenario = scenario_with({fault("f", Hang{})});
  Injector injector(scenario, 1);
  injector.withdraw();
  EXPECT_TRUE(injector.decide(call(0)).empty());
  EXPECT_EQ(injector.eligible(0), 0);
}

TEST(Injector, MatchNarrowsDown) {
  FaultSpec spec = fault("f", Hang{});
  spec.match.agent = "agent-1*";
  spec.match.model = "m1";
  const Scenario scenario = scenario_with({spec});
  Injector injector(scenario, 1);
  const auto hits = [&](std::string_view agent, std::string_view model) {
    CallSite site = call(0);
    site.agent = agent;
    site.model = model;
    return !injector.decide(site).empty();
  };
  EXPECT_TRUE(hits("agent-17", "m1"));
  EXPECT_FALSE(hits("agent-2", "m1"));
  EXPECT_FALSE(hits("agent-17", "m2"));
}

TEST(Injector, DrawsOfOneCallAreItsOwn) {
  const Scenario scenario = scenario_with({fault("a", Hang{}), fault("b", Hang{})});
  const Injector injector(scenario, 1);
  EXPECT_EQ(injector.draw(0, call(0)), injector.draw(0, call(0, 5min)));
  EXPECT_NE(injector.draw(0, call(0)), injector.draw(1, call(0)));
  EXPECT_NE(injector.draw(0, call(0)), injector.draw(0, call(1)));
}

TEST(Injector, DecidesWithoutAllocation) {
  FaultSpec narrow = fault("narrow", Hang{});
  narrow.match.agent = "agent-*7";
  const Scenario scenario = scenario_with({fault("slow", SlowTtft{Constant{1s}}), narrow});
  Injector injector(scenario, 1);
  CallSite site = call(0);
  site.agent = "agent-of-a-name-that-no-string-holds-by-itself-17";
  allocations = {};
  for (; site.call_index < 1'000; ++site.call_index) (void)injector.decide(site);
  EXPECT_EQ(allocations.count, 0u);
  EXPECT_EQ(injector.injected(1), 1'000);
}

}  // namespace
}  // namespace fusebox::chaos
