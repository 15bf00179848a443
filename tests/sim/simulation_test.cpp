#include "sre/sim/simulation.hpp"

#include <string>

#include "tests/sim/brownout.hpp"

namespace fusebox::sim {
namespace {

using namespace std::chrono_literals;

chaos::RunResult run(std::uint64_t seed, std::string* journal = nullptr) {
  const engine::EngineSpec engine = engine_of(kBrownoutProtection);
  Options options;
  options.seed = seed;
  options.configuration = "test";
  if (journal != nullptr) options.journal = [=](std::string_view line) { *journal += line; };
  return simulate(brownout(), engine, engine.slos, options);
}

TEST(Simulation, ASeedIsARunToTheByte) {
  std::string one;
  std::string two;
  const chaos::RunResult first = run(7, &one);
  const chaos::RunResult second = run(7, &two);
  EXPECT_EQ(first.run_hash, second.run_hash);
  EXPECT_EQ(first.events, second.events);
  EXPECT_EQ(one, two);
  EXPECT_FALSE(one.empty());
}

// The same with every compiler and on any number of threads.
TEST(Simulation, RunHashesArePinned) {
  EXPECT_EQ(run(7).run_hash, "cd4fdaeb9eee661e");
  EXPECT_EQ(run(8).run_hash, "efa9330d4a001cac");
}

TEST(Simulation, TheResultSaysWhatTheDriverAloneKnows) {
  const chaos::RunResult result = run(7);
  EXPECT_EQ(result.seed, 7u);
  EXPECT_EQ(result.configuration, "test");
  EXPECT_EQ(result.length, 5min);
  EXPECT_GT(result.events, 20'000);
  EXPECT_GT(result.decisions, 20'000);
}

TEST(Simulation, TheJournalHoldsInjectionsAndTransitionsButNoDecisions) {
  std::string journal;
  const chaos::RunResult result = run(7, &journal);
  EXPECT_NE(journal.find(R"("injection":{"fault":"slow","unit":"agent-)"), std::string::npos);
  EXPECT_NE(journal.find(R"("breaker":{"name":"models")"), std::string::npos);
  EXPECT_NE(journal.find(R"("arm":"experiment")"), std::string::npos);
  EXPECT_EQ(journal.find(R"("decision")"), std::string::npos);
}

TEST(Simulation, TheExperimentOpensNothingForOthers) {
  std::string journal;
  const chaos::RunResult result = run(7, &journal);
  EXPECT_EQ(journal.find(R"("arm":"control")"), std::string::npos);
  EXPECT_EQ(journal.find(R"("arm":"outside")"), std::string::npos);
}

}  // namespace
}  // namespace fusebox::sim
