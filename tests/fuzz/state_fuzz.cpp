// Saved states from arbitrary bytes, whose digest is recomputed so that it hides nothing. What is
// restored must go on: take any input, let every timer fire, be saved, and be restored again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "killswitch/sha256.hpp"
#include "sre/config/load.hpp"
#include "sre/engine/engine.hpp"
#include "telemetry/journal.hpp"
#include "tests/engine/random_journal.hpp"

namespace {

using fusebox::engine::Effects;
using fusebox::engine::Engine;
using fusebox::engine::EngineSpec;
using fusebox::telemetry::JournalDecoder;

const EngineSpec& spec() {
  static const EngineSpec loaded = [] {
    fusebox::Diagnostics diagnostics;
    auto configuration =
        fusebox::config::load({{"fuzz.yaml", fusebox::engine::kEverything}}, diagnostics);
    FUSEBOX_ASSERT(configuration.has_value());
    return std::move(configuration->engine);
  }();
  return loaded;
}

void feed(Engine& engine, JournalDecoder& decoder, const std::string& line) {
  static Effects effects;
  effects.clear();
  const auto input = decoder.decode_line(line);
  FUSEBOX_ASSERT(input.has_value());
  engine.apply(**input, effects);
}

// The day after whatever the state says it is, and the last day there is.
void let_timers_fire(Engine& engine, JournalDecoder& decoder) {
  const std::int64_t day = 86'400'000'000'000;
  const std::int64_t last = fusebox::to_ns(fusebox::kLatestInstant) - 1;
  const std::int64_t next = fusebox::to_ns(engine.now());
  feed(engine, decoder,
       "{\"at\":" + std::to_string(next < last - day ? next + day : last) + ",\"tick\":true}");
  feed(engine, decoder, "{\"at\":" + std::to_string(last) + ",\"tick\":true}");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto journal = fusebox::engine::random_journal(7, 60);
  std::string state(reinterpret_cast<const char*>(data), size);
  const auto digest = fusebox::killswitch::sha256(state);
  state.append(digest.begin(), digest.end());
  Engine engine(spec());
  if (!engine.restore(state)) return 0;
  JournalDecoder decoder;
  for (const std::string& line : journal) feed(engine, decoder, line);
  let_timers_fire(engine, decoder);
  std::string summary;
  engine.write_summary(summary);
  static_cast<void>(engine.status());
  Engine second(spec());
  FUSEBOX_ASSERT(second.restore(engine.save()).has_value());
  static_cast<void>(second.reconfigure(EngineSpec{}));
  return 0;
}
