#include "slo/slo.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "slo/classify.hpp"
#include "slo/detail/assess.hpp"
#include "slo/detail/measure.hpp"
#include "slo/detail/report.hpp"
#include "slo/detail/state.hpp"
#include "slo/snapshot.hpp"

namespace fusebox::slo {
namespace {

constexpr std::array<std::string_view, 6> kStatusNames{"healthy", "no_data",  "uncertain",
                                                       "warning", "critical", "exhausted"};

// Not after any instant that an engine can be at.
constexpr Instant kLongAgo{};

const ThresholdIndicator* threshold_of(const SloSpec& spec) {
  return std::get_if<ThresholdIndicator>(&spec.indicator);
}

std::string overflow_key(const KeySpec& group_by) {
  Dimensions values;
  for (const Dimension dimension : group_by.dimensions()) values[dimension] = kOverflowValue;
  KeyBuffer buffer;
  return std::string(group_by.encode(values, buffer));
}

SloView view_of(const SloSpec& spec, const Objective& objective, std::string_view key,
                const KeyState& state, SloStatus status, bool uncertain) {
  SloView view{.spec = &spec,
               .objective = &objective,
               .key = key,
               .counts = state.counts.slo_counts(),
               .status = status,
               .uncertain = uncertain};
  for (std::size_t i = 0; i < kBurnWindowCount; ++i) {
    view.windows[i] = state.counts.counts(static_cast<BurnWindow>(i));
  }
  return view;
}

// Of all events of the key, for counters that only grow. They stop short of where adding two of
// them could overflow.
void count_ever(KeyState& state, bool good, std::int64_t weight, Instant now) {
  if (state.ever.total() == 0) state.born = now;
  std::int64_t& count = good ? state.ever.good : state.ever.bad;
  count = std::min(count + weight, kEverMax);
}

ObjectiveFigures figures_of(const SloView& view) {
  ObjectiveFigures out{.name = view.objective->name,
                       .target = view.objective->target.to_double(),
                       .counts = view.counts,
                       .burn_rates = {},
                       .budget_remaining = view.budget_remaining(),
                       .status = view.status};
  for (std::size_t i = 0; i < kBurnWindowCount; ++i) {
    out.burn_rates[i] = view.burn(static_cast<BurnWindow>(i));
  }
  return out;
}

Percentiles percentiles_of(const Histogram& values, telemetry::NumericField field) {
  constexpr std::array<double, 4> kPercents{50, 90, 95, 99};
  std::array<std::int64_t, kPercents.size()> units{};
  values.values_at_percentiles(kPercents, units);
  return {.p50 = from_units(field, units[0]),
          .p90 = from_units(field, units[1]),
          .p95 = from_units(field, units[2]),
          .p99 = from_units(field, units[3])};
}

void record_value(KeyState& state, telemetry::NumericField field, double value,
                  std::int64_t weight) {
  if (!state.values) state.values = std::make_unique<Histogram>(shape_of(field));
  state.values->record(to_units(field, value), weight);
}

}  // namespace

struct Slo::Impl {
  explicit Impl(SloSpec from)
      : spec(std::move(from)), overflow(overflow_key(spec.group_by)), state(fresh_state(spec)) {}

  KeyIndex key_of(const Dimensions& dimensions);
  void evaluate(KeyIndex key, std::size_t objective, bool uncertain,
                std::vector<telemetry::RecordBody>& out);
  SloView view(KeyIndex key, std::size_t objective, Instant now);
  SloKey snapshot(KeyIndex key, Instant now);

  const SloSpec spec;
  const std::string overflow;  // the encoded key
  State state;
  KeyBuffer key_buffer;  // kept for its memory
};

// The event's key; the overflow key if it would be one too many.
KeyIndex Slo::Impl::key_of(const Dimensions& dimensions) {
  const std::string_view key = spec.group_by.encode(dimensions, key_buffer);
  if (const auto known = state.keys.find(key)) return *known;
  const auto overflowing = state.keys.find(overflow);
  const std::size_t own_keys = state.keys.size() - (overflowing ? 1 : 0);
  if (own_keys < spec.max_keys) return add_key(state, spec, key);
  return overflowing ? *overflowing : add_key(state, spec, overflow);
}

void Slo::Impl::evaluate(KeyIndex key, std::size_t objective, bool uncertain,
                         std::vector<telemetry::RecordBody>& out) {
  const KeyState& at = state.by_key[key];
  const Objective& goal = spec.objectives[objective];
  Announced& announced = state.by_key[key].announced[objective];
  const Announced current{assess(spec, goal, at.counts, uncertain), uncertain};
  if (is_news(announced, current)) {
    const SloStatus status = current.assessment.status;
    append_news(view_of(spec, goal, state.keys.key(key), at, status, uncertain), announced, current,
                out);
  }
  announced = current;
}

// What was announced is still true before stale_at, so that a rule that looks at a key just
// evaluated does not assess it again.
SloView Slo::Impl::view(KeyIndex key, std::size_t objective, Instant now) {
  KeyState& at = state.by_key[key];
  const Objective& goal = spec.objectives[objective];
  at.counts.advance(now);
  const bool uncertain = at.is_uncertain(now);
  const SloStatus status = now < state.stale_at[key]
                               ? at.announced[objective].assessment.status
                               : assess(spec, goal, at.counts, uncertain).status;
  return view_of(spec, goal, state.keys.key(key), at, status, uncertain);
}

SloKey Slo::Impl::snapshot(KeyIndex key, Instant now) {
  const KeyState& at = state.by_key[key];
  SloKey out{.key = std::string(state.keys.key(key)),
             .born = at.born,
             .ever = at.ever,
             .uncertain = at.is_uncertain(now),
             .objectives = {},
             .percentiles = {}};
  out.objectives.reserve(spec.objectives.size());
  for (std::size_t i = 0; i < spec.objectives.size(); ++i) {
    out.objectives.push_back(figures_of(view(key, i, now)));
  }
  if (at.values) out.percentiles = percentiles_of(*at.values, threshold_of(spec)->value);
  return out;
}

std::string_view name_of(SloStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

std::span<const std::string_view> slo_status_names() { return kStatusNames; }

double SloView::burn(BurnWindow window) const {
  return burn_rate(windows[static_cast<std::size_t>(window)], objective->target);
}

double SloView::budget_remaining() const {
  return slo::budget_remaining(counts, objective->target);
}

Slo::Slo(SloSpec spec) {
  FUSEBOX_ASSERT(!spec.objectives.empty());
  FUSEBOX_ASSERT(threshold_of(spec) == nullptr || spec.objectives.size() == 1);
  impl_ = std::make_unique<Impl>(std::move(spec));
}
Slo::~Slo() = default;
Slo::Slo(Slo&&) noexcept = default;
Slo& Slo::operator=(Slo&&) noexcept = default;

const SloSpec& Slo::spec() const { return impl_->spec; }
const KeyTable& Slo::keys() const { return impl_->state.keys; }
std::int64_t Slo::condition_errors() const { return impl_->state.condition_errors; }

std::optional<KeyIndex> Slo::record(const telemetry::Event& event, Instant at, Instant now) {
  const auto classified = classify(impl_->spec, event, impl_->state.condition_errors);
  if (!classified) return std::nullopt;
  const KeyIndex key = impl_->key_of(event.dimensions);
  KeyState& state = impl_->state.by_key[key];
  count_ever(state, classified->good, event.weight, now);
  state.counts.record(
      at, now, classified->good ? Counts{.good = event.weight} : Counts{.bad = event.weight});
  if (classified->value) {
    record_value(state, threshold_of(impl_->spec)->value, *classified->value, event.weight);
  }
  if (event.rate_unknown) {
    state.estimated_until = std::max(state.estimated_until, add_saturated(at, impl_->spec.window));
  }
  impl_->state.stale_at[key] = kLongAgo;
  return key;
}

void Slo::evaluate(KeyIndex key, Instant now, std::vector<telemetry::RecordBody>& out) {
  KeyState& at = impl_->state.by_key[key];
  at.counts.advance(now);
  Instant stale_at = at.counts.next_ratio_change();
  if (now < at.estimated_until) stale_at = std::min(stale_at, at.estimated_until);
  impl_->state.stale_at[key] = stale_at;
  for (std::size_t i = 0; i < impl_->spec.objectives.size(); ++i) {
    impl_->evaluate(key, i, at.is_uncertain(now), out);
  }
}

void Slo::due(Instant now, std::vector<KeyIndex>& out) const {
  const std::vector<Instant>& stale_at = impl_->state.stale_at;
  for (std::size_t key = 0; key < stale_at.size(); ++key) {
    if (stale_at[key] <= now) out.push_back(static_cast<KeyIndex>(key));
  }
}

void Slo::set_uncertain(const Source& source, bool uncertain, std::vector<KeyIndex>& out) {
  const KeySpec& group_by = impl_->spec.group_by;
  if (!group_by.contains(Dimension::Agent)) return;
  State& state = impl_->state;
  const std::uint64_t hash = hash_of_agent(source.agent);
  const bool by_tenant = group_by.contains(Dimension::Tenant);
  for (KeyIndex key = 0; key < state.keys.size(); ++key) {
    if (state.agent_hash[key] != hash || state.by_key[key].uncertain == uncertain) continue;
    const std::string_view name = state.keys.key(key);
    if (group_by.value(name, Dimension::Agent) != source.agent) continue;
    if (by_tenant && group_by.value(name, Dimension::Tenant) != source.tenant) continue;
    state.by_key[key].uncertain = uncertain;
    state.stale_at[key] = kLongAgo;
    out.push_back(key);
  }
}

SloView Slo::view(KeyIndex key, std::size_t objective, Instant now) {
  return impl_->view(key, objective, now);
}

SloSnapshot Slo::snapshot(Instant now) {
  const SloSpec& from = spec();
  SloSnapshot out{.name = from.name,
                  .service = from.service,
                  .group_by = from.group_by,
                  .window = from.window,
                  .has_values = threshold_of(from) != nullptr,
                  .keys = {}};
  out.keys.reserve(keys().size());
  for (const KeyIndex key : keys().sorted()) out.keys.push_back(impl_->snapshot(key, now));
  return out;
}

void Slo::write_summary(JsonWriter& json, Instant now) { write_entries(json, snapshot(now)); }

void Slo::save(ArchiveWriter& archive) const { save_state(archive, impl_->state); }

void Slo::restore(ArchiveReader& archive) {
  if (auto loaded = load_state(archive, impl_->spec)) impl_->state = std::move(*loaded);
}

}  // namespace fusebox::slo
