#include <csignal>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "sre/runtime/detail/supervision.hpp"
#include "tests/base/draw.hpp"
#include "tests/runtime/supervision_support.hpp"

namespace fusebox::runtime::detail {
namespace {

using namespace testing;  // NOLINT: the vocabulary of the stories

SupervisionEvent any_event(Draw& draw) {
  const std::string id = "kill-" + std::to_string(draw.below(3));
  switch (draw.below(12)) {
    case 0:
      return on::Registered{"proc-" + std::to_string(draw.below(3))};
    case 1:
      return on::FenceRead{};
    case 2:
      return order(id, milliseconds{draw.below(3'000)},
                   draw.below(2) == 0 ? kDrain : StopOrder::Category::Hard);
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
