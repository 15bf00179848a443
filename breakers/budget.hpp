// The budget of one key: what was used of each resource, what open calls have reserved, and
// whether one more call fits.
//
// INVARIANT: no grant brings `used + reserved` above the maximum, in any resource.
//
// Used is what was charged: for ever, or for a rolling window (rolling_sum.hpp says when a charge
// is forgotten). A charge is dated at its reservation, so a long call does not shift its cost into
// a later window.
//
// Two resources are no sums. `wall_clock` is the time since the key's first check that went
// through, and refuses from its maximum on; nothing stops it. `depth` is the highest depth seen,
// and each check is measured against the maximum by itself.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/archive.hpp"
#include "base/ratio.hpp"
#include "base/time.hpp"
#include "breakers/resource.hpp"
#include "breakers/rolling_sum.hpp"
#include "policy/decision.hpp"

namespace fusebox::breakers {

using BudgetMaxima = std::array<std::optional<std::int64_t>, kResourceCount>;  // >= 0

// What a document allows each key, prepared once and shared by all keys.
class BudgetTerms {
 public:
  // `window` at least kShortestWindow, absent means for ever; `thresholds` ascending, in (0, 1].
  BudgetTerms(const BudgetMaxima& maxima, std::optional<Duration> window,
              std::vector<Ratio> thresholds);

  [[nodiscard]] std::optional<std::int64_t> max(Resource resource) const;
  // The resources with a maximum, in the order of the enum.
  [[nodiscard]] std::span<const Resource> budgeted() const { return budgeted_; }
  // Those of them that are sums, which come first: the columns of the sums.
  [[nodiscard]] std::span<const Resource> additive() const {
    return budgeted().first(additive_count_);
  }
  [[nodiscard]] const std::optional<RollingSums::Shape>& rolling() const { return rolling_; }
  [[nodiscard]] std::span<const Ratio> thresholds() const { return thresholds_; }

 private:
  BudgetMaxima maxima_;
  std::vector<Resource> budgeted_;
  std::size_t additive_count_ = 0;
  std::optional<RollingSums::Shape> rolling_;
  std::vector<Ratio> thresholds_;
};

// `used` went above a soft threshold of a resource, or the resource was overrun.
struct Crossing {
  Resource resource = Resource::Tokens;
  std::int64_t used = 0;
  std::int64_t max = 0;
  std::optional<Ratio> threshold;  // absent: overrun
};

class Budget {
 public:
  // The terms must outlive it.
  explicit Budget(const BudgetTerms& terms) : terms_(&terms) {}

  struct Refusal {
    policy::Reason reason = policy::Reason::None;  // DepthExceeded or BudgetExceeded
    Resource resource = Resource::Tokens;          // the first that refuses
    // Until forgetting alone makes room in every resource; 0 if it never does.
    Duration retry_after{};
  };
  // A demand fits if `used + reserved + demand <= max`; an unknown demand counts as the smallest
  // there is, 1, so it fits while anything remains. A known demand of 0 is refused only by an
  // overrun. Depth is asked first.
  [[nodiscard]] std::optional<Refusal> refuses(const Demand& demand, Instant now) const;

  // Reserves a demand that is not refused; returns what was reserved, 0 where nothing is budgeted
  // or known. Starts the wall clock.
  Amounts reserve(const Demand& demand, Instant now);
  // A check goes through without a reservation: starts the wall clock.
  void start(Instant now);

  // Gives `reserved` back and charges what was used, dated `at` (<= now). What the usage does not
  // report is charged as reserved, or not at all if it is neutral; where it knows a part (one
  // direction of tokens), at least that part. An overrun and each threshold that `used` reached
  // are appended once; they may come again after `used` has fallen below.
  void charge(const Amounts& reserved, const Usage& usage, Instant at, Instant now,
              std::vector<Crossing>& out);

  [[nodiscard]] std::int64_t used(Resource resource, Instant now) const;
  [[nodiscard]] std::int64_t reserved(Resource resource) const;
  // The maximum in force: of the terms, or what this key was raised to. Only for what is budgeted.
  [[nodiscard]] std::int64_t max(Resource resource) const {
    return raised_.empty() ? *terms_->max(resource) : max_where_raised(resource);
  }
  // Another maximum for this key alone; nullopt: that of the terms again. The owner keeps it in its
  // own state, so visit leaves it out.
  void raise(Resource resource, std::optional<std::int64_t> to);
  [[nodiscard]] bool is_raised() const { return !raised_.empty(); }
  [[nodiscard]] bool is_raised(Resource resource) const;
  // When all that is used now will be forgotten; nullopt where nothing is used or ever forgotten.
  [[nodiscard]] std::optional<Instant> resets(Resource resource, Instant now) const;
  // Some additive resource has `used + reserved` above its maximum: actuals exceeded a
  // reservation or came without one, or the maximum was lowered. It lasts as long as that does.
  // Actuals that exceed a reservation and still fit are charged like any other.
  [[nodiscard]] bool overrun(Instant now) const;

  // Fails on negative amounts. Maxima and thresholds may have changed since the save; the set of
  // resources and the window may not, which the owner checks.
  template <class Archive>
  void visit(Archive& archive) {
    archive(committed_, reserved_, first_check_, crossed_, overrun_noted_);
    if (terms_->rolling()) rolling_.visit_as(*terms_->rolling(), archive);
    if constexpr (Archive::kReading) {
      committed_until_ = terms_->rolling() ? Instant{} : kNever;
      if (!valid()) archive.fail();
    }
  }

 private:
  [[nodiscard]] std::int64_t max_where_raised(Resource resource) const;
  [[nodiscard]] std::int64_t used_of_column(std::size_t column, Instant now) const;
  [[nodiscard]] bool fits(std::size_t column, std::int64_t amount, Instant now) const;
  [[nodiscard]] std::optional<Instant> fits_at(std::size_t column, std::int64_t amount,
                                               Instant now) const;
  void commit(std::span<const std::int64_t> amounts, Instant at, Instant now);
  void refresh(Instant now);
  void see_depth(std::int64_t depth);
  void rearm(Instant now);
  void note_crossings(Instant now, std::vector<Crossing>& out);
  void note_thresholds(Instant now, std::vector<Crossing>& out);
  [[nodiscard]] std::uint8_t thresholds_reached(Resource resource, Instant now) const;
  [[nodiscard]] bool valid() const;

  const BudgetTerms* terms_;
  // Sums of the additive resources, true until committed_until_ (a rolling sum may fall then);
  // and the highest depth.
  Amounts committed_{};
  Amounts reserved_{};
  RollingSums rolling_;
  Instant committed_until_ = kNever;
  std::optional<Instant> first_check_;                  // kept only where wall_clock is budgeted
  std::array<std::uint8_t, kResourceCount> crossed_{};  // thresholds below `used`, already told
  std::array<bool, kResourceCount> overrun_noted_{};
  std::vector<std::pair<Resource, std::int64_t>> raised_;  // by a person; nearly always empty
};

}  // namespace fusebox::breakers
