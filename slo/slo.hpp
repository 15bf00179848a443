// One SLO at work: classifies events, counts them by key, and says when an alert or a status
// changes. Pure: time comes in, records go out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/archive.hpp"
#include "base/json_writer.hpp"
#include "base/key.hpp"
#include "base/time.hpp"
#include "policy/value.hpp"
#include "slo/spec.hpp"
#include "telemetry/event.hpp"
#include "telemetry/record.hpp"

namespace fusebox::slo {

// In order of badness; the worse one stays.
enum class SloStatus : std::uint8_t { Healthy, NoData, Uncertain, Warning, Critical, Exhausted };
constexpr SloStatus last_of(SloStatus) { return SloStatus::Exhausted; }
[[nodiscard]] std::string_view name_of(SloStatus status);
[[nodiscard]] std::span<const std::string_view> slo_status_names();

// The name of the key that counts what exceeds max_keys: "_overflow" in every dimension.
inline constexpr std::string_view kOverflowValue = "_overflow";

// Everything a reader may want to know of one key and objective at one time.
struct SloView {
  const SloSpec* spec;
  const Objective* objective;
  std::string_view key;                            // encoded by spec->group_by
  Counts counts;                                   // over the SLO window
  std::array<Counts, kBurnWindowCount> windows{};  // over each burn window
  SloStatus status = SloStatus::NoData;
  bool uncertain = false;

  // Computed when asked for: a rule asks for one or two of them, and each is a wide division.
  [[nodiscard]] double burn(BurnWindow window) const;
  [[nodiscard]] double budget_remaining() const;
};

struct SloSnapshot;  // slo/snapshot.hpp

class Slo {
 public:
  explicit Slo(SloSpec spec);
  ~Slo();
  Slo(Slo&&) noexcept;
  Slo& operator=(Slo&&) noexcept;

  [[nodiscard]] const SloSpec& spec() const;

  // Counts the event at `at` (its own time, at <= now) if it belongs to the indicator; the key it
  // changed, else nullopt. An ungrouped SLO has its key from the start. Allocates for a new key,
  // and where the key's windows and histogram grow.
  std::optional<KeyIndex> record(const telemetry::Event& event, Instant at, Instant now);

  // Evaluates alerts and status of one key at `now`, appends the records of what changed: by
  // objective the alerts, pages first, then the status. A new key comes from no_data, so its first
  // good event makes it healthy. A status record whose `from` and `to` are equal says that only
  // `uncertain` changed. Allocates only where there is something to append. With four pairs about
  // 50 ns while nothing burns, 150 ns in an outage, 700 ns where the binomial test is close.
  void evaluate(KeyIndex key, Instant now, std::vector<telemetry::RecordBody>& out);

  // Keys whose evaluation can have changed since the last one: by time, or by a record() or a
  // set_uncertain() that no evaluate() followed. Ascending. A tick evaluates these; O(keys) with
  // one comparison each. Good events that leave a window without a bad one change no ratio.
  void due(Instant now, std::vector<KeyIndex>& out) const;

  // Telemetry of an agent was lost, or came back: marks keys whose Agent dimension is that agent,
  // and whose Tenant is its tenant where keys have one. A key without a tenant is marked for all of
  // that name together, so the caller says whether any of them is missing. Appends the keys whose
  // mark changed, ascending; the caller evaluates them. SLOs that are not grouped by agent, and
  // what an agent left in the overflow key, cannot be told apart and stay.
  struct Source {
    std::string_view tenant;
    std::string_view agent;
  };
  void set_uncertain(const Source& source, bool uncertain, std::vector<KeyIndex>& out);

  // Brings the key's windows to `now`, then views one objective of it. The status is that of
  // `now`, announced or not. The view's pointers live as long as this Slo, its key until restore().
  [[nodiscard]] SloView view(KeyIndex key, std::size_t objective, Instant now);

  [[nodiscard]] const KeyTable& keys() const;
  [[nodiscard]] std::int64_t condition_errors() const;

  // All keys at `now`. Percentiles are over all events since the key's first one: a histogram does
  // not forget.
  [[nodiscard]] SloSnapshot snapshot(Instant now);
  // write_entries of the snapshot.
  void write_summary(JsonWriter& json, Instant now);

  void save(ArchiveWriter& archive) const;
  // Into an Slo of the same spec, whose state it replaces. archive.failed() tells if the bytes were
  // no such state, and then nothing changed.
  void restore(ArchiveReader& archive);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Names for rules with `trigger: slo`: slo.name key objective sli budget_remaining burn_rate
// status. `slo.key` is a map with the dimension names as literals. Slot numbers are private to this
// folder except those needed to bind rules to SLOs at load.
[[nodiscard]] const policy::Schema& state_schema();
inline constexpr policy::Slot kStateSloName = 0;

class StateFacts final : public policy::Facts {
 public:
  explicit StateFacts(const SloView& view) : view_(view) {}
  [[nodiscard]] policy::Value get(policy::Slot slot) const override;
  [[nodiscard]] policy::Value member(policy::Slot slot, std::size_t literal) const override;

 private:
  const SloView& view_;
};

}  // namespace fusebox::slo
