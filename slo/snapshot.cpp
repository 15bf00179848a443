#include "slo/snapshot.hpp"

#include <limits>

namespace fusebox::slo {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

void write_burn_rates(JsonWriter& json, const ObjectiveFigures& figures) {
  json.key("burn_rate");
  json.begin_object();
  for (std::size_t i = 0; i < kBurnWindowCount; ++i) {
    json.field(burn_window_names()[i], figures.burn_rates[i]);
  }
  json.end_object();
}

// Null without events, so that the shape of an entry does not depend on the traffic.
void write_percentiles(JsonWriter& json, const std::optional<Percentiles>& percentiles) {
  const Percentiles shown = percentiles.value_or(Percentiles{kNull, kNull, kNull, kNull});
  json.key("percentiles");
  json.begin_object();
  json.field("p50", shown.p50);
  json.field("p90", shown.p90);
  json.field("p95", shown.p95);
  json.field("p99", shown.p99);
  json.end_object();
}

void write_entry(JsonWriter& json, const SloSnapshot& slo, const SloKey& key,
                 const ObjectiveFigures& figures) {
  json.begin_object();
  json.field("slo", slo.name);
  json.key("key");
  slo.group_by.write_json(json, key.key);
  json.field("objective_name", figures.name);
  json.field("good", figures.counts.good);
  json.field("bad", figures.counts.bad);
  json.field("total", figures.counts.total());
  json.field("objective", figures.target);
  json.field("sli", sli(figures.counts).value_or(kNull));
  json.field("budget_remaining", figures.budget_remaining);
  write_burn_rates(json, figures);
  json.field("status", name_of(figures.status));
  json.field("uncertain", key.uncertain);
  json.field("no_data", figures.counts.total() == 0);
  if (slo.has_values) write_percentiles(json, key.percentiles);
  json.end_object();
}

}  // namespace

void write_entries(JsonWriter& json, const SloSnapshot& slo) {
  for (const SloKey& key : slo.keys) {
    for (const ObjectiveFigures& figures : key.objectives) write_entry(json, slo, key, figures);
  }
}

}  // namespace fusebox::slo
