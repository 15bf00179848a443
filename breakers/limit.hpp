// The resource limits of one Limit document, by key: budgets that reserve and commit, a rate and a
// cap on calls in flight. Integers only; the parts are in budget.hpp, gcra.hpp and concurrency.hpp.
//
// INVARIANT: no grant brings `committed + reserved` above the budget, in any dimension, of any key.
// Overspending can only be reported (actuals above a reservation, telemetry without a check). It
// is charged in full; as long as `committed + reserved` of a dimension is above its maximum the key
// is overrun, and refuses every check, even one that asks nothing of that dimension. Actuals above
// a reservation, or without one, that still fit are charges like any other: an agent that
// estimates nothing is not stopped for using something. Depth and wall clock are never overrun.
//
// Grants are all or nothing over several limits because the caller peeks at all of them before it
// takes from any. Within a limit depth is asked first, then the budget, the rate and the
// concurrency: the reason is of the first that refuses, and so is `retry_after`.
//
// One thread. No allocation in peek, take, pass and settle once warm (a new key, a new record and
// the first charges of a rolling window allocate).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/archive.hpp"
#include "base/json_writer.hpp"
#include "base/key.hpp"
#include "base/ratio.hpp"
#include "base/time.hpp"
#include "breakers/concurrency.hpp"
#include "breakers/gcra.hpp"
#include "breakers/resource.hpp"
#include "breakers/snapshot.hpp"
#include "policy/condition.hpp"
#include "policy/decision.hpp"
#include "telemetry/event.hpp"
#include "telemetry/record.hpp"

namespace fusebox::breakers {

// What a refusal becomes. RequireApproval and Degrade let a call proceed (the first after a grant)
// without reserving anything on this limit; what it really used is charged when it is reported.
enum class OnExceed : std::uint8_t { Deny, Throttle, RequireApproval, Degrade, Kill };
constexpr OnExceed last_of(OnExceed) { return OnExceed::Kill; }
[[nodiscard]] policy::Effect effect_of(OnExceed on_exceed);

struct LimitSpec {
  std::string name;
  KeySpec scope;
  std::optional<policy::Condition> where;  // over the common names
  std::optional<Duration> window;          // of the budget: rolling, >= 1 s; absent: lifetime
  std::array<std::optional<std::int64_t>, kResourceCount> budget;  // >= 0
  std::optional<RateSpec> rate;
  std::optional<ConcurrencySpec> concurrency;
  // Ascending, in (0, 1], at most 255: a record when used / max reaches one.
  std::vector<Ratio> thresholds;
  OnExceed on_exceed = OnExceed::Deny;
  policy::Enforcement mode = policy::Enforcement::Enforce;
};

// Would it be granted? If not: why, when it may be, and which budget stood in the way.
struct LimitAnswer {
  bool allowed = true;
  policy::Reason reason = policy::Reason::None;
  Duration retry_after{};            // 0 if waiting does not help, or nobody knows how long
  std::optional<Resource> resource;  // of a budget or depth refusal
  std::optional<Dimension> missing;  // a scope dimension the request left out, to be named
};

// What a permit holds of one limit while its call runs. `reserved` is false where the call proceeds
// without a reservation (degrade, shadow); it is still charged on settlement.
struct Hold {
  KeyIndex key = 0;
  bool reserved = false;
  bool slot = false;  // holds a concurrency slot
  std::uint64_t slot_id = 0;
  Instant at{};       // charges are dated here
  Amounts amounts{};  // reserved
  template <class Archive>
  void visit(Archive& archive) {
    archive(key, reserved, slot, slot_id, at, amounts);
  }
};

class Limit {
 public:
  explicit Limit(LimitSpec spec);
  ~Limit();
  Limit(Limit&&) noexcept;
  Limit& operator=(Limit&&) noexcept;

  [[nodiscard]] const LimitSpec& spec() const;

  // Does this limit apply at all? (`where`; an error does not match and is counted.)
  [[nodiscard]] bool applies(const policy::Facts& facts) const;
  [[nodiscard]] std::int64_t condition_errors() const;

  // Changes no answer. It does remember that the key was asked for: a key that is refused again
  // and again is not idle, and must not be forgotten together with what it overspent.
  [[nodiscard]] LimitAnswer peek(const Dimensions& dimensions, const Demand& demand,
                                 Instant now) const;
  // Reserves what peek allowed, takes a rate token and a concurrency slot.
  [[nodiscard]] Hold take(const Dimensions& dimensions, const Demand& demand, Instant now);
  // The call proceeds though this limit refused (degrade, approved, shadow): nothing is reserved.
  [[nodiscard]] Hold pass(const Dimensions& dimensions, Instant now);

  // The call ended: commits what was used, dated at the reservation, refunds the rest, frees the
  // slot. Appends threshold and overrun records. A hold is settled exactly once, by one of these.
  // Rate tokens do not come back: the call was made, or could have been.
  void settle(const Hold& hold, const Usage& usage, Instant now,
              std::vector<telemetry::RecordBody>& out);
  // The reservation's lease ended: everything reserved is charged.
  void settle_in_full(const Hold& hold, Instant now, std::vector<telemetry::RecordBody>& out);
  // The concurrency lease ended before the call: only the slot goes back, counted as leaked.
  // Idempotent by slot_id.
  void free_slot(const Hold& hold);
  [[nodiscard]] std::int64_t leaked_slots() const;
  // When the slot of this hold must be freed; nullopt if it never held one.
  [[nodiscard]] std::optional<Instant> slot_deadline(const Hold& hold) const;

  // Telemetry without a check, at its own time: charged, no rate token, no slot.
  void observe(const Dimensions& dimensions, const Usage& usage, Instant at, Instant now,
               std::vector<telemetry::RecordBody>& out);

  // A person's word: another maximum for one resource of one key, until it is taken back with
  // nullopt. `to` >= 0; the resource must have a budget here. The engine keeps the time, and raised
  // keys in its own state: save leaves them out.
  [[nodiscard]] std::optional<KeyIndex> find_key(std::string_view encoded) const;
  void raise(KeyIndex key, Resource resource, std::optional<std::int64_t> to);
  // What happened to the maximum ("raised"), as it stands now.
  [[nodiscard]] telemetry::LimitRecord record_of(KeyIndex key, Resource resource,
                                                 std::string_view change, Instant now) const;

  // Forgets keys that are as good as new: no call open, not raised, the rate full again, and not
  // asked for or charged for as long as the budget remembers (the window; 31 days for lifetime
  // budgets and wall clocks, as they have no other end). Visits at most `budget` keys, going round;
  // call it often.
  void sweep(Instant now, std::size_t budget);
  // How many keys a host that ticks once a second should sweep at each tick: all of them within a
  // sixtieth of the time that a key is remembered, at least a minute and at most an hour.
  [[nodiscard]] std::size_t sweep_share() const;

  [[nodiscard]] std::string_view key_text(const Hold& hold) const;
  [[nodiscard]] std::size_t key_count() const;

  [[nodiscard]] LimitSnapshot snapshot(Instant now) const;
  // write_entries of the snapshot, without taking one: there may be a key for every task. Calls
  // `written` after each entry, so that the caller may take away what stands in the output.
  void write_summary(JsonWriter& json, Instant now, const std::function<void()>& written) const;

  // Could these be exactly the holds that are not settled? For holds that come from a file beside
  // this limit's own state.
  [[nodiscard]] bool gave_out(const std::vector<Hold>& holds) const;

  // A state may be restored under changed numbers (maxima, thresholds, rate, cap), so that a limit
  // can be lowered below what was used; a budget then is overrun. Another set of dimensions,
  // another window, or the presence of a rate or cap fails the archive, and so does anything that
  // save cannot have written; the limit is then as new.
  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::breakers
