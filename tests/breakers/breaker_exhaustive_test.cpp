// Every interleaving of a small breaker: all sequences of a few steps over taking, reporting each
// outstanding ticket in each way, telemetry, waiting a little and waiting for the deadline. States
// that were reached before (the breaker's bytes, the time, the tickets held) are explored once.
#include <set>

#include "breakers/breaker.hpp"
#include "tests/breakers/breaker_driver.hpp"

namespace fusebox::breakers {
namespace {

constexpr std::size_t kTicketsMax = 4;

// One moment of one story.
struct World {
  Breaker breaker;
  Instant now;
  std::vector<Ticket> tickets;  // outstanding, and of earlier generations too

  [[nodiscard]] std::string identity() const {
    std::string bytes;
    ArchiveWriter archive(bytes);
    breaker.save(archive);
    archive(now, tickets);
    return bytes;
  }
};

class Explorer {
 public:
  explicit Explorer(const BreakerSpec& spec) : spec_(spec) {}

  // All worlds that `steps` steps can lead to; every step is checked on the way.
  void explore(int steps) {
    std::vector<World> level{{Breaker{spec_}, kStart, {}}};
    for (int i = 0; i < steps; ++i) {
      next_.clear();
      seen_.clear();
      for (const World& world : level) expand(world);
      level.swap(next_);
    }
  }
  [[nodiscard]] std::size_t steps_checked() const { return steps_; }
  [[nodiscard]] const std::set<std::string>& moves() const { return moves_; }

 private:
  void expand(const World& world) {
    if (world.tickets.size() < kTicketsMax) take(world);
    for (std::size_t i = 0; i < world.tickets.size(); ++i) {
      for (const char letter : std::string_view("SFsN")) report(world, i, letter);
      release(world, i);
    }
    observe(world, 'S');
    observe(world, 'F');
    wait(world, seconds{1});
    if (const auto deadline = world.breaker.next_deadline()) wait(world, *deadline - world.now);
  }

  void take(World world) {
    const Admission admission = world.breaker.peek(world.now);
    const Ticket ticket = world.breaker.take(world.now);
    ASSERT_EQ(admission.allowed, ticket.generation != 0);
    ASSERT_EQ(ticket.probe, admission.allowed && world.breaker.state() == BreakerState::HalfOpen);
    if (!admission.allowed) return;
    world.tickets.push_back(ticket);
    keep(std::move(world));
  }
  void report(World world, std::size_t index, char letter) {
    const Ticket ticket = drop(world, index);
    const std::string before = identity_of(world.breaker);
    const bool current = ticket.generation == world.breaker.generation();
    const std::uint64_t generation = world.breaker.generation();
    note(world, generation, world.breaker.report(ticket, result_of(letter), world.now, world.now));
    if (!current) {
      ASSERT_EQ(identity_of(world.breaker), before);
    }
    keep(std::move(world));
  }
  void release(World world, std::size_t index) {
    const Ticket ticket = drop(world, index);
    const std::uint64_t generation = world.breaker.generation();
    world.breaker.release(ticket);
    ASSERT_EQ(world.breaker.generation(), generation);
    keep(std::move(world));
  }
  void observe(World world, char letter) {
    const std::uint64_t generation = world.breaker.generation();
    note(world, generation, world.breaker.observe(result_of(letter), world.now, world.now));
    keep(std::move(world));
  }
  void wait(World world, Duration by) {
    const Instant until = world.now + by;
    while (world.breaker.next_deadline() && *world.breaker.next_deadline() <= until) {
      world.now = *world.breaker.next_deadline();
      const auto moved = world.breaker.on_deadline(world.now);
      ASSERT_TRUE(moved);
      note(world, world.breaker.generation() - 1, moved);
    }
    world.now = until;
    keep(std::move(world));
  }

  static Ticket drop(World& world, std::size_t index) {
    const Ticket ticket = world.tickets[index];
    world.tickets.erase(world.tickets.begin() + static_cast<std::ptrdiff_t>(index));
    return ticket;
  }
  static std::string identity_of(const Breaker& breaker) {
    std::string bytes;
    ArchiveWriter archive(bytes);
    breaker.save(archive);
    return bytes;
  }

  // A generation is one transition, which starts where the last one ended.
  void note(const World& world, std::uint64_t before, const std::optional<Transition>& moved) {
    ASSERT_EQ(world.breaker.generation(), before + (moved ? 1 : 0));
    if (!moved) return;
    ASSERT_EQ(moved->to, world.breaker.state());
    moves_.insert(std::string(name_of(moved->from)) + '>' + std::string(name_of(moved->to)) + ':' +
                  std::string(name_of(moved->detector)));
  }

  void keep(World world) {
    ++steps_;
    check(world);
    if (seen_.insert(world.identity()).second) next_.push_back(std::move(world));
  }
  // What must hold in every world.
  void check(const World& world) const {
    std::uint32_t unresolved = 0;
    for (const Ticket& ticket : world.tickets) {
      if (ticket.probe && ticket.generation == world.breaker.generation()) ++unresolved;
      ASSERT_LE(ticket.generation, world.breaker.generation());
    }
    ASSERT_LE(unresolved, spec_.probes);
    const Admission admission = world.breaker.peek(world.now);
    const auto deadline = world.breaker.next_deadline();
    switch (world.breaker.state()) {
      case BreakerState::Closed:
        ASSERT_TRUE(admission.allowed);
        ASSERT_FALSE(deadline);
        break;
      case BreakerState::Open:
        // Deadlines are fired when they come, so an open breaker is before its own.
        ASSERT_TRUE(deadline);
        ASSERT_FALSE(admission.allowed);
        ASSERT_EQ(admission.retry_after, *deadline - world.now);
        ASSERT_FALSE(world.breaker.peek(*deadline - nanoseconds{1}).allowed);
        ASSERT_TRUE(world.breaker.peek(*deadline).allowed);
        break;
      case BreakerState::HalfOpen:
        ASSERT_EQ(deadline.has_value(), unresolved > 0);
        if (!admission.allowed) {  // never stuck
          ASSERT_TRUE(deadline);
          ASSERT_EQ(admission.retry_after, *deadline - world.now);
          ASSERT_GT(admission.retry_after, Duration{});
        }
        break;
    }
  }

  const BreakerSpec& spec_;
  std::vector<World> next_;
  std::set<std::string> seen_;
  std::set<std::string> moves_;
  std::size_t steps_ = 0;
};

TEST(BreakerInterleavings, TwoFailuresInARowAndOneProbe) {
  BreakerSpec spec = consecutive_spec(2);
  spec.open_wait = seconds{2};
  spec.open_backoff = {2, 1};
  spec.patience = seconds{3};
  Explorer explorer(spec);
  explorer.explore(12);
  const std::set<std::string> expected{
      "closed>open:consecutive_failures", "open>half_open:", "half_open>open:probe_failed",
      "half_open>open:probe_patience", "half_open>closed:probe_succeeded"};
  EXPECT_EQ(explorer.moves(), expected);
  EXPECT_GT(explorer.steps_checked(), 70'000U);
}

TEST(BreakerInterleavings, OneOfTwoInACountWindowAndThreeProbes) {
  BreakerSpec spec = rate_spec(CountWindow{2}, 1, {1, 2});
  spec.probes = 3;
  spec.open_wait = seconds{1};
  spec.patience = seconds{2};
  Explorer explorer(spec);
  explorer.explore(10);
  const std::set<std::string> expected{
      "closed>open:failure_rate", "open>half_open:", "half_open>open:probe_failed",
      "half_open>open:probe_patience", "half_open>closed:probe_succeeded"};
  EXPECT_EQ(explorer.moves(), expected);
}

TEST(BreakerInterleavings, SlowInATimeWindowAndTwoProbes) {
  BreakerSpec spec = plain_spec();
  spec.window = TimeWindow{seconds{2}};
  spec.minimum_calls = 2;
  spec.slow = SlowDetector{kSlowLimit, {1, 2}};
  spec.probes = 2;
  spec.open_wait = seconds{1};
  spec.patience = seconds{2};
  Explorer explorer(spec);
  explorer.explore(10);
  const std::set<std::string> expected{
      "closed>open:slow_rate", "open>half_open:", "half_open>open:probe_failed",
      "half_open>open:probe_patience", "half_open>closed:probe_succeeded"};
  EXPECT_EQ(explorer.moves(), expected);
}

}  // namespace
}  // namespace fusebox::breakers
