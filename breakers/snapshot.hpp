// What stands in breakers and limits at one time, as values that a reader on another thread may
// keep. Taking one costs O(keys), with an allocation or two for each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json_writer.hpp"
#include "base/key.hpp"
#include "base/time.hpp"
#include "breakers/breaker.hpp"
#include "breakers/resource.hpp"
#include "policy/decision.hpp"

namespace fusebox::breakers {

// A person's word against the detectors, until a time.
struct Forced {
  enum class State : std::uint8_t { Open, Closed };
  friend constexpr State last_of(State) { return State::Closed; }

  State state = State::Open;
  Instant until{};
};

struct BreakerKey {
  std::string key;                            // encoded by BreakerSnapshot::key
  BreakerState state = BreakerState::Closed;  // the forced one, if it is forced
  std::int64_t generation = 1;
  CallTally tally;                  // of Breaker::tally, at the last time the set was told
  Instant since{};                  // when it moved last, or was first seen
  std::optional<Instant> retry_at;  // open: when calls may pass again
  std::optional<Forced> forced;
};

struct BreakerSnapshot {
  std::string name;
  KeySpec key;
  policy::Enforcement mode = policy::Enforcement::Enforce;
  std::vector<BreakerKey> keys;  // ascending by key
};

// One budget of one key, in the units of Resource.
struct BudgetUse {
  Resource resource = Resource::Tokens;
  std::int64_t used = 0;
  std::int64_t reserved = 0;
  std::int64_t max = 0;  // with what it is raised by
  bool raised = false;
  std::optional<Instant> resets;  // rolling windows: when all that is used will be forgotten
};

struct SlotUse {
  std::int64_t in_flight = 0;
  std::int64_t max = 0;
};

struct RateUse {
  std::int64_t available = 0;  // calls that would pass at once
  std::int64_t burst = 0;
};

struct LimitKey {
  std::string key;                // encoded by LimitSnapshot::scope
  std::vector<BudgetUse> budget;  // in the order of the resources
  bool overrun = false;
  std::optional<SlotUse> slots;
  std::optional<RateUse> rate;
};

struct LimitSnapshot {
  std::string name;
  KeySpec scope;
  policy::Enforcement mode = policy::Enforcement::Enforce;
  std::int64_t leaked_slots = 0;  // since the limit began
  std::vector<LimitKey> keys;     // ascending by key
};

// One object per key, into the array that the caller has begun:
//   {"breaker":"tools","key":{…},"state":"open","generation":2,"calls":0,"failures":0,"slow":0}
//   and "forced":{"until":…} where it is.
void write_entries(JsonWriter& json, const BreakerSnapshot& breaker);

//   limit, key{…}; used{…} reserved{…} max{…} by budgeted dimension, cost_usd as decimal USD and
//   wall_clock in milliseconds; overrun; with a concurrency cap in_flight and in_flight_max; with a
//   rate rate{available,burst}, what would pass at once now and from idle; raised[…] where it is.
void write_entries(JsonWriter& json, const LimitSnapshot& limit);
// One of them, of a key that need not be among the snapshot's.
void write_entry(JsonWriter& json, const LimitSnapshot& limit, const LimitKey& key);

}  // namespace fusebox::breakers
