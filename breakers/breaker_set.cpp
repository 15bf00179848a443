#include "breakers/breaker_set.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "breakers/detail/deadline_heap.hpp"
#include "breakers/detail/transition_text.hpp"

namespace fusebox::breakers {
namespace {

// As of lifetime budgets: longer than any lease, and than anybody looks back.
constexpr Duration kIdleKeyLife = std::chrono::days{31};

// One key's breaker, and what tells when it may be forgotten.
struct Entry {
  explicit Entry(const BreakerSpec& spec) : breaker(spec) {}

  Breaker breaker;
  std::uint32_t under_way = 0;  // tickets neither reported nor released
  Instant last_used{};
  Instant since{};  // of the last move
  std::optional<Forced> forced;

  [[nodiscard]] BreakerState visible_state() const {
    if (!forced) return breaker.state();
    return forced->state == Forced::State::Open ? BreakerState::Open : BreakerState::Closed;
  }
  [[nodiscard]] Admission peek(Instant now) const {
    if (!forced) return breaker.peek(now);
    if (forced->state == Forced::State::Closed) return {};
    return {.allowed = false,
            .reason = policy::Reason::BreakerOpen,
            .retry_after = std::max(forced->until - now, Duration{})};
  }
  [[nodiscard]] bool forgettable(Instant now) const {
    if (forced || under_way > 0 || breaker.state() != BreakerState::Closed) return false;
    return breaker.is_as_new(now) || now - last_used >= kIdleKeyLife;
  }
  void save(ArchiveWriter& archive) const {
    archive(under_way, last_used, since);
    breaker.save(archive);
  }
  void restore(ArchiveReader& archive) {
    archive(under_way, last_used, since);
    if (last_used < Instant{} || since < Instant{}) archive.fail();
    breaker.restore(archive);
  }
};

}  // namespace

struct BreakerSet::Impl {
  explicit Impl(BreakerSpec from) : spec(std::move(from)) {}

  [[nodiscard]] std::optional<KeyIndex> find(const Dimensions& dimensions) const;
  [[nodiscard]] KeyIndex find_or_add(const Dimensions& dimensions);
  // The entry that `taken` came from; null if the key is not there.
  [[nodiscard]] Entry* entry_of(const Taken& taken);
  // After anything that may have moved a breaker: its deadline, and the record of the move.
  void settle(KeyIndex key, const std::optional<Transition>& moved,
              std::vector<telemetry::RecordBody>& out);
  [[nodiscard]] telemetry::BreakerRecord record_of(KeyIndex key, BreakerState from,
                                                   BreakerState to) const;
  void forget(KeyIndex key);
  void heard(Instant now) { last_heard = std::max(last_heard, now); }
  [[nodiscard]] BreakerKey snapshot_of(KeyIndex key) const;
  void clear();
  [[nodiscard]] bool restore_all(ArchiveReader& archive);

  const BreakerSpec spec;  // breakers point to it
  KeyTable keys;
  std::vector<Entry> entries;  // by KeyIndex; of erased keys as new
  detail::DeadlineHeap deadlines;
  Instant last_heard{};
  KeyIndex sweep_next = 0;
  mutable std::int64_t condition_errors = 0;
  mutable KeyBuffer scratch;  // the encoded key of the current call
};

std::optional<KeyIndex> BreakerSet::Impl::find(const Dimensions& dimensions) const {
  return keys.find(spec.key.encode(dimensions, scratch));
}

KeyIndex BreakerSet::Impl::find_or_add(const Dimensions& dimensions) {
  const std::string_view text = spec.key.encode(dimensions, scratch);
  if (const auto found = keys.find(text)) return *found;
  const KeyIndex key = keys.insert(text);
  if (key == entries.size()) {
    entries.emplace_back(spec);
    deadlines.add_key();
  }
  entries[key].since = last_heard;
  return key;
}

Entry* BreakerSet::Impl::entry_of(const Taken& taken) {
  return keys.contains(taken.key) ? &entries[taken.key] : nullptr;
}

void BreakerSet::Impl::forget(KeyIndex key) {
  keys.erase(key);
  entries[key] = Entry(spec);
}

void BreakerSet::Impl::settle(KeyIndex key, const std::optional<Transition>& moved,
                              std::vector<telemetry::RecordBody>& out) {
  Entry& entry = entries[key];
  deadlines.set(key, entry.breaker.next_deadline());
  if (!moved || entry.forced) return;
  entry.since = last_heard;
  auto record = record_of(key, moved->from, moved->to);
  record.detector = name_of(moved->detector);
  record.reason = detail::reason_of(*moved, spec);
  out.emplace_back(std::move(record));
}

telemetry::BreakerRecord BreakerSet::Impl::record_of(KeyIndex key, BreakerState from,
                                                     BreakerState to) const {
  telemetry::BreakerRecord record;
  record.name = spec.name;
  JsonWriter json(record.key);
  spec.key.write_json(json, keys.key(key));
  record.from = name_of(from);
  record.to = name_of(to);
  return record;
}

BreakerKey BreakerSet::Impl::snapshot_of(KeyIndex key) const {
  const Entry& entry = entries[key];
  const Breaker& breaker = entry.breaker;
  BreakerKey out{.key = std::string(keys.key(key)),
                 .state = entry.visible_state(),
                 .generation = static_cast<std::int64_t>(breaker.generation()),
                 .tally = breaker.tally(last_heard),
                 .since = entry.since,
                 .retry_at = {},
                 .forced = entry.forced};
  if (out.state == BreakerState::Open) {
    out.retry_at = entry.forced ? entry.forced->until : breaker.next_deadline();
  }
  return out;
}

void BreakerSet::Impl::clear() {
  keys = KeyTable{};
  entries.clear();
  deadlines.clear();
  last_heard = Instant{};
  sweep_next = 0;
  condition_errors = 0;
}

bool BreakerSet::Impl::restore_all(ArchiveReader& archive) {
  archive(keys, last_heard, condition_errors, sweep_next);
  if (last_heard < Instant{}) return false;
  for (std::size_t i = 0; i < keys.index_end() && !archive.failed(); ++i) {
    const auto key = static_cast<KeyIndex>(i);
    entries.emplace_back(spec);
    deadlines.add_key();
    if (!keys.contains(key)) continue;
    if (!spec.key.accepts(keys.key(key))) return false;
    entries.back().restore(archive);
    deadlines.set(key, entries.back().breaker.next_deadline());
  }
  return !archive.failed();
}

BreakerSet::BreakerSet(BreakerSpec spec) : impl_(std::make_unique<Impl>(std::move(spec))) {}
BreakerSet::~BreakerSet() = default;
BreakerSet::BreakerSet(BreakerSet&&) noexcept = default;
BreakerSet& BreakerSet::operator=(BreakerSet&&) noexcept = default;

const BreakerSpec& BreakerSet::spec() const { return impl_->spec; }

bool BreakerSet::applies(const policy::Facts& facts) const {
  return !impl_->spec.where || impl_->spec.where->holds(facts, impl_->condition_errors);
}

std::int64_t BreakerSet::condition_errors() const { return impl_->condition_errors; }

Admission BreakerSet::peek(const Dimensions& dimensions, Instant now) const {
  const auto key = impl_->find(dimensions);
  return key ? impl_->entries[*key].peek(now) : Admission{};
}

BreakerSet::Taken BreakerSet::take(const Dimensions& dimensions, Instant now) {
  impl_->heard(now);
  const KeyIndex key = impl_->find_or_add(dimensions);
  Entry& entry = impl_->entries[key];
  ++entry.under_way;
  entry.last_used = now;
  const Taken taken{.key = key, .ticket = entry.breaker.take(now)};
  impl_->deadlines.set(key, entry.breaker.next_deadline());
  return taken;
}

void BreakerSet::report(const Taken& taken, const CallResult& result, Instant at, Instant now,
                        std::vector<telemetry::RecordBody>& out) {
  impl_->heard(now);
  Entry* entry = impl_->entry_of(taken);
  if (entry == nullptr) return;
  if (entry->under_way > 0) --entry->under_way;
  entry->last_used = now;
  impl_->settle(taken.key, entry->breaker.report(taken.ticket, result, at, now), out);
}

void BreakerSet::release(const Taken& taken) {
  Entry* entry = impl_->entry_of(taken);
  if (entry == nullptr) return;
  if (entry->under_way > 0) --entry->under_way;
  entry->breaker.release(taken.ticket);
  impl_->deadlines.set(taken.key, entry->breaker.next_deadline());
}

void BreakerSet::observe(const Dimensions& dimensions, const CallResult& result, Instant at,
                         Instant now, std::vector<telemetry::RecordBody>& out) {
  impl_->heard(now);
  const KeyIndex key = impl_->find_or_add(dimensions);
  Entry& entry = impl_->entries[key];
  entry.last_used = now;
  impl_->settle(key, entry.breaker.observe(result, at, now), out);
}

std::optional<KeyIndex> BreakerSet::find_key(std::string_view encoded) const {
  return impl_->keys.find(encoded);
}

void BreakerSet::force(KeyIndex key, const Forced& forced, std::string_view reason, Instant now,
                       std::vector<telemetry::RecordBody>& out) {
  impl_->heard(now);
  Entry& entry = impl_->entries[key];
  const BreakerState from = entry.visible_state();
  entry.forced = forced;
  entry.since = now;
  auto record = impl_->record_of(key, from, entry.visible_state());
  record.detector = "forced";
  record.reason = reason;
  out.emplace_back(std::move(record));
}

void BreakerSet::end_force(KeyIndex key, Instant now, std::vector<telemetry::RecordBody>& out) {
  impl_->heard(now);
  Entry& entry = impl_->entries[key];
  const BreakerState from = entry.visible_state();
  entry.forced.reset();
  entry.since = now;
  auto record = impl_->record_of(key, from, entry.visible_state());
  record.reason = "the time it was forced for has ended";
  out.emplace_back(std::move(record));
}

void BreakerSet::restore_force(KeyIndex key, const Forced& forced) {
  impl_->entries[key].forced = forced;
}

void BreakerSet::sweep(Instant now, std::size_t budget) {
  const std::size_t end = impl_->keys.index_end();
  for (std::size_t i = std::min(budget, end); i > 0; --i) {
    const KeyIndex key = impl_->sweep_next < end ? impl_->sweep_next : 0;
    impl_->sweep_next = key + 1;
    if (impl_->keys.contains(key) && impl_->entries[key].forgettable(now)) impl_->forget(key);
  }
}

std::optional<Instant> BreakerSet::next_deadline() const {
  const auto earliest = impl_->deadlines.earliest();
  if (!earliest) return std::nullopt;
  return earliest->at;
}

void BreakerSet::on_deadline(Instant now, std::vector<telemetry::RecordBody>& out) {
  const auto earliest = impl_->deadlines.earliest();
  if (!earliest || earliest->at > now) return;
  impl_->heard(now);
  impl_->settle(earliest->key, impl_->entries[earliest->key].breaker.on_deadline(now), out);
}

std::size_t BreakerSet::key_count() const { return impl_->keys.size(); }

BreakerSnapshot BreakerSet::snapshot() const {
  BreakerSnapshot out{.name = spec().name, .key = spec().key, .mode = spec().mode, .keys = {}};
  for (const KeyIndex key : impl_->keys.sorted()) out.keys.push_back(impl_->snapshot_of(key));
  return out;
}

void BreakerSet::write_summary(JsonWriter& json) const { write_entries(json, snapshot()); }

bool BreakerSet::gave_out(const std::vector<Taken>& taken) const {
  std::vector<std::uint32_t> counts(impl_->keys.index_end());
  for (const Taken& each : taken) {
    if (!impl_->keys.contains(each.key)) return false;
    ++counts[each.key];
    const Breaker& breaker = impl_->entries[each.key].breaker;
    const bool probing = breaker.state() == BreakerState::HalfOpen;
    // A call that began in this state was admitted by it, and an open breaker admits none.
    if (each.ticket.generation > breaker.generation()) return false;
    if (each.ticket.generation < breaker.generation()) continue;
    if (each.ticket.probe != probing || breaker.state() == BreakerState::Open) return false;
  }
  for (std::size_t key = 0; key < counts.size(); ++key) {
    if (counts[key] != impl_->entries[key].under_way) return false;
  }
  return true;
}

void BreakerSet::save(ArchiveWriter& archive) const {
  const KeyTable& keys = impl_->keys;
  archive(keys, impl_->last_heard, impl_->condition_errors, impl_->sweep_next);
  for (std::size_t i = 0; i < keys.index_end(); ++i) {
    const auto key = static_cast<KeyIndex>(i);
    if (keys.contains(key)) impl_->entries[key].save(archive);
  }
}

void BreakerSet::restore(ArchiveReader& archive) {
  impl_->clear();
  if (impl_->restore_all(archive)) return;
  archive.fail();
  impl_->clear();
}

}  // namespace fusebox::breakers
