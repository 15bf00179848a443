#include "breakers/limit.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "breakers/budget.hpp"
#include "breakers/detail/limit_state.hpp"

namespace fusebox::breakers {
namespace {

using policy::Reason;

std::optional<Dimension> first_missing(const KeySpec& scope, const Dimensions& dimensions) {
  for (const Dimension dimension : scope.dimensions()) {
    if (dimensions[dimension].empty()) return dimension;
  }
  return std::nullopt;
}

}  // namespace

policy::Effect effect_of(OnExceed on_exceed) {
  switch (on_exceed) {
    case OnExceed::Deny:
      return policy::Effect::Deny;
    case OnExceed::Throttle:
      return policy::Effect::Throttle;
    case OnExceed::RequireApproval:
      return policy::Effect::RequireApproval;
    case OnExceed::Degrade:
      return policy::Effect::Degrade;
    case OnExceed::Kill:
      return policy::Effect::Kill;
  }
  return policy::Effect::Deny;
}

struct Limit::Impl : detail::LimitState {
  using LimitState::LimitState;

  [[nodiscard]] LimitAnswer ask(const Parts& parts, const Demand& demand, Instant now) const;
  [[nodiscard]] Hold open(const Dimensions& dimensions, Instant now);
  void close(const Hold& hold, const Usage& usage, Instant now,
             std::vector<telemetry::RecordBody>& out);
  bool free_slot(const Hold& hold);
  void charge(KeyIndex key, const Amounts& reserved, const Usage& usage, Instant at, Instant now,
              std::vector<telemetry::RecordBody>& out);
  [[nodiscard]] telemetry::LimitRecord record_of(KeyIndex key, const Crossing& crossing) const;
  [[nodiscard]] LimitSnapshot snapshot_of_none() const;  // of its keys
  [[nodiscard]] LimitKey snapshot_of(KeyIndex key, Instant now) const;

  std::vector<Crossing> crossings;  // reused, so that settling does not allocate
};

LimitAnswer Limit::Impl::ask(const Parts& parts, const Demand& demand, Instant now) const {
  LimitAnswer answer;
  answer.allowed = false;
  if (parts.budget) {
    if (const auto refusal = parts.budget->refuses(demand, now)) {
      answer.reason = refusal->reason;
      answer.retry_after = refusal->retry_after;
      answer.resource = refusal->resource;
      return answer;
    }
  }
  if (parts.rate && !parts.rate->allows(now)) {
    answer.reason = Reason::RateLimited;
    answer.retry_after = parts.rate->retry_after(now);
    return answer;
  }
  const auto& cap = spec.concurrency;
  if (parts.slots && parts.slots->in_use() >= static_cast<std::size_t>(cap->max)) {
    answer.reason = Reason::ConcurrencyLimited;
    const Instant lease_end = add_saturated(*parts.slots->oldest(), cap->lease);
    answer.retry_after = std::max(lease_end - now, Duration{0});
    return answer;
  }
  return {};
}

Hold Limit::Impl::open(const Dimensions& dimensions, Instant now) {
  Hold hold;
  hold.key = touch(dimensions, now);
  hold.at = now;
  ++activity[hold.key].open_holds;
  return hold;
}

void Limit::Impl::close(const Hold& hold, const Usage& usage, Instant now,
                        std::vector<telemetry::RecordBody>& out) {
  FUSEBOX_ASSERT(keys.contains(hold.key));
  auto& active = activity[hold.key];
  FUSEBOX_ASSERT(active.open_holds > 0);
  --active.open_holds;
  active.last = now;
  free_slot(hold);
  charge(hold.key, hold.amounts, usage, hold.at, now, out);
}

bool Limit::Impl::free_slot(const Hold& hold) {
  return hold.slot && slots[hold.key].free(hold.slot_id);
}

void Limit::Impl::charge(KeyIndex key, const Amounts& reserved, const Usage& usage, Instant at,
                         Instant now, std::vector<telemetry::RecordBody>& out) {
  if (!blank.budget) return;
  crossings.clear();
  budgets[key].charge(reserved, usage, at, now, crossings);
  for (const Crossing& crossing : crossings) out.push_back(record_of(key, crossing));
}

telemetry::LimitRecord Limit::Impl::record_of(KeyIndex key, const Crossing& crossing) const {
  telemetry::LimitRecord record;
  record.name = spec.name;
  JsonWriter json(record.key);
  spec.scope.write_json(json, keys.key(key));
  record.dimension = name_of(crossing.resource);
  record.used = crossing.used;
  record.max = crossing.max;
  if (crossing.threshold) record.threshold = crossing.threshold->to_double();
  record.overrun = !crossing.threshold;
  return record;
}

LimitSnapshot Limit::Impl::snapshot_of_none() const {
  return {.name = spec.name,
          .scope = spec.scope,
          .mode = spec.mode,
          .leaked_slots = leaked_slots,
          .keys = {}};
}

LimitKey Limit::Impl::snapshot_of(KeyIndex key, Instant now) const {
  const Parts parts = parts_of(key);
  LimitKey out{.key = std::string(keys.key(key)), .budget = {}, .slots = {}, .rate = {}};
  for (const Resource resource : terms.budgeted()) {
    const Budget& budget = *parts.budget;
    out.budget.push_back({.resource = resource,
                          .used = budget.used(resource, now),
                          .reserved = budget.reserved(resource),
                          .max = budget.max(resource),
                          .raised = budget.is_raised(resource),
                          .resets = budget.resets(resource, now)});
  }
  out.overrun = parts.budget != nullptr && parts.budget->overrun(now);
  if (parts.slots) {
    out.slots = SlotUse{.in_flight = static_cast<std::int64_t>(parts.slots->in_use()),
                        .max = spec.concurrency->max};
  }
  if (parts.rate) {
    out.rate = RateUse{.available = parts.rate->available(now), .burst = spec.rate->burst};
  }
  return out;
}

Limit::Limit(LimitSpec spec) : impl_(std::make_unique<Impl>(std::move(spec))) {}
Limit::~Limit() = default;
Limit::Limit(Limit&&) noexcept = default;
Limit& Limit::operator=(Limit&&) noexcept = default;

const LimitSpec& Limit::spec() const { return impl_->spec; }

bool Limit::applies(const policy::Facts& facts) const {
  return !impl_->spec.where || impl_->spec.where->holds(facts, impl_->condition_errors);
}

std::int64_t Limit::condition_errors() const { return impl_->condition_errors; }

LimitAnswer Limit::peek(const Dimensions& dimensions, const Demand& demand, Instant now) const {
  const std::optional<KeyIndex> key = impl_->find(dimensions);
  if (key) impl_->activity[*key].last = now;
  LimitAnswer answer = impl_->ask(impl_->parts_of(key), demand, now);
  if (!answer.allowed) answer.missing = first_missing(impl_->spec.scope, dimensions);
  return answer;
}

Hold Limit::take(const Dimensions& dimensions, const Demand& demand, Instant now) {
  Hold hold = impl_->open(dimensions, now);
  hold.reserved = true;
  if (impl_->blank.budget) hold.amounts = impl_->budgets[hold.key].reserve(demand, now);
  if (impl_->blank.rate) impl_->rates[hold.key].take(now);
  if (impl_->blank.slots) {
    Slots& slots = impl_->slots[hold.key];
    FUSEBOX_ASSERT(slots.in_use() < static_cast<std::size_t>(impl_->spec.concurrency->max));
    hold.slot = true;
    hold.slot_id = impl_->next_slot_id++;
    slots.take(hold.slot_id, now);
  }
  return hold;
}

Hold Limit::pass(const Dimensions& dimensions, Instant now) {
  const Hold hold = impl_->open(dimensions, now);
  if (impl_->blank.budget) impl_->budgets[hold.key].start(now);
  return hold;
}

void Limit::settle(const Hold& hold, const Usage& usage, Instant now,
                   std::vector<telemetry::RecordBody>& out) {
  impl_->close(hold, usage, now, out);
}

void Limit::settle_in_full(const Hold& hold, Instant now, std::vector<telemetry::RecordBody>& out) {
  // A usage that reports nothing and is not neutral is charged as reserved.
  impl_->close(hold, Usage{}, now, out);
}

void Limit::free_slot(const Hold& hold) {
  if (impl_->free_slot(hold)) ++impl_->leaked_slots;
}

std::int64_t Limit::leaked_slots() const { return impl_->leaked_slots; }

std::optional<Instant> Limit::slot_deadline(const Hold& hold) const {
  if (!hold.slot) return std::nullopt;
  return add_saturated(hold.at, impl_->spec.concurrency->lease);
}

void Limit::observe(const Dimensions& dimensions, const Usage& usage, Instant at, Instant now,
                    std::vector<telemetry::RecordBody>& out) {
  if (!impl_->blank.budget) return;  // nothing else looks at telemetry
  impl_->charge(impl_->touch(dimensions, now), Amounts{}, usage, at, now, out);
}

void Limit::sweep(Instant now, std::size_t budget) { impl_->sweep(now, budget); }

std::size_t Limit::sweep_share() const {
  constexpr Duration kRoundMin = std::chrono::minutes{1};
  constexpr Duration kRoundMax = std::chrono::hours{1};
  const Duration round = std::clamp(impl_->memory() / 60, kRoundMin, kRoundMax);
  return impl_->keys.index_end() / static_cast<std::size_t>(round / std::chrono::seconds{1}) + 1;
}

std::string_view Limit::key_text(const Hold& hold) const { return impl_->keys.key(hold.key); }

std::size_t Limit::key_count() const { return impl_->keys.size(); }

std::optional<KeyIndex> Limit::find_key(std::string_view encoded) const {
  return impl_->keys.find(encoded);
}

void Limit::raise(KeyIndex key, Resource resource, std::optional<std::int64_t> to) {
  FUSEBOX_ASSERT(impl_->terms.max(resource).has_value());
  impl_->budgets[key].raise(resource, to);
}

telemetry::LimitRecord Limit::record_of(KeyIndex key, Resource resource, std::string_view change,
                                        Instant now) const {
  const Budget& budget = impl_->budgets[key];
  auto record = impl_->record_of(key, {.resource = resource,
                                       .used = budget.used(resource, now),
                                       .max = budget.max(resource),
                                       .threshold = std::nullopt});
  record.overrun = budget.overrun(now);
  record.change = change;
  return record;
}

LimitSnapshot Limit::snapshot(Instant now) const {
  LimitSnapshot out = impl_->snapshot_of_none();
  for (const KeyIndex key : impl_->keys.sorted()) out.keys.push_back(impl_->snapshot_of(key, now));
  return out;
}

void Limit::write_summary(JsonWriter& json, Instant now,
                          const std::function<void()>& written) const {
  const LimitSnapshot about = impl_->snapshot_of_none();
  for (const KeyIndex key : impl_->keys.sorted()) {
    write_entry(json, about, impl_->snapshot_of(key, now));
    written();
  }
}

bool Limit::gave_out(const std::vector<Hold>& holds) const { return impl_->gave_out(holds); }

void Limit::save(ArchiveWriter& archive) const { impl_->save(archive); }

void Limit::restore(ArchiveReader& archive) { impl_->restore(archive); }

}  // namespace fusebox::breakers
