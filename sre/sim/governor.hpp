// The real engine, as the simulated fleet meets it: asked before each call, told after it, with the
// arm of the experiment as one more dimension of every breaker's and limit's key, so that what the
// experiment opens or uses up is its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "policy/decision.hpp"
#include "sre/engine/engine.hpp"
#include "sre/engine/spec.hpp"
#include "sre/sim/witness.hpp"
#include "telemetry/input.hpp"

namespace fusebox::sim {

// Takes one line of a journal, with its newline.
using JournalSink = std::function<void(std::string_view line)>;

// Sees each input of the engine and what it caused, before anybody else does; it may ask the engine
// for its state and must not change it. What it is shown is valid during the call.
using Watch = std::function<void(engine::Engine& engine, const telemetry::Input& input,
                                 const engine::Reply& reply, const engine::Effects& effects)>;

// Appends Dimension::Arm to the keys of breakers and to the scopes of limits.
[[nodiscard]] engine::EngineSpec with_arms(engine::EngineSpec spec);

struct Answer {
  policy::Effect effect = policy::Effect::Allow;
  policy::Reason reason = policy::Reason::None;
  Duration retry_after{};    // 0 if none was named
  std::uint64_t permit = 0;  // its number, by which the call is reported; 0 if it does not proceed

  [[nodiscard]] bool proceeds() const {
    return effect == policy::Effect::Allow || effect == policy::Effect::Degrade;
  }
};

class Governor {
 public:
  // Without a spec nobody governs: everything is allowed, and what is told arrives. The witness
  // must outlive it; `journal` and `watch` may be empty.
  Governor(std::optional<engine::EngineSpec> spec, Witness& witness, JournalSink journal,
           Watch watch);

  [[nodiscard]] Answer check(const telemetry::CheckInput& check, Instant now);
  // `report.permit` is what Forms makes of an answer's number. Whether it counted: a report of an
  // open or late permit; an event that is neither late nor known.
  bool report(const telemetry::Report& report, Instant now);
  bool event(const telemetry::Event& event, Instant now);
  void tick(Instant now);
  void kill(std::string_view scope, std::string_view reason, Instant now);

  // Taken by the engine.
  [[nodiscard]] std::int64_t decisions() const { return engine_ ? asked_ : 0; }
  // Null if nobody governs.
  [[nodiscard]] engine::Engine* engine() { return engine_ ? &*engine_ : nullptr; }

 private:
  engine::Reply apply(const telemetry::Input& input);
  void pass_on();

  std::optional<engine::Engine> engine_;
  Witness& witness_;
  JournalSink journal_;
  Watch watch_;
  engine::Effects effects_;
  Answer answer_;
  std::string line_;
  std::int64_t asked_ = 0;
};

}  // namespace fusebox::sim
