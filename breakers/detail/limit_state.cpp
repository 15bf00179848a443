#include "breakers/detail/limit_state.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace fusebox::breakers::detail {
namespace {

// How long a key with a budget that never forgets is kept after its last sign of life.
constexpr Duration kIdleLifetime = std::chrono::days{31};

// What must not change between a save and a restore.
struct Shape {
  std::vector<Resource> resources;
  Duration window{};
  bool rate = false;
  bool concurrency = false;

  friend bool operator==(const Shape&, const Shape&) = default;
  template <class Archive>
  void visit(Archive& archive) {
    archive(resources, window, rate, concurrency);
  }
};

Shape shape_of(const LimitSpec& spec, const BudgetTerms& terms) {
  return {.resources = {terms.budgeted().begin(), terms.budgeted().end()},
          .window = spec.window.value_or(Duration{0}),
          .rate = spec.rate.has_value(),
          .concurrency = spec.concurrency.has_value()};
}

}  // namespace

LimitState::LimitState(LimitSpec limit_spec)
    : spec(std::move(limit_spec)), terms(spec.budget, spec.window, spec.thresholds) {
  if (!terms.budgeted().empty()) blank.budget.emplace(terms);
  if (spec.rate) blank.rate.emplace(*spec.rate);
  if (spec.concurrency) blank.slots.emplace();
}

LimitState::Parts LimitState::parts_of(std::optional<KeyIndex> key) const {
  Parts parts;
  if (blank.budget) parts.budget = key ? &budgets[*key] : &*blank.budget;
  if (blank.rate) parts.rate = key ? &rates[*key] : &*blank.rate;
  if (blank.slots) parts.slots = key ? &slots[*key] : &*blank.slots;
  return parts;
}

std::optional<KeyIndex> LimitState::find(const Dimensions& dimensions) {
  return keys.find(spec.scope.encode(dimensions, key_buffer_));
}

KeyIndex LimitState::touch(const Dimensions& dimensions, Instant now) {
  const std::string_view text = spec.scope.encode(dimensions, key_buffer_);
  std::optional<KeyIndex> key = keys.find(text);
  if (!key) {
    key = keys.insert(text);
    make_blank(*key);
  }
  activity[*key].last = now;
  return *key;
}

void LimitState::sweep(Instant now, std::size_t budget) {
  for (std::size_t left = std::min(budget, keys.index_end()); left > 0; --left) {
    if (next_sweep >= keys.index_end()) next_sweep = 0;
    const KeyIndex key = next_sweep++;
    if (!keys.contains(key) || !as_good_as_new(key, now)) continue;
    keys.erase(key);
    make_blank(key);
  }
}

// As long as a budget may remember anything.
Duration LimitState::memory() const {
  if (terms.budgeted().empty()) return Duration{0};
  if (!spec.window || terms.max(Resource::WallClock)) return kIdleLifetime;
  return *spec.window + *spec.window / kBucketsPerWindow;
}

void LimitState::make_blank(KeyIndex key) {
  const std::size_t size = keys.index_end();
  FUSEBOX_ASSERT(key < size);
  activity.resize(size);
  activity[key] = {};
  if (blank.budget) {
    budgets.resize(size, *blank.budget);
    budgets[key] = *blank.budget;
  }
  if (blank.rate) {
    rates.resize(size, *blank.rate);
    rates[key] = *blank.rate;
  }
  if (blank.slots) {
    slots.resize(size);
    slots[key] = {};
  }
}

bool LimitState::as_good_as_new(KeyIndex key, Instant now) const {
  const Activity& active = activity[key];
  if (active.open_holds > 0) return false;
  if (blank.budget && budgets[key].is_raised()) return false;
  if (blank.rate && !rates[key].idle(now)) return false;
  return add_saturated(active.last, memory()) <= now;
}

void LimitState::forget_all() {
  keys = {};
  activity.clear();
  budgets.clear();
  rates.clear();
  slots.clear();
  next_slot_id = 1;
  next_sweep = 0;
  condition_errors = 0;
  leaked_slots = 0;
}

template <class Archive>
void LimitState::visit(Archive& archive) {
  Shape saved = shape_of(spec, terms);
  archive(saved);
  if (saved != shape_of(spec, terms)) archive.fail();
  if (archive.failed()) return;
  archive(keys, next_slot_id, next_sweep, condition_errors, leaked_slots);
  for (KeyIndex key = 0; key < keys.index_end() && !archive.failed(); ++key) {
    if constexpr (Archive::kReading) make_blank(key);
    if (keys.contains(key)) visit_key(archive, key);
  }
}

template <class Archive>
void LimitState::visit_key(Archive& archive, KeyIndex key) {
  archive(activity[key]);
  if (blank.budget) archive(budgets[key]);
  if (blank.rate) archive(rates[key]);
  if (blank.slots) slots[key].visit_below(next_slot_id, archive);
  if constexpr (Archive::kReading) {
    const bool more_slots_than_calls =
        blank.slots && slots[key].in_use() > activity[key].open_holds;
    if (activity[key].last < Instant{} || more_slots_than_calls) archive.fail();
    if (!spec.scope.accepts(keys.key(key))) archive.fail();
  }
}

bool LimitState::gave_out(const std::vector<Hold>& holds) const {
  struct Sum {
    std::uint32_t holds = 0;
    Amounts amounts{};
  };
  std::vector<Sum> sums(keys.index_end());
  for (const Hold& hold : holds) {
    if (!keys.contains(hold.key) || hold.at < Instant{} || (hold.slot && !blank.slots))
      return false;
    Sum& sum = sums[hold.key];
    ++sum.holds;
    for (std::size_t i = 0; i < kResourceCount; ++i) {
      if (hold.amounts[i] < 0) return false;
      sum.amounts[i] = add_saturated(sum.amounts[i], hold.amounts[i]);
    }
  }
  for (KeyIndex key = 0; key < sums.size(); ++key) {
    if (sums[key].holds != activity[key].open_holds) return false;
    for (const Resource resource : terms.additive()) {
      if (sums[key].amounts[index_of(resource)] != budgets[key].reserved(resource)) return false;
    }
  }
  return true;
}

void LimitState::save(ArchiveWriter& archive) { visit(archive); }

void LimitState::restore(ArchiveReader& archive) {
  forget_all();
  visit(archive);
  if (archive.failed()) forget_all();
}

}  // namespace fusebox::breakers::detail
