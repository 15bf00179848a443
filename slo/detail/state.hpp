// All of an SLO that changes, and its way into an archive and back.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/archive.hpp"
#include "base/key.hpp"
#include "slo/detail/assess.hpp"
#include "slo/histogram.hpp"
#include "slo/spec.hpp"
#include "slo/window.hpp"

namespace fusebox::slo {

// What was last said about one objective of one key.
struct Announced {
  Assessment assessment;
  bool uncertain = false;

  template <class Archive>
  void visit(Archive& archive) {
    archive(assessment.status, assessment.firing, uncertain);
  }
};

struct KeyState {
  explicit KeyState(const SloSpec& spec) : counts(spec.window), announced(spec.objectives.size()) {}

  WindowedCounts counts;
  std::vector<Announced> announced;   // by objective
  std::unique_ptr<Histogram> values;  // threshold indicators, from the first event on
  bool uncertain = false;             // its agent is silent
  Instant estimated_until{};          // an event of unknown weight is in the SLO window until then
  Counts ever;                        // of all events, at most kEverMax each
  Instant born{};                     // when the first of them was counted

  [[nodiscard]] bool is_uncertain(Instant now) const { return uncertain || now < estimated_until; }
};

// Event weights are far below, so two of these and a weight can be added.
inline constexpr std::int64_t kEverMax = std::int64_t{1} << 61;

struct State {
  KeyTable keys;                // never forgets one, so indices are 0 .. size - 1
  std::deque<KeyState> by_key;  // a vector would move a kilobyte a key whenever it grows
  // By key, where keys have an agent: a hash of its name, so that a silent one's keys are found
  // without reading every key.
  std::vector<std::uint64_t> agent_hash;
  // By key: the first time at which what was announced may be out of date.
  std::vector<Instant> stale_at;
  std::int64_t condition_errors = 0;
};

// An ungrouped SLO has its key before its first event.
[[nodiscard]] State fresh_state(const SloSpec& spec);

[[nodiscard]] std::uint64_t hash_of_agent(std::string_view agent);

// The key must be new.
KeyIndex add_key(State& state, const SloSpec& spec, std::string_view key);

void save_state(ArchiveWriter& archive, const State& state);

// nullopt, and archive.failed(), if the bytes are no state of this spec.
[[nodiscard]] std::optional<State> load_state(ArchiveReader& archive, const SloSpec& spec);

}  // namespace fusebox::slo
