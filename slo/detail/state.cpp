#include "slo/detail/state.hpp"

#include <algorithm>
#include <string>
#include <variant>

#include "base/text.hpp"
#include "slo/detail/measure.hpp"

namespace fusebox::slo {
namespace {

// A pair that is said to fire must be one of the objective's, of that severity.
bool plausible(const Announced& announced, const Objective& objective) {
  for (std::size_t severity = 0; severity < kAlertSeverityCount; ++severity) {
    const auto& pair = announced.assessment.firing[severity];
    if (!pair) continue;
    if (*pair >= objective.alerts.size()) return false;
    if (static_cast<std::size_t>(objective.alerts[*pair].severity) != severity) return false;
  }
  return true;
}

bool plausible(Counts ever) {
  return ever.good >= 0 && ever.bad >= 0 && ever.good <= kEverMax && ever.bad <= kEverMax;
}

bool plausible(const std::vector<Announced>& announced, const SloSpec& spec) {
  return std::equal(
      announced.begin(), announced.end(), spec.objectives.begin(), spec.objectives.end(),
      [](const Announced& said, const Objective& objective) { return plausible(said, objective); });
}

// The keys of this spec, dense, and no more than its cap and the overflow key.
bool plausible(const KeyTable& keys, const SloSpec& spec) {
  if (keys.index_end() != keys.size() || keys.size() > spec.max_keys + 1) return false;
  for (KeyIndex i = 0; i < keys.size(); ++i) {
    if (!spec.group_by.accepts(keys.key(i))) return false;
  }
  return !spec.group_by.dimensions().empty() || keys.size() == 1;
}

void load_values(ArchiveReader& archive, KeyState& state, const SloSpec& spec) {
  bool present = false;
  archive(present);
  if (!present || archive.failed()) return;
  const auto* threshold = std::get_if<ThresholdIndicator>(&spec.indicator);
  if (threshold == nullptr) return archive.fail();
  state.values = std::make_unique<Histogram>(shape_of(threshold->value));
  archive(*state.values);
}

void load_key(ArchiveReader& archive, KeyState& state, const SloSpec& spec) {
  archive(state.counts, state.announced, state.uncertain, state.estimated_until, state.ever,
          state.born);
  if (!plausible(state.announced, spec) || !plausible(state.ever)) return archive.fail();
  if (state.born < Instant{} || state.estimated_until < Instant{}) return archive.fail();
  load_values(archive, state, spec);
}

void note_agent(State& state, const SloSpec& spec, std::string_view key) {
  if (!spec.group_by.contains(Dimension::Agent)) return;
  state.agent_hash.push_back(hash_of_agent(spec.group_by.value(key, Dimension::Agent)));
}

}  // namespace

State fresh_state(const SloSpec& spec) {
  State state;
  if (spec.group_by.dimensions().empty()) add_key(state, spec, {});
  return state;
}

std::uint64_t hash_of_agent(std::string_view agent) { return stable_hash(agent); }

KeyIndex add_key(State& state, const SloSpec& spec, std::string_view key) {
  note_agent(state, spec, key);
  state.by_key.emplace_back(spec);
  state.stale_at.push_back(kNever);
  return state.keys.insert(key);
}

void save_state(ArchiveWriter& archive, const State& state) {
  archive(state.keys, state.stale_at, state.condition_errors);
  for (const KeyState& key : state.by_key) {
    archive(key.counts, key.announced, key.uncertain, key.estimated_until, key.ever, key.born,
            key.values != nullptr);
    if (key.values) archive(*key.values);
  }
}

std::optional<State> load_state(ArchiveReader& archive, const SloSpec& spec) {
  State state;
  archive(state.keys, state.stale_at, state.condition_errors);
  if (!plausible(state.keys, spec) || state.stale_at.size() != state.keys.size()) archive.fail();
  while (!archive.failed() && state.by_key.size() < state.keys.size()) {
    note_agent(state, spec, state.keys.key(static_cast<KeyIndex>(state.by_key.size())));
    load_key(archive, state.by_key.emplace_back(spec), spec);
  }
  if (archive.failed()) return std::nullopt;
  return state;
}

}  // namespace fusebox::slo
