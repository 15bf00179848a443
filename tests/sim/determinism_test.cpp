#include "sre/sim/determinism.hpp"

#include <vector>

#include "sre/sim/seeds.hpp"
#include "tests/sim/brownout.hpp"

namespace fusebox::sim {
namespace {

// Plays one list of events, and then another.
std::optional<Divergence> divergence(std::vector<Trace> first, std::vector<Trace> second) {
  int run = 0;
  return first_divergence([&](const TraceSink& sink) {
    for (const Trace& trace : run++ == 0 ? first : second) sink(trace);
  });
}

Trace event(std::int64_t ns, std::uint64_t hash) { return {from_ns(ns), DueKind::Answer, hash}; }

TEST(FirstDivergence, IsNowhereWhereBothAreTheSame) {
  EXPECT_FALSE(divergence({}, {}));
  EXPECT_FALSE(divergence({event(1, 10), event(2, 20)}, {event(1, 10), event(2, 20)}));
}

TEST(FirstDivergence, IsTheFirstEventThatDiffers) {
  const auto found = divergence({event(1, 10), event(2, 20), event(3, 30)},
                                {event(1, 10), event(5, 21), event(6, 31)});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->event, 1);
  EXPECT_EQ(found->at, from_ns(5));
  EXPECT_EQ(found->kind, DueKind::Answer);
}

TEST(FirstDivergence, IsWhereOneEnds) {
  EXPECT_EQ(divergence({event(1, 10)}, {event(1, 10), event(2, 20)})->event, 1);
  EXPECT_EQ(divergence({event(1, 10), event(2, 20)}, {event(1, 10)})->event, 1);
}

TEST(Determinism, ASimulationIsTheSameTwice) {
  const engine::EngineSpec engine = engine_of(kBrownoutProtection);
  Options options;
  options.seed = 3;
  EXPECT_FALSE(check_determinism(brownout(), engine, engine.slos, options));
}

TEST(Seeds, GiveTheSameOnOneThreadAndOnMany) {
  const engine::EngineSpec engine = engine_of(kBrownoutProtection);
  const auto sweep = [&](unsigned threads) {
    Sweep options;
    options.first_seed = 11;
    options.last_seed = 14;
    options.threads = threads;
    int told = 0;
    options.done = [&](const chaos::RunResult&) { ++told; };
    auto results = simulate_seeds(brownout(), engine, engine.slos, options);
    EXPECT_EQ(told, 4);
    return results;
  };
  const auto one = sweep(1);
  const auto many = sweep(3);
  ASSERT_EQ(one.size(), 4u);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].seed, 11 + i);
    EXPECT_EQ(one[i].run_hash, many[i].run_hash);
    EXPECT_EQ(one[i].verdict, many[i].verdict);
  }
  EXPECT_NE(one[0].run_hash, one[1].run_hash);
}

}  // namespace
}  // namespace fusebox::sim
