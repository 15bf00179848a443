#include "breakers/snapshot.hpp"

#include <algorithm>

#include "base/money.hpp"

namespace fusebox::breakers {
namespace {

void write_amount(JsonWriter& json, Resource resource, std::int64_t amount) {
  json.key(name_of(resource));
  if (resource == Resource::CostUsd) {
    json.raw(format_usd(MicroUsd{amount}));
  } else if (resource == Resource::WallClock) {
    json.integer(std::chrono::duration_cast<std::chrono::milliseconds>(Duration{amount}).count());
  } else {
    json.integer(amount);
  }
}

void write_amounts(JsonWriter& json, std::string_view title, const LimitKey& key,
                   std::int64_t BudgetUse::*amount) {
  json.key(title);
  json.begin_object();
  for (const BudgetUse& use : key.budget) write_amount(json, use.resource, use.*amount);
  json.end_object();
}

void write_raised(JsonWriter& json, const LimitKey& key) {
  if (std::none_of(key.budget.begin(), key.budget.end(),
                   [](const auto& use) { return use.raised; }))
    return;
  json.key("raised");
  json.begin_array();
  for (const BudgetUse& use : key.budget) {
    if (use.raised) json.string(name_of(use.resource));
  }
  json.end_array();
}

void write_breaker_key(JsonWriter& json, const BreakerSnapshot& breaker, const BreakerKey& key) {
  json.begin_object();
  json.field("breaker", breaker.name);
  json.key("key");
  breaker.key.write_json(json, key.key);
  json.field("state", name_of(key.state));
  json.field("generation", key.generation);
  json.field("calls", key.tally.calls);
  json.field("failures", key.tally.failures);
  json.field("slow", key.tally.slow);
  if (key.forced) {
    json.key("forced");
    json.begin_object();
    json.field("until", key.forced->until);
    json.end_object();
  }
  json.end_object();
}

}  // namespace

void write_entries(JsonWriter& json, const BreakerSnapshot& breaker) {
  for (const BreakerKey& key : breaker.keys) write_breaker_key(json, breaker, key);
}

void write_entry(JsonWriter& json, const LimitSnapshot& limit, const LimitKey& key) {
  json.begin_object();
  json.field("limit", limit.name);
  json.key("key");
  limit.scope.write_json(json, key.key);
  write_amounts(json, "used", key, &BudgetUse::used);
  write_amounts(json, "reserved", key, &BudgetUse::reserved);
  write_amounts(json, "max", key, &BudgetUse::max);
  json.field("overrun", key.overrun);
  if (key.slots) {
    json.field("in_flight", key.slots->in_flight);
    json.field("in_flight_max", key.slots->max);
  }
  if (key.rate) {
    json.key("rate");
    json.begin_object();
    json.field("available", key.rate->available);
    json.field("burst", key.rate->burst);
    json.end_object();
  }
  write_raised(json, key);
  json.end_object();
}

void write_entries(JsonWriter& json, const LimitSnapshot& limit) {
  for (const LimitKey& key : limit.keys) write_entry(json, limit, key);
}

}  // namespace fusebox::breakers
