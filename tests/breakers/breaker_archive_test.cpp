// State as bytes: the same breaker after them, and no breaker that could not be from bad ones.
#include <random>

#include "breakers/breaker.hpp"
#include "tests/breakers/breaker_driver.hpp"

namespace fusebox::breakers {
namespace {

std::string saved(const Breaker& breaker) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  breaker.save(archive);
  return bytes;
}

bool restored(Breaker& breaker, std::string_view bytes) {
  ArchiveReader archive(bytes);
  breaker.restore(archive);
  return !archive.failed() && archive.at_end();
}

BreakerSpec full_spec(WindowSpec window) {
  BreakerSpec spec = rate_spec(window, 4, {1, 2});
  spec.slow = SlowDetector{kSlowLimit, {3, 4}};
  spec.consecutive_failures = 3;
  spec.open_backoff = {2, 1};
  spec.probes = 3;
  return spec;
}

// After every step of a random story a restored twin replaces the breaker; another one is never
// saved. Both tell the same story.
TEST(BreakerArchive, SavingAndRestoringAtEveryStepChangesNothing) {
  for (const WindowSpec& window :
       {WindowSpec{CountWindow{8}}, WindowSpec{TimeWindow{seconds{30}}}}) {
    Driver plain(full_spec(window));
    Driver cut(full_spec(window));
    std::mt19937 random(7);
    std::vector<Ticket> open_tickets;
    for (int i = 0; i < 3000; ++i) {
      const std::string bytes = saved(cut.breaker);
      cut.breaker = Breaker{cut.spec};
      ASSERT_TRUE(restored(cut.breaker, bytes));
      ASSERT_EQ(saved(cut.breaker), bytes);
      const char letter = std::string_view("SSSFFTsfN")[random() % 9];
      switch (random() % 4) {
        case 0:
          if (plain.breaker.peek(plain.now).allowed) {
            open_tickets.push_back(plain.take());
            (void)cut.take();
          }
          break;
        case 1:
          if (open_tickets.empty()) break;
          plain.end(open_tickets.back(), letter);
          cut.end(open_tickets.back(), letter);
          open_tickets.pop_back();
          break;
        case 2:
          plain.observe(letter);
          cut.observe(letter);
          break;
        default:
          plain.advance(seconds{random() % 5});
          cut.advance(plain.now - cut.now);
          break;
      }
    }
    EXPECT_GT(plain.moves.size(), 50U);
    EXPECT_EQ(plain.story(), cut.story());
    EXPECT_EQ(saved(plain.breaker), saved(cut.breaker));
  }
}

std::vector<std::string> states_of_one_breaker() {
  Driver driver(full_spec(CountWindow{8}));
  std::vector<std::string> states{saved(driver.breaker)};
  driver.calls("SF");
  states.push_back(saved(driver.breaker));
  driver.calls("FF");
  states.push_back(saved(driver.breaker));
  driver.advance(seconds{10});
  (void)driver.take_many(2);
  driver.observe('S');
  states.push_back(saved(driver.breaker));
  return states;
}

// Cut anywhere, and with every byte set to every value: it fails, or gives a breaker that works.
TEST(BreakerArchive, HostileBytesNeverMakeABreakerThatBreaks) {
  const BreakerSpec spec = full_spec(CountWindow{8});
  const auto exercise = [&spec](const std::string& bytes) {
    Breaker breaker(spec);
    if (!restored(breaker, bytes)) return;
    const Instant now = kStart + seconds{20};
    if (const auto deadline = breaker.next_deadline(); deadline && *deadline <= now) {
      breaker.on_deadline(now);
    }
    if (breaker.peek(now).allowed && breaker.state() != BreakerState::Open) {
      breaker.report(breaker.take(now), result_of('F'), now, now);
    }
    breaker.observe(result_of('s'), now, now);
    EXPECT_TRUE(breaker.tally(now).plausible());
  };
  for (const std::string& good : states_of_one_breaker()) {
    for (std::size_t i = 0; i < good.size(); ++i) {
      Breaker breaker(spec);
      EXPECT_FALSE(restored(breaker, good.substr(0, i)));
      EXPECT_EQ(breaker.state(), BreakerState::Closed);
      for (int value = 0; value < 256; ++value) {
        std::string bytes = good;
        bytes[i] = static_cast<char>(value);
        exercise(bytes);
      }
    }
  }
}

// All probes answered and nothing decided: no deadline would ever come.
TEST(BreakerArchive, AHalfOpenThatIsStuckIsRefused) {
  const auto bytes_with = [](std::uint32_t answered) {
    std::string bytes;
    ArchiveWriter archive(bytes);
    const Instant since = kStart + seconds{10};
    archive(BreakerState::HalfOpen, std::uint32_t{0}, std::uint64_t{3}, Duration{seconds{10}},
            since, since, std::vector<std::uint64_t>{}, answered, answered,
            CallTally{.calls = answered, .failures = 0, .slow = 0});
    return bytes;
  };
  const BreakerSpec spec = full_spec(CountWindow{8});  // three probes
  Breaker breaker(spec);
  EXPECT_TRUE(restored(breaker, bytes_with(2)));
  EXPECT_FALSE(restored(breaker, bytes_with(3)));
}

TEST(BreakerArchive, StateOfAnotherSpecIsRefused) {
  const auto states = states_of_one_breaker();
  BreakerSpec fewer_probes = full_spec(CountWindow{8});
  fewer_probes.probes = 1;
  Breaker breaker(fewer_probes);
  EXPECT_FALSE(restored(breaker, states[3]));
  BreakerSpec shorter = full_spec(CountWindow{8});
  shorter.open_wait = seconds{20};
  Breaker waits_longer(shorter);
  EXPECT_FALSE(restored(waits_longer, states[2]));
}

}  // namespace
}  // namespace fusebox::breakers
