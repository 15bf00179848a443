// Resource limits of one Limit document: budgets that reserve and commit, a rate (GCRA) and a
// concurrency cap with leases, by key. Integers only.
//
// INVARIANT: no grant brings `committed + reserved` above the budget, in any dimension, of any key.
// Overspending can only be reported (actuals above a reservation, telemetry without a check); it
// is charged in full, marks the key as overrun, and stops further grants.
#pragma once

#include <array>
#include <cstdint>
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
#include "policy/condition.hpp"
#include "policy/decision.hpp"
#include "telemetry/event.hpp"
#include "telemetry/record.hpp"

namespace fusebox::breakers {

// Budget dimensions, in their integer units.
enum class Resource : std::uint8_t {
  Tokens,     // in + out
  TokensIn,
  TokensOut,
  CostUsd,    // micro-USD
  ToolCalls,
  ModelCalls,
  FilesChanged,
  WallClock,  // nanoseconds since the key's first check
  Depth,      // a maximum, not a sum
};
inline constexpr std::size_t kResourceCount = 9;
constexpr Resource last_of(Resource) { return Resource::Depth; }
[[nodiscard]] std::string_view name_of(Resource resource);  // "cost_usd"
[[nodiscard]] std::span<const std::string_view> resource_names();
[[nodiscard]] std::optional<Resource> parse_resource(std::string_view name);

using Amounts = std::array<std::int64_t, kResourceCount>;

struct RateSpec {
  std::int64_t limit = 0;  // this many …
  Duration per{};          // … in this time
  std::int64_t burst = 1;  // everything allowed at once from idle, >= 1
};

struct ConcurrencySpec {
  std::int64_t max = 0;  // >= 1
  Duration lease{};      // a slot comes back after this even if its call is never reported
};

// What a refusal becomes. RequireApproval and Degrade let a call proceed (the first after a grant)
// without reserving anything on this limit; what it really used is charged when it is reported.
enum class OnExceed : std::uint8_t { Deny, Throttle, RequireApproval, Degrade, Kill };
[[nodiscard]] policy::Effect effect_of(OnExceed on_exceed);

struct LimitSpec {
  std::string name;
  KeySpec scope;
  std::optional<policy::Condition> where;  // over the common names
  std::optional<Duration> window;          // of the budget: rolling; absent: lifetime
  std::array<std::optional<std::int64_t>, kResourceCount> budget;
  std::optional<RateSpec> rate;
  std::optional<ConcurrencySpec> concurrency;
  std::vector<Ratio> thresholds;  // ascending, (0, 1]: a record when used / max crosses one
  OnExceed on_exceed = OnExceed::Deny;
  policy::Enforcement mode = policy::Enforcement::Enforce;
};

// What a check asks for: its one call, plus its estimate.
struct Demand {
  Amounts amounts{};             // 0 where nothing is asked
  std::array<bool, kResourceCount> estimated{};  // the amount is known, even if it is 0
  std::optional<std::int64_t> depth;
};
[[nodiscard]] Demand demand_of(const telemetry::Check& check);

// What really happened, from a report or an event.
struct Usage {
  Amounts amounts{};
  std::array<bool, kResourceCount> reported{};
  std::optional<std::int64_t> depth;
  bool neutral = false;  // cancelled, throttled or denied: only what is reported is charged
};
[[nodiscard]] Usage usage_of(telemetry::Action action, telemetry::Outcome outcome,
                             const telemetry::Measurements& measured);
// Telemetry without a check: one call of its kind and what it measured.
[[nodiscard]] Usage usage_of(const telemetry::Event& event);

// Would it be granted? If not: why, when it may be, and which budget stood in the way.
struct LimitAnswer {
  bool allowed = true;
  policy::Reason reason = policy::Reason::None;
  Duration retry_after{};              // 0 if waiting does not help, or nobody knows how long
  std::optional<Resource> resource;    // of a budget refusal
  std::optional<Dimension> missing;    // a scope dimension the request left out, to be named
};

// What a permit holds of one limit while its call runs. `reserved` is false where the call proceeds
// without a reservation (degrade, shadow); it is still charged on settlement.
struct Hold {
  KeyIndex key = 0;
  bool reserved = false;
  bool slot = false;        // holds a concurrency slot
  std::uint64_t slot_id = 0;
  Instant at{};             // charges are dated here
  Amounts amounts{};        // reserved
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

  [[nodiscard]] LimitAnswer peek(const Dimensions& dimensions, const Demand& demand,
                                 Instant now) const;
  // Reserves what peek allowed, takes a rate token and a concurrency slot.
  [[nodiscard]] Hold take(const Dimensions& dimensions, const Demand& demand, Instant now);
  // The call proceeds though this limit refused (degrade, approved, shadow): nothing is reserved.
  [[nodiscard]] Hold pass(const Dimensions& dimensions, Instant now);

  // The call ended: commits what was used, dated at the reservation, refunds the rest, frees the
  // slot. Appends threshold and overrun records. A hold is settled exactly once, by one of these.
  void settle(const Hold& hold, const Usage& usage, Instant now,
              std::vector<telemetry::RecordBody>& out);
  // The reservation's lease ended: everything reserved is charged.
  void settle_in_full(const Hold& hold, Instant now, std::vector<telemetry::RecordBody>& out);
  // The concurrency lease ended before the call: only the slot goes back. Idempotent by slot_id.
  void free_slot(const Hold& hold);
  // When the slot of this hold must be freed; nullopt if it holds none.
  [[nodiscard]] std::optional<Instant> slot_deadline(const Hold& hold) const;

  // Telemetry without a check, at its own time: charged, no rate token, no slot.
  void observe(const Dimensions& dimensions, const Usage& usage, Instant at, Instant now,
               std::vector<telemetry::RecordBody>& out);

  // Forgets keys that are as good as new (rolling windows empty, nothing held, rate idle) or, for
  // lifetime budgets, idle for 31 days. Visits at most `budget` keys, going round; call it often.
  void sweep(Instant now, std::size_t budget);

  [[nodiscard]] std::string_view key_text(const Hold& hold) const;
  [[nodiscard]] std::size_t key_count() const;

  // limit key used{…} reserved{…} max{…} overrun in_flight, ascending by key.
  void write_summary(JsonWriter& json, Instant now);

  void save(ArchiveWriter& archive) const;
  void restore(ArchiveReader& archive);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fusebox::breakers
