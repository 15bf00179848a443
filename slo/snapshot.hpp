// What an SLO stands at, as a value that a reader on another thread may keep, and its entries in a
// summary. Taking one costs O(keys): about a microsecond and two allocations a key.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/json_writer.hpp"
#include "base/key.hpp"
#include "base/time.hpp"
#include "slo/slo.hpp"

namespace fusebox::slo {

// The percentiles of a threshold indicator's values, in the unit of its field.
struct Percentiles {
  double p50 = 0;
  double p90 = 0;
  double p95 = 0;
  double p99 = 0;
};

struct ObjectiveFigures {
  std::string name;  // "" without
  double target = 0;
  Counts counts;  // over the SLO window
  std::array<double, kBurnWindowCount> burn_rates{};
  double budget_remaining = 1;
  SloStatus status = SloStatus::NoData;
};

struct SloKey {
  std::string key;  // encoded by SloSnapshot::group_by
  Instant born{};   // when its first event was counted; the first instant before that
  Counts ever;      // of all its events: they only grow
  bool uncertain = false;
  std::vector<ObjectiveFigures> objectives;
  std::optional<Percentiles> percentiles;  // of all its values; absent before the first
};

struct SloSnapshot {
  std::string name;
  std::string service;
  KeySpec group_by;
  Duration window{};
  bool has_values = false;   // a threshold indicator
  std::vector<SloKey> keys;  // ascending by key
};

// One object per key and objective, into the array that the caller has begun:
//   slo key objective_name good bad total objective sli budget_remaining burn_rate{…} status
//   uncertain no_data, and for threshold indicators percentiles{p50,p90,p95,p99}, null before the
//   first value.
void write_entries(JsonWriter& json, const SloSnapshot& slo);

}  // namespace fusebox::slo
