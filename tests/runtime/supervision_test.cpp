#include "sre/runtime/detail/supervision.hpp"

#include <csignal>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/base/draw.hpp"
#include "tests/runtime/supervision_support.hpp"

namespace fusebox::runtime::detail {
namespace {

using Texts = std::vector<std::string>;
using namespace testing;  // NOLINT: the vocabulary of the stories

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

SupervisionRules with_lease() { return {.grace = seconds{1}, .lease = seconds{30}}; }

on::LinkLost lost() { return {.why = "gone", .draw = 0}; }

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
                         [](const auto& test) { return test.param.name; });

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

}  // namespace
}  // namespace fusebox::runtime::detail
