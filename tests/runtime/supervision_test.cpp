#include "sre/runtime/detail/supervision.hpp"

#include <csignal>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/overload.hpp"
#include "tests/base/draw.hpp"

namespace fusebox::runtime::detail {
namespace {

using Texts = std::vector<std::string>;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace on = event;

constexpr Instant kStart{seconds{1'000}};

std::string_view name_of(SupervisionEnd::Kind kind) {
  switch (kind) {
    case SupervisionEnd::Kind::CommandEnded:
      return "ended";
    case SupervisionEnd::Kind::StoppedByOrder:
      return "stopped";
    case SupervisionEnd::Kind::LeaseExpired:
      return "lease";
    case SupervisionEnd::Kind::StartFailed:
      return "start failed";
    case SupervisionEnd::Kind::Unreachable:
      return "unreachable";
    case SupervisionEnd::Kind::Refused:
      return "refused";
    case SupervisionEnd::Kind::Interrupted:
      return "interrupted";
  }
  return "?";
}

// "ack proc-1 kill-1 confirmed 950ms: 3 processes ended"; of what is said, only that it is.
std::string text_of(const SupervisionEffect& effect) {
  return std::visit(Overload{
                        [](const effect::Connect&) -> std::string { return "connect"; },
                        [](const effect::StartCommand&) -> std::string { return "start"; },
                        [](const effect::TerminateTree&) -> std::string { return "terminate"; },
                        [](const effect::KillTree&) -> std::string { return "kill"; },
                        [](const effect::Forward& each) {
                          return "forward " + std::to_string(each.signal) +
                                 (each.to_all ? " to all" : "");
                        },
                        [](const effect::Acknowledge& each) {
                          return "ack " + each.process + " " + each.order + " " +
                                 std::string(detail::name_of(each.outcome)) + " " +
                                 format_duration(each.took) + ": " + each.detail;
                        },
                        [](const effect::Say&) -> std::string { return "say"; },
                        [](const effect::Finish& each) {
                          return "finish " + std::string(name_of(each.end.kind)) + " " +
                                 std::to_string(each.end.code);
                        },
                    },
                    effect);
}

struct Step {
  int at_ms;  // from the beginning
  SupervisionEvent event;
  Texts effects;
};

struct Story {
  std::string name;
  SupervisionRules rules;
  std::vector<Step> steps;
};

void PrintTo(const Story& story, std::ostream* out) { *out << story.name; }

SupervisionRules rules() { return {.grace = seconds{5}}; }

SupervisionRules running_without_daemon() {
  return {.on_unreachable = OnUnreachable::Run, .grace = seconds{5}};
}

SupervisionRules with_lease() { return {.grace = seconds{1}, .lease = seconds{30}}; }

on::OrderArrived order(std::string id, std::optional<Duration> deadline = {},
                       StopOrder::Category category = StopOrder::Category::Hard) {
  return {{.id = std::move(id),
           .scope = "agent:bot",
           .category = category,
           .deadline = deadline,
           .reason = "the test"}};
}

on::LinkLost lost() { return {.why = "gone", .draw = 0}; }

constexpr auto kDrain = StopOrder::Category::Drain;

// Registered, nothing stands, started: what most stories begin with.
std::vector<Step> started(std::vector<Step> then) {
  std::vector<Step> steps{{0, on::Registered{"proc-1"}, {}}, {0, on::FenceRead{}, {"start"}}};
  steps.insert(steps.end(), then.begin(), then.end());
  return steps;
}

const std::vector<Story> kStories = {
    // --- to the start ---
    {"StartsOnceTheFenceIsRead",
     rules(),
     {{10, on::Registered{"proc-1"}, {}},
      {20, on::TimePassed{}, {}},
      {30, on::FenceRead{}, {"start"}},
      {40, on::FenceRead{}, {}}}},
    {"StartsAfterAWhileIfTheFencesEndIsNotMarked",
     rules(),
     {{10, on::Registered{"proc-1"}, {}},
      {1009, on::Heard{}, {}},
      {1010, on::TimePassed{}, {"start"}}}},
    {"AStandingOrderForbidsTheStart",
     rules(),
     {{0, on::Registered{"proc-1"}, {}},
      {5, order("kill-1"), {"say", "ack proc-1 kill-1 confirmed 0s: not started"}},
      {6, on::FenceRead{}, {}},
      {7, on::Acknowledged{"kill-1", true}, {"finish stopped 0"}}}},
    {"WithoutADaemonItDoesNotStart",
     rules(),
     {{5, lost(), {}},
      {55, on::TimePassed{}, {"connect"}},
      {1999, on::TimePassed{}, {}},
      {2000, on::TimePassed{}, {"say", "finish unreachable 0"}}}},
    {"WithoutADaemonItStartsIfToldTo",
     running_without_daemon(),
     {{5, lost(), {}},
      {55, on::TimePassed{}, {"connect"}},
      {60, lost(), {}},
      {2000, on::TimePassed{}, {"connect", "say", "start"}},
      {2100, on::Registered{"proc-1"}, {"say"}}}},
    {"ADaemonThatDoesNotAnswerCountsAsNone",
     rules(),
     {{2000, on::TimePassed{}, {"say", "finish unreachable 0"}}}},
    {"ALinkThatBreaksBeforeTheFenceIsReadStartsNothing",
     running_without_daemon(),
     {{0, on::Registered{"proc-1"}, {}},
      {1, lost(), {}},
      {51, on::TimePassed{}, {"connect"}},
      {60, on::Registered{"proc-2"}, {}},
      {61, order("kill-1"), {"say", "ack proc-2 kill-1 confirmed 0s: not started"}}}},
    {"ARefusalEndsItWhateverTheUserAccepts",
     running_without_daemon(),
     {{5, on::Refused{"403", 0}, {"say", "finish refused 0"}}}},
    {"ACommandThatDoesNotExistEndsIt",
     rules(),
     {{0, on::Registered{"proc-1"}, {}},
      {0, on::FenceRead{}, {"start"}},
      {1, on::StartFailed{127, "no such file"}, {"say", "finish start failed 127"}}}},
    {"ASignalBeforeTheStartIsForTheSupervisor",
     rules(),
     {{1, on::SignalArrived{SIGWINCH}, {}},
      {2, on::SignalArrived{SIGINT}, {"finish interrupted 130"}}}},

    // --- without an order ---
    {"TheCommandsStatusIsTheEnds", rules(),
     started({{50, on::CommandEnded{3}, {}}, {50, on::TreeEmpty{0}, {"finish ended 3"}}})},
    {"SignalsGoOnToTheCommand", rules(),
     started({{10, on::SignalArrived{SIGTERM}, {"forward 15"}},
              {20, on::CommandEnded{0}, {}},
              {21, on::SignalArrived{SIGTERM}, {"forward 15 to all"}}})},
    {"WhatTheCommandLeavesIsWaitedFor", rules(),
     started({{100, on::CommandEnded{3}, {}},
              {1099, on::TimePassed{}, {}},
              {1100, on::TimePassed{}, {"say"}},
              {9000, on::TreeEmpty{0}, {"finish ended 3"}}})},

    // --- orders ---
    {"WhoObeysSigtermIsConfirmedAtOnce", rules(),
     started({{1000, order("kill-1"), {"say", "terminate"}},
              {1100, on::CommandEnded{143}, {}},
              {1100, on::TreeEmpty{2}, {"ack proc-1 kill-1 confirmed 100ms: 2 processes ended"}},
              {1101, on::Acknowledged{"kill-1", true}, {"finish stopped 143"}}})},
    {"SigkillFollowsTheGraceAgainAndAgain", rules(),
     started({{0, order("kill-1"), {"say", "terminate"}},
              {4999, on::TimePassed{}, {}},
              {5000, on::TimePassed{}, {"kill"}},
              {5009, on::TimePassed{}, {}},
              {5010, on::TimePassed{}, {"kill"}},
              {5011, on::TreeEmpty{1}, {"ack proc-1 kill-1 confirmed 5011ms: 1 process ended"}}})},
    {"NoGraceIsSigkillAtOnce", rules(),
     started({{0, order("kill-1", milliseconds{0}), {"say", "kill"}}})},
    {"AHardDeadlineKeepsTimeForTheKill", rules(),
     started({{0, order("kill-1", seconds{3}), {"say", "terminate"}},
              {2749, on::TimePassed{}, {}},
              {2750, on::TimePassed{}, {"kill"}}})},
    {"AShortDeadlineKeepsAQuarter", rules(),
     started({{0, order("kill-1", milliseconds{100}), {"say", "terminate"}},
              {74, on::TimePassed{}, {}},
              {75, on::TimePassed{}, {"kill"}}})},
    {"AHardOrderGivesNoMoreThanTheGrace", rules(),
     started({{0, order("kill-1", seconds{60}), {"say", "terminate"}},
              {5000, on::TimePassed{}, {"kill"}}})},
    {"ADrainGivesAllItsTime", rules(),
     started({{0, order("kill-1", seconds{60}, kDrain), {"say", "terminate"}},
              {59'749, on::TimePassed{}, {}},
              {59'750, on::TimePassed{}, {"kill"}}})},
    {"ALaterOrderHastensTheEnd", rules(),
     started({{0, order("kill-1", seconds{60}, kDrain), {"say", "terminate"}},
              {10, order("kill-2", milliseconds{0}), {"say", "kill"}},
              {20,
               on::TreeEmpty{1},
               {"ack proc-1 kill-1 confirmed 20ms: 1 process ended",
                "ack proc-1 kill-2 confirmed 10ms: 1 process ended"}}})},
    {"ALaterOrderDelaysNothing", rules(),
     started({{0, order("kill-1"), {"say", "terminate"}},
              {10, order("kill-2", seconds{60}, kDrain), {"say"}},
              {5000, on::TimePassed{}, {"kill"}}})},
    {"AnOrderForWhatTheCommandLeft", rules(),
     started({{10, on::CommandEnded{0}, {}},
              {20, order("kill-1"), {"say", "terminate"}},
              {30, on::TreeEmpty{1}, {"ack proc-1 kill-1 confirmed 10ms: 1 process ended"}},
              {31, on::Acknowledged{"kill-1", true}, {"finish stopped 0"}}})},

    // --- outcomes ---
    {"WhatDoesNotDieIsReportedAndKilledOn", rules(),
     started({{0, order("kill-1", milliseconds{0}), {"say", "kill"}},
              {0, on::TreeCounted{2, 0}, {}},
              {2000, on::TimePassed{}, {"kill"}},
              {2000,
               on::TreeCounted{2, 0},
               {"say", "ack proc-1 kill-1 unconfirmed 2s: 2 processes left after SIGKILL"}},
              {2001, on::Acknowledged{"kill-1", true}, {}},
              {2010, on::TimePassed{}, {"kill"}},
              {2010, on::TreeCounted{2, 0}, {}},
              {2020, on::TreeEmpty{2}, {"ack proc-1 kill-1 confirmed 2020ms: 2 processes ended"}},
              {2021, on::Acknowledged{"kill-1", true}, {"finish stopped 0"}}})},
    {"WhoMayNotBeSignalledIsAFailure", rules(),
     started(
         {{0, order("kill-1", milliseconds{0}), {"say", "kill"}},
          {2000, on::TimePassed{}, {"kill"}},
          {2000,
           on::TreeCounted{3, 1},
           {"say",
            "ack proc-1 kill-1 failed 2s: 3 processes left after SIGKILL, 1 of another user"}}})},
    {"AnOutcomeThatChangesOnItsWayIsSentAgain", rules(),
     started({{0, order("kill-1", milliseconds{0}), {"say", "kill"}},
              {2000, on::TimePassed{}, {"kill"}},
              {2000,
               on::TreeCounted{1, 0},
               {"say", "ack proc-1 kill-1 unconfirmed 2s: 1 process left after SIGKILL"}},
              {2001, on::TreeEmpty{1}, {}},
              {2002,
               on::Acknowledged{"kill-1", true},
               {"ack proc-1 kill-1 confirmed 2001ms: 1 process ended"}},
              {2003, on::Acknowledged{"kill-1", true}, {"finish stopped 0"}}})},

    // --- the link ---
    {"AnAcknowledgementIsTriedAgain", rules(),
     started({{0, order("kill-1"), {"say", "terminate"}},
              {10, on::TreeEmpty{1}, {"ack proc-1 kill-1 confirmed 10ms: 1 process ended"}},
              {20, on::Acknowledged{"kill-1", false}, {}},
              {519, on::TimePassed{}, {}},
              {520, on::TimePassed{}, {"ack proc-1 kill-1 confirmed 10ms: 1 process ended"}}})},
    {"AnAcknowledgementIsNotWaitedForForEver", rules(),
     started({{0, order("kill-1"), {"say", "terminate"}},
              {5, lost(), {"say"}},
              {10, on::TreeEmpty{1}, {}},
              {3009, on::TimePassed{}, {"connect"}},
              {3010, on::TimePassed{}, {"say", "finish stopped 0"}}})},
    {"ADaemonThatComesBackGetsWhatItMissed", rules(),
     started({{0, order("kill-1"), {"say", "terminate"}},
              {5, lost(), {"say"}},
              {10, on::TreeEmpty{1}, {}},
              {55, on::TimePassed{}, {"connect"}},
              {60,
               on::Registered{"proc-9"},
               {"say", "ack proc-9 kill-1 confirmed 10ms: 1 process ended"}},
              {61, on::Acknowledged{"kill-1", true}, {"finish stopped 0"}}})},
    {"ADaemonThatComesBackAndAsksAgainIsToldAgain", rules(),
     started({{0, order("kill-1", milliseconds{0}), {"say", "kill"}},
              {2000, on::TimePassed{}, {"kill"}},
              {2000,
               on::TreeCounted{1, 0},
               {"say", "ack proc-1 kill-1 unconfirmed 2s: 1 process left after SIGKILL"}},
              {2001, on::Acknowledged{"kill-1", true}, {}},
              {2002, lost(), {"say"}},
              {2052, on::TimePassed{}, {"connect", "kill"}},
              {2053, on::Registered{"proc-2"}, {"say"}},
              {2054,
               order("kill-1", milliseconds{0}),
               {"ack proc-2 kill-1 unconfirmed 2s: 1 process left after SIGKILL"}}})},
    {"ItObeysTheFenceItFindsWhenTheDaemonComesBack", rules(),
     started({{100, lost(), {"say"}},
              {150, on::TimePassed{}, {"connect"}},
              {151, lost(), {}},
              {251, on::TimePassed{}, {"connect"}},
              {300, on::Registered{"proc-2"}, {"say"}},
              {301, order("kill-1", milliseconds{0}), {"say", "kill"}}})},
    {"ARefusalWhileItRunsIsALostLink", rules(),
     started({{100, on::Refused{"401", 0}, {"say"}}, {150, on::TimePassed{}, {"connect"}}})},
    {"ASecondSignalEndsTheWaitForTheDaemon", rules(),
     started({{0, order("kill-1"), {"say", "terminate"}},
              {10, on::TreeEmpty{1}, {"ack proc-1 kill-1 confirmed 10ms: 1 process ended"}},
              {20, on::SignalArrived{SIGINT}, {"finish stopped 0"}}})},

    // --- the lease ---
    {"ALeaseRunsFromTheLastWordOfTheDaemon", with_lease(),
     started({{10'000, on::Heard{}, {}},
              {15'000, lost(), {"say"}},
              {39'999, on::TimePassed{}, {"connect"}},
              {40'000, on::TimePassed{}, {"say", "terminate"}},
              {41'000, on::TimePassed{}, {"kill"}},
              {41'001, on::TreeEmpty{1}, {"finish lease 0"}}})},
    {"ALeaseDoesNotRunWhileTheDaemonIsThere", with_lease(),
     started({{100'000, on::TimePassed{}, {}}, {100'001, lost(), {"say", "say", "terminate"}}})},
    {"ADaemonThatComesBackInTimeKeepsTheLease", with_lease(),
     started({{10'000, lost(), {"say"}},
              {10'050, on::TimePassed{}, {"connect"}},
              {29'000, on::Registered{"proc-2"}, {"say"}},
              {30'000, on::TimePassed{}, {}},
              {59'000, on::TimePassed{}, {}}})},
    {"WithoutALeaseTheCommandGoesOn", rules(),
     started({{10, lost(), {"say"}}, {10'000'000, on::TimePassed{}, {"connect"}}})},
};

class SupervisionStory : public ::testing::TestWithParam<Story> {};

TEST_P(SupervisionStory, Holds) {
  Supervision machine(GetParam().rules, kStart);
  Supervision::Effects effects;
  machine.begin(effects);
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_EQ(text_of(effects.front()), "connect");
  for (const Step& step : GetParam().steps) {
    effects.clear();
    machine.put(step.event, kStart + milliseconds{step.at_ms}, effects);
    Texts texts;
    for (const SupervisionEffect& each : effects) texts.push_back(text_of(each));
    EXPECT_EQ(texts, step.effects) << "at " << step.at_ms << " ms";
  }
}

INSTANTIATE_TEST_SUITE_P(All, SupervisionStory, ::testing::ValuesIn(kStories),
                         [](const auto& info) { return info.param.name; });

TEST(Supervision, SaysWhichOrderWhoseAndWhy) {
  Supervision machine(rules(), kStart);
  Supervision::Effects effects;
  machine.put(on::Registered{"proc-1"}, kStart, effects);
  machine.put(on::FenceRead{}, kStart, effects);
  effects.clear();
  StopOrder stop{.id = "kill-3", .scope = "agent:bot", .reason = "too costly", .actor = "alice"};
  machine.put(on::OrderArrived{stop}, kStart, effects);
  EXPECT_EQ(std::get<effect::Say>(effects.front()).text,
            "stopping by order kill-3 (agent:bot) by alice: too costly; SIGKILL in 5s");
}

TEST(Supervision, OrdersWithoutNumberAreObeyedAndNotHeld) {
  Supervision machine(rules(), kStart);
  Supervision::Effects effects;
  machine.put(on::Registered{"proc-1"}, kStart, effects);
  machine.put(on::FenceRead{}, kStart, effects);
  for (std::size_t i = 0; i < kOrdersMax; ++i) {
    machine.put(order("kill-" + std::to_string(i)), kStart, effects);
  }
  effects.clear();
  machine.put(order("one-too-many", milliseconds{0}), kStart, effects);
  EXPECT_EQ(text_of(effects.back()), "kill");
  effects.clear();
  machine.put(on::TreeEmpty{1}, kStart, effects);
  EXPECT_EQ(effects.size(), kOrdersMax);
}

TEST(ReconnectPause, DoublesUpToFiveSecondsAndIsSpreadOverItsUpperHalf) {
  struct Row {
    int attempt;
    milliseconds least;
    milliseconds most;
  };
  constexpr Row kRows[] = {
      {1, milliseconds{50}, milliseconds{100}},     {2, milliseconds{100}, milliseconds{200}},
      {6, milliseconds{1600}, milliseconds{3200}},  {7, milliseconds{2500}, milliseconds{5000}},
      {50, milliseconds{2500}, milliseconds{5000}}, {1 << 30, milliseconds{2500}, seconds{5}}};
  Draw draw(7);
  for (const Row& row : kRows) {
    EXPECT_EQ(reconnect_pause(row.attempt, 0), row.least) << row.attempt;
    for (int i = 0; i < 100; ++i) {
      const Duration pause = reconnect_pause(row.attempt, draw.bits());
      EXPECT_GE(pause, row.least) << row.attempt;
      EXPECT_LE(pause, row.most) << row.attempt;
    }
  }
}

// --- Whatever happens in whatever order ---

SupervisionEvent any_event(Draw& draw) {
  const std::string id = "kill-" + std::to_string(draw.below(3));
  switch (draw.below(12)) {
    case 0:
      return on::Registered{"proc-" + std::to_string(draw.below(3))};
    case 1:
      return on::FenceRead{};
    case 2:
      return order(id, milliseconds{draw.below(3'000)},
                   draw.below(2) == 0 ? kDrain : StopOrder{}.category);
    case 3:
      return on::LinkLost{"gone", draw.bits()};
    case 4:
      return on::Refused{"no", draw.bits()};
    case 5:
      return on::CommandEnded{static_cast<int>(draw.below(256))};
    case 6:
      return on::TreeCounted{static_cast<std::size_t>(draw.below(3)), 0};
    case 7:
      return on::TreeEmpty{static_cast<std::size_t>(draw.below(9))};
    case 8:
      return on::Acknowledged{id, draw.below(2) == 0};
    case 9:
      return on::SignalArrived{draw.below(2) == 0 ? SIGTERM : SIGWINCH};
    case 10:
      return on::Heard{};
    default:
      return on::TimePassed{};
  }
}

// What must hold of a run, seen from outside.
struct Watched {
  bool started = false;
  bool ordered = false;
  bool gone = false;
  bool finished = false;

  void see(const SupervisionEffect& effect) {
    EXPECT_FALSE(finished) << "after the end: " << text_of(effect);
    if (std::holds_alternative<effect::StartCommand>(effect)) {
      EXPECT_FALSE(started) << "started twice";
      EXPECT_FALSE(ordered) << "started against an order";
      started = true;
    }
    if (const auto* ack = std::get_if<effect::Acknowledge>(&effect)) {
      const bool confirmed = ack->outcome == StopOutcome::Confirmed;
      EXPECT_EQ(confirmed, gone || !started) << text_of(effect);
    }
    if (std::holds_alternative<effect::KillTree>(effect)) {
      EXPECT_TRUE(started && !gone && ordered);
    }
    if (std::holds_alternative<effect::Finish>(effect)) {
      EXPECT_TRUE(gone || !started) << "finished while something lives";
      finished = true;
    }
  }
};

// An event that the shell can send now: nothing of a tree that was not started.
bool possible(const SupervisionEvent& event, const Watched& run) {
  const bool of_tree = std::holds_alternative<on::CommandEnded>(event) ||
                       std::holds_alternative<on::TreeCounted>(event) ||
                       std::holds_alternative<on::TreeEmpty>(event);
  return !of_tree || (run.started && !run.gone);
}

TEST(Supervision, NeverConfirmsStartsOrEndsWrongly) {
  int confirmed = 0;
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Draw draw(seed);
    Supervision machine(draw.below(2) == 0 ? rules() : running_without_daemon(), kStart);
    Instant now = kStart;
    Watched run;
    Supervision::Effects effects;
    machine.begin(effects);
    if (draw.below(4) > 0) {  // or few runs get as far as a command
      machine.put(on::Registered{"proc-1"}, now, effects);
      machine.put(on::FenceRead{}, now, effects);
      run.started = true;
    }
    for (int step = 0; step < 60 && !run.finished; ++step) {
      const SupervisionEvent event = any_event(draw);
      if (!possible(event, run)) continue;
      run.ordered = run.ordered || std::holds_alternative<on::OrderArrived>(event);
      run.gone = run.gone || std::holds_alternative<on::TreeEmpty>(event);
      now += milliseconds{draw.below(800)};
      effects.clear();
      machine.put(event, now, effects);
      for (const SupervisionEffect& each : effects) run.see(each);
      // Or the shell would spin.
      EXPECT_GT(machine.next_deadline(), now);
      if (::testing::Test::HasFailure()) return;
    }
    confirmed += run.started && run.gone && run.ordered && run.finished ? 1 : 0;
  }
  EXPECT_GT(confirmed, 100) << "the runs are too short to show anything";
}

}  // namespace
}  // namespace fusebox::runtime::detail
