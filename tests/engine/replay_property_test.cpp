// The engine is a function: the same journal gives the same lines, whether it is fed whole, twice,
// or cut at any place with the state saved and restored between.
#include <cstdlib>

#include "killswitch/audit.hpp"
#include "sre/engine/engine.hpp"
#include "tests/engine/random_journal.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::engine {
namespace {

struct Output {
  std::string lines;
  std::string audit;
  std::string summary;
  friend bool operator==(const Output&, const Output&) = default;
};

// Feeds the journal; at each of `cuts` (ascending positions) the engine is saved, thrown away, and
// restored into a fresh one.
Output run(const std::vector<std::string>& journal, const std::vector<std::size_t>& cuts = {}) {
  const EngineSpec spec = spec_of(kEverything);
  auto engine = std::make_unique<Engine>(spec);
  telemetry::JournalDecoder decoder;
  Effects effects;
  std::size_t next_cut = 0;
  for (std::size_t i = 0; i < journal.size(); ++i) {
    for (; next_cut < cuts.size() && cuts[next_cut] == i; ++next_cut) {
      const std::string state = engine->save();
      engine = std::make_unique<Engine>(spec);
      const auto restored = engine->restore(state);
      EXPECT_TRUE(restored) << restored.error().message;
      EXPECT_EQ(engine->save(), state) << "restoring is not the inverse of saving, line " << i;
    }
    const auto input = decoder.decode_line(journal[i]);
    EXPECT_TRUE(input) << journal[i] << ": " << input.error().message;
    if (!input) return {};
    engine->apply(**input, effects);
  }
  Output out;
  for (const telemetry::Record& record : effects.records) {
    telemetry::append_json(out.lines, record);
    out.lines += '\n';
  }
  out.audit = effects.audit;
  engine->write_summary(out.summary);
  return out;
}

std::uint64_t seeds() { return std::getenv("FUSEBOX_PROVE") != nullptr ? 1000 : 40; }

TEST(EngineReplay, SameJournalGivesTheSameBytes) {
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto journal = random_journal(seed, 1500);
    const Output whole = run(journal);
    EXPECT_EQ(run(journal), whole);
    EXPECT_GT(whole.lines.size(), 10'000U);
    EXPECT_FALSE(killswitch::verify_chain(whole.audit).first_bad.has_value());
  }
}

// A property over journals in which nothing happens would prove nothing.
TEST(EngineReplay, RandomJournalsReachEveryKindOfRecordAndReason) {
  std::string lines;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) lines += run(random_journal(seed, 1500)).lines;
  for (const char* part : {"\"decision\":",
                           "\"policy\":",
                           "\"breaker\":",
                           "\"alert\":",
                           "\"slo_status\":",
                           "\"limit\":",
                           "\"kill\":",
                           "\"notice\":",
                           "killed",
                           "approval_required",
                           "budget_exceeded",
                           "rate_limited",
                           "concurrency_limited",
                           "breaker_open",
                           "breaker_probing",
                           "restricted",
                           "probe_patience",
                           "approval_granted",
                           "armed",
                           "_overflow",
                           "uncertain\":true",
                           "would_be",
                           "overrun",
                           "forced",
                           "raise_ended",
                           "raise_refused",
                           "\"threshold\""}) {
    EXPECT_NE(lines.find(part), std::string::npos) << part;
  }
}

TEST(EngineReplay, CutAnywhereWithStateSavedAndRestoredGivesTheSameOutput) {
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto journal = random_journal(seed, 1500);
    RandomSource random(seed ^ 0xC07);
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; at < journal.size();
         at += 1 + static_cast<std::size_t>(random.below(300))) {
      cuts.push_back(at);
    }
    const Output whole = run(journal);
    const Output pieces = run(journal, cuts);
    EXPECT_EQ(pieces.lines, whole.lines);
    EXPECT_EQ(pieces.audit, whole.audit);
    EXPECT_EQ(pieces.summary, whole.summary);
  }
}

std::string saved_state(std::uint64_t seed) {
  Script script(kEverything);
  for (const std::string& line : random_journal(seed, 400)) script.feed(line);
  return script.engine().save();
}

TEST(EngineState, EveryTruncationIsRefused) {
  const std::string state = saved_state(1);
  const EngineSpec spec = spec_of(kEverything);
  for (std::size_t size = 0; size < state.size(); size += 1 + size / 50) {
    Engine engine(spec);
    EXPECT_FALSE(engine.restore(std::string_view(state).substr(0, size))) << size;
  }
}

TEST(EngineState, EveryFlippedBitIsRefused) {
  std::string state = saved_state(2);
  const EngineSpec spec = spec_of(kEverything);
  for (std::size_t at = 0; at < state.size(); at += 1 + state.size() / 200) {
    state[at] = static_cast<char>(state[at] ^ 0x10);
    Engine engine(spec);
    const auto restored = engine.restore(state);
    ASSERT_FALSE(restored) << at;
    EXPECT_EQ(restored.error().code, ErrorCode::StateCorrupt);
    state[at] = static_cast<char>(state[at] ^ 0x10);
  }
}

TEST(EngineState, OlderAndNewerLayoutsAreRefused) {
  for (const int version : {0, 1, 2, 3, 5}) {
    std::string state = saved_state(3);
    state[3] = static_cast<char>(2 * version);  // a zigzag varint, behind the magic
    state.resize(state.size() - 32);
    const auto digest = killswitch::sha256(state);
    state.append(digest.begin(), digest.end());
    Engine engine(spec_of(kEverything));
    const auto restored = engine.restore(state);
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code, version > 4 ? ErrorCode::StateNewer : ErrorCode::StateCorrupt);
  }
}

}  // namespace
}  // namespace fusebox::engine
