#include "breakers/breaker_set.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "breakers/detail/deadline_heap.hpp"
#include "breakers/detail/transition_text.hpp"

namespace fusebox::breakers {

struct BreakerSet::Impl {
  explicit Impl(BreakerSpec from) : spec(std::move(from)) {}

  [[nodiscard]] std::optional<KeyIndex> find(const Dimensions& dimensions) const;
  [[nodiscard]] KeyIndex find_or_add(const Dimensions& dimensions);
  void add_breaker();
  // After anything that may have moved a breaker: its deadline, and the record of the move.
  void settle(KeyIndex key, const std::optional<Transition>& moved,
              std::vector<telemetry::RecordBody>& out);
  [[nodiscard]] telemetry::BreakerRecord record_of(KeyIndex key, const Transition& moved) const;
  void heard(Instant now) { last_heard = std::max(last_heard, now); }
  void write_entry(JsonWriter& json, KeyIndex key) const;
  void clear();
  [[nodiscard]] bool restore_all(ArchiveReader& archive);

  const BreakerSpec spec;  // breakers point to it
  KeyTable keys;
  std::vector<Breaker> breakers;  // by KeyIndex
  detail::DeadlineHeap deadlines;
  Instant last_heard{};
  mutable std::int64_t condition_errors = 0;
  mutable std::string scratch;  // the encoded key of the current call
};

std::optional<KeyIndex> BreakerSet::Impl::find(const Dimensions& dimensions) const {
  spec.key.encode(dimensions, scratch);
  return keys.find(scratch);
}

KeyIndex BreakerSet::Impl::find_or_add(const Dimensions& dimensions) {
  if (const auto found = find(dimensions)) return *found;
  add_breaker();
  return keys.insert(scratch);
}

void BreakerSet::Impl::add_breaker() {
  breakers.emplace_back(spec);
  deadlines.add_key();
}

void BreakerSet::Impl::settle(KeyIndex key, const std::optional<Transition>& moved,
                              std::vector<telemetry::RecordBody>& out) {
  deadlines.set(key, breakers[key].next_deadline());
  if (moved) out.emplace_back(record_of(key, *moved));
}

telemetry::BreakerRecord BreakerSet::Impl::record_of(KeyIndex key, const Transition& moved) const {
  telemetry::BreakerRecord record;
  record.name = spec.name;
  JsonWriter json(record.key);
  spec.key.write_json(json, keys.key(key));
  record.from = name_of(moved.from);
  record.to = name_of(moved.to);
  record.detector = name_of(moved.detector);
  record.reason = detail::reason_of(moved, spec);
  return record;
}

void BreakerSet::Impl::write_entry(JsonWriter& json, KeyIndex key) const {
  const Breaker& breaker = breakers[key];
  const CallTally tally = breaker.tally(last_heard);
  json.begin_object();
  json.field("breaker", spec.name);
  json.key("key");
  spec.key.write_json(json, keys.key(key));
  json.field("state", name_of(breaker.state()));
  json.field("generation", static_cast<std::int64_t>(breaker.generation()));
  json.field("calls", tally.calls);
  json.field("failures", tally.failures);
  json.field("slow", tally.slow);
  json.end_object();
}

void BreakerSet::Impl::clear() {
  keys = KeyTable{};
  breakers.clear();
  deadlines.clear();
  last_heard = Instant{};
  condition_errors = 0;
}

bool BreakerSet::Impl::restore_all(ArchiveReader& archive) {
  archive(keys, last_heard, condition_errors);
  if (archive.failed()) return false;
  for (std::size_t i = 0; i < keys.index_end(); ++i) {
    const auto key = static_cast<KeyIndex>(i);
    if (!keys.contains(key) || !spec.key.accepts(keys.key(key))) return false;
    add_breaker();
    breakers.back().restore(archive);
    if (archive.failed()) return false;
    deadlines.set(key, breakers.back().next_deadline());
  }
  return true;
}

BreakerSet::BreakerSet(BreakerSpec spec) : impl_(std::make_unique<Impl>(std::move(spec))) {}
BreakerSet::~BreakerSet() = default;
BreakerSet::BreakerSet(BreakerSet&&) noexcept = default;
BreakerSet& BreakerSet::operator=(BreakerSet&&) noexcept = default;

const BreakerSpec& BreakerSet::spec() const { return impl_->spec; }

bool BreakerSet::applies(const policy::Facts& facts) const {
  if (!impl_->spec.where) return true;
  switch (impl_->spec.where->evaluate(facts)) {
    case policy::Outcome::True:
      return true;
    case policy::Outcome::False:
      return false;
    case policy::Outcome::Error:
      ++impl_->condition_errors;
      return false;
  }
  return false;
}

std::int64_t BreakerSet::condition_errors() const { return impl_->condition_errors; }

Admission BreakerSet::peek(const Dimensions& dimensions, Instant now) const {
  const auto key = impl_->find(dimensions);
  return key ? impl_->breakers[*key].peek(now) : Admission{};
}

BreakerSet::Taken BreakerSet::take(const Dimensions& dimensions, Instant now) {
  impl_->heard(now);
  const KeyIndex key = impl_->find_or_add(dimensions);
  const Taken taken{.key = key, .ticket = impl_->breakers[key].take(now)};
  impl_->deadlines.set(key, impl_->breakers[key].next_deadline());
  return taken;
}

void BreakerSet::report(const Taken& taken, const CallResult& result, Instant at, Instant now,
                        std::vector<telemetry::RecordBody>& out) {
  if (taken.key >= impl_->breakers.size()) return;
  impl_->heard(now);
  impl_->settle(taken.key, impl_->breakers[taken.key].report(taken.ticket, result, at, now), out);
}

void BreakerSet::release(const Taken& taken) {
  if (taken.key >= impl_->breakers.size()) return;
  Breaker& breaker = impl_->breakers[taken.key];
  breaker.release(taken.ticket);
  impl_->deadlines.set(taken.key, breaker.next_deadline());
}

void BreakerSet::observe(const Dimensions& dimensions, const CallResult& result, Instant at,
                         Instant now, std::vector<telemetry::RecordBody>& out) {
  impl_->heard(now);
  const KeyIndex key = impl_->find_or_add(dimensions);
  impl_->settle(key, impl_->breakers[key].observe(result, at, now), out);
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
  impl_->settle(earliest->key, impl_->breakers[earliest->key].on_deadline(now), out);
}

std::size_t BreakerSet::key_count() const { return impl_->keys.size(); }

void BreakerSet::write_summary(JsonWriter& json) const {
  for (const KeyIndex key : impl_->keys.sorted()) impl_->write_entry(json, key);
}

void BreakerSet::save(ArchiveWriter& archive) const {
  archive(impl_->keys, impl_->last_heard, impl_->condition_errors);
  for (const Breaker& breaker : impl_->breakers) breaker.save(archive);
}

void BreakerSet::restore(ArchiveReader& archive) {
  impl_->clear();
  if (impl_->restore_all(archive)) return;
  archive.fail();
  impl_->clear();
}

}  // namespace fusebox::breakers
