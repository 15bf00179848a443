// The corpus of tests/fuzz/state_fuzz.cpp: saved states without their digest. A corpus that the
// engine no longer takes would show nothing, so a change of the layout must write it anew:
// UPDATE_GOLDEN=1.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "killswitch/sha256.hpp"
#include "sre/engine/engine.hpp"
#include "tests/engine/random_journal.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::engine {
namespace {

const std::filesystem::path kFolder = FUSEBOX_SOURCE_DIR "/tests/fuzz/corpus/state";

// The state after so many random lines, with a little of everything that can stand in one.
std::string state_after(std::size_t lines) {
  Script script(kEverything);
  for (const std::string& line : random_journal(lines + 1, lines)) script.feed(line);
  for (const char* line :
       {R"("force":{"id":"tools:x","state":"open","for":"1h","reason":"r","actor":"a"})",
        R"("raise":{"id":"hourly:s1","dimension":"tokens","by":5,"for":"1h","reason":"r",)"
        R"("actor":"a"})",
        R"("id":"q","check":{"agent":"a","action":"tool","target":"x","idempotency_key":"k",)"
        R"("attributes":{"a":[1,{"b":"c"}],"d":null,"e":1.5}})"}) {
    script.feed(at(100'000, line));
  }
  std::string state = script.engine().save();
  state.resize(state.size() - 32);
  return state;
}

TEST(EngineStateCorpus, IsTakenByTheEngine) {
  for (const std::size_t lines : {0U, 40U, 150U, 400U}) {
    const auto path = kFolder / ("lines_" + std::to_string(lines));
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
      std::ofstream(path, std::ios::binary) << state_after(lines);
    }
    std::ifstream file(path, std::ios::binary);
    std::string state(std::istreambuf_iterator<char>(file), {});
    const auto digest = killswitch::sha256(state);
    state.append(digest.begin(), digest.end());
    Engine engine(spec_of(kEverything));
    const auto restored = engine.restore(state);
    EXPECT_TRUE(restored) << path << ": " << restored.error().message;
  }
}

}  // namespace
}  // namespace fusebox::engine
