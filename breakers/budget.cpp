#include "breakers/budget.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace fusebox::breakers {

BudgetTerms::BudgetTerms(const BudgetMaxima& maxima, std::optional<Duration> window,
                         std::vector<Ratio> thresholds)
    : maxima_(maxima), thresholds_(std::move(thresholds)) {
  for (std::size_t i = 0; i < kResourceCount; ++i) {
    if (maxima_[i]) budgeted_.push_back(static_cast<Resource>(i));
  }
  additive_count_ = static_cast<std::size_t>(
      std::count_if(kAdditive.begin(), kAdditive.end(), [this](Resource r) { return max(r); }));
  if (!window || additive_count_ == 0) return;
  FUSEBOX_ASSERT(*window >= kShortestWindow);
  rolling_ = RollingSums::Shape{.window = *window, .columns = additive_count_};
}

std::optional<std::int64_t> BudgetTerms::max(Resource resource) const {
  return maxima_[index_of(resource)];
}

std::optional<Budget::Refusal> Budget::refuses(const Demand& demand, Instant now) const {
  using policy::Reason;
  if (terms_->max(Resource::Depth) && demand.depth.value_or(0) > max(Resource::Depth)) {
    return Refusal{Reason::DepthExceeded, Resource::Depth, Duration{0}};
  }
  const bool out_of_time = terms_->max(Resource::WallClock) &&
                           used(Resource::WallClock, now) >= max(Resource::WallClock);
  std::optional<Refusal> refusal;
  bool waiting_helps = !out_of_time;
  for (std::size_t column = 0; column < terms_->additive().size(); ++column) {
    const Resource resource = terms_->additive()[column];
    const std::int64_t amount =
        demand.estimated[index_of(resource)] ? demand.amounts[index_of(resource)] : 1;
    if (fits(column, amount, now)) continue;
    if (!refusal) refusal = Refusal{Reason::BudgetExceeded, resource, Duration{0}};
    const auto at = fits_at(column, amount, now);
    waiting_helps = waiting_helps && at.has_value();
    if (at) refusal->retry_after = std::max(refusal->retry_after, *at - now);
  }
  if (!refusal && out_of_time) {
    refusal = Refusal{Reason::BudgetExceeded, Resource::WallClock, Duration{0}};
  }
  if (refusal && !waiting_helps) refusal->retry_after = Duration{0};
  return refusal;
}

bool Budget::fits(std::size_t column, std::int64_t amount, Instant now) const {
  const Resource resource = terms_->additive()[column];
  // In 128 bits: three amounts may each be the largest number.
  const Int128 total =
      static_cast<Int128>(used_of_column(column, now)) + reserved_[index_of(resource)] + amount;
  return total <= max(resource);
}

// When forgetting makes room for `amount`; nullopt if not even an empty window has it beside what
// is reserved.
std::optional<Instant> Budget::fits_at(std::size_t column, std::int64_t amount, Instant now) const {
  if (!terms_->rolling()) return std::nullopt;
  const Resource resource = terms_->additive()[column];
  const Int128 room = static_cast<Int128>(max(resource)) - reserved_[index_of(resource)] - amount;
  if (room < 0) return std::nullopt;
  return rolling_.falls_to(*terms_->rolling(), column, static_cast<std::int64_t>(room), now);
}

Amounts Budget::reserve(const Demand& demand, Instant now) {
  FUSEBOX_ASSERT(!refuses(demand, now));
  start(now);
  Amounts reserved{};
  for (const Resource resource : terms_->additive()) {
    const std::size_t i = index_of(resource);
    if (demand.estimated[i]) reserved[i] = demand.amounts[i];
    // INVARIANT: cannot overflow, and stays below the maximum: the demand was not refused.
    reserved_[i] += reserved[i];
  }
  see_depth(demand.depth.value_or(0));
  return reserved;
}

void Budget::see_depth(std::int64_t depth) {
  if (!terms_->max(Resource::Depth)) return;
  std::int64_t& deepest = committed_[index_of(Resource::Depth)];
  deepest = std::max(deepest, depth);
}

void Budget::start(Instant now) {
  if (terms_->max(Resource::WallClock) && !first_check_) first_check_ = now;
}

void Budget::charge(const Amounts& reserved, const Usage& usage, Instant at, Instant now,
                    std::vector<Crossing>& out) {
  refresh(now);
  rearm(now);
  std::array<std::int64_t, kAdditive.size()> charged{};
  std::size_t column = 0;
  for (const Resource resource : terms_->additive()) {
    const std::size_t i = index_of(resource);
    FUSEBOX_ASSERT(reserved_[i] >= reserved[i]);
    reserved_[i] -= reserved[i];
    const std::int64_t assumed = usage.neutral ? 0 : reserved[i];
    charged[column++] = usage.reported[i] ? usage.amounts[i] : std::max(usage.amounts[i], assumed);
  }
  commit(std::span(charged).first(column), std::min(at, now), now);
  see_depth(usage.depth.value_or(0));
  note_crossings(now, out);
}

void Budget::commit(std::span<const std::int64_t> amounts, Instant at, Instant now) {
  if (std::all_of(amounts.begin(), amounts.end(), [](std::int64_t a) { return a == 0; })) return;
  const auto& rolling = terms_->rolling();
  if (rolling && !rolling_.add(*rolling, amounts, at, now)) return;
  for (std::size_t column = 0; column < amounts.size(); ++column) {
    std::int64_t& sum = committed_[index_of(terms_->additive()[column])];
    sum = add_saturated(sum, amounts[column]);
  }
  if (rolling) committed_until_ = rolling_.next_change(*rolling);
}

// Makes committed_ true at `now`.
void Budget::refresh(Instant now) {
  if (now < committed_until_ || !terms_->rolling()) return;
  rolling_.forget(*terms_->rolling(), now);
  for (std::size_t column = 0; column < terms_->additive().size(); ++column) {
    committed_[index_of(terms_->additive()[column])] =
        rolling_.sum(*terms_->rolling(), column, now);
  }
  committed_until_ = rolling_.next_change(*terms_->rolling());
}

std::int64_t Budget::used(Resource resource, Instant now) const {
  if (resource == Resource::WallClock) {
    return first_check_ ? (now - *first_check_).count() : 0;
  }
  const auto found = std::find(terms_->additive().begin(), terms_->additive().end(), resource);
  if (found == terms_->additive().end()) return committed_[index_of(resource)];
  return used_of_column(static_cast<std::size_t>(found - terms_->additive().begin()), now);
}

std::int64_t Budget::used_of_column(std::size_t column, Instant now) const {
  if (now < committed_until_) return committed_[index_of(terms_->additive()[column])];
  return rolling_.sum(*terms_->rolling(), column, now);
}

std::int64_t Budget::reserved(Resource resource) const { return reserved_[index_of(resource)]; }

void Budget::raise(Resource resource, std::optional<std::int64_t> to) {
  std::erase_if(raised_, [resource](const auto& raised) { return raised.first == resource; });
  if (to) raised_.emplace_back(resource, *to);
}

bool Budget::is_raised(Resource resource) const {
  return std::any_of(raised_.begin(), raised_.end(),
                     [resource](const auto& raised) { return raised.first == resource; });
}

std::int64_t Budget::max_where_raised(Resource resource) const {
  for (const auto& [raised, to] : raised_) {
    if (raised == resource) return to;
  }
  return *terms_->max(resource);
}

std::optional<Instant> Budget::resets(Resource resource, Instant now) const {
  const auto additive = terms_->additive();
  const auto found = std::find(additive.begin(), additive.end(), resource);
  if (found == additive.end() || !terms_->rolling() || used(resource, now) == 0) {
    return std::nullopt;
  }
  const auto column = static_cast<std::size_t>(found - additive.begin());
  return rolling_.falls_to(*terms_->rolling(), column, 0, now);
}

bool Budget::overrun(Instant now) const {
  for (std::size_t column = 0; column < terms_->additive().size(); ++column) {
    if (!fits(column, 0, now)) return true;
  }
  return false;
}

// What is not so any more may be told again.
void Budget::rearm(Instant now) {
  if (crossed_ == decltype(crossed_){} && overrun_noted_ == decltype(overrun_noted_){}) return;
  for (const Resource resource : terms_->budgeted()) {
    const std::size_t i = index_of(resource);
    crossed_[i] = std::min(crossed_[i], thresholds_reached(resource, now));
  }
  for (std::size_t column = 0; column < terms_->additive().size(); ++column) {
    if (fits(column, 0, now)) overrun_noted_[index_of(terms_->additive()[column])] = false;
  }
}

void Budget::note_crossings(Instant now, std::vector<Crossing>& out) {
  if (!terms_->thresholds().empty()) note_thresholds(now, out);
  for (std::size_t column = 0; column < terms_->additive().size(); ++column) {
    const Resource resource = terms_->additive()[column];
    bool& noted = overrun_noted_[index_of(resource)];
    if (noted || fits(column, 0, now)) continue;
    noted = true;
    out.push_back({.resource = resource,
                   .used = used_of_column(column, now),
                   .max = max(resource),
                   .threshold = std::nullopt});
  }
}

void Budget::note_thresholds(Instant now, std::vector<Crossing>& out) {
  for (const Resource resource : terms_->budgeted()) {
    const std::uint8_t reached = thresholds_reached(resource, now);
    std::uint8_t& crossed = crossed_[index_of(resource)];
    for (; crossed < reached; ++crossed) {
      out.push_back({.resource = resource,
                     .used = used(resource, now),
                     .max = max(resource),
                     .threshold = terms_->thresholds()[crossed]});
    }
  }
}

// How many thresholds `used` has reached. A maximum of 0 has no fractions.
std::uint8_t Budget::thresholds_reached(Resource resource, Instant now) const {
  const std::int64_t limit = max(resource);
  const auto thresholds = terms_->thresholds();
  if (limit == 0 || thresholds.empty()) return 0;
  const std::int64_t amount = used(resource, now);
  const auto above =
      std::find_if(thresholds.begin(), thresholds.end(), [&](const Ratio& threshold) {
        return static_cast<Int128>(amount) * threshold.den <
               static_cast<Int128>(limit) * threshold.num;
      });
  return static_cast<std::uint8_t>(above - thresholds.begin());
}

bool Budget::valid() const {
  const auto not_negative = [](std::int64_t amount) { return amount >= 0; };
  return std::all_of(committed_.begin(), committed_.end(), not_negative) &&
         std::all_of(reserved_.begin(), reserved_.end(), not_negative) &&
         (!first_check_ || *first_check_ >= Instant{});
}

}  // namespace fusebox::breakers
