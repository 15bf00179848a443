#include "slo/detail/report.hpp"

#include <array>
#include <limits>

#include "slo/detail/measure.hpp"

namespace fusebox::slo {
namespace {

struct Percentile {
  std::string_view name;
  double percent;
};
constexpr std::array<Percentile, 4> kPercentiles{
    {{"p50", 50}, {"p90", 90}, {"p95", 95}, {"p99", 99}}};

std::string key_json(const SloView& view) {
  std::string text;
  JsonWriter json(text);
  view.spec->group_by.write_json(json, view.key);
  return text;
}

double burn_over(const SloView& view, BurnWindow window) { return view.burn(window); }

bool status_changed(const Announced& before, const Announced& after) {
  return before.assessment.status != after.assessment.status || before.uncertain != after.uncertain;
}

bool alert_changed(const Announced& before, const Announced& after, std::size_t severity) {
  return before.assessment.firing[severity].has_value() !=
         after.assessment.firing[severity].has_value();
}

// `pair` is the one that fires, or fired last.
telemetry::AlertRecord alert_record(const SloView& view, const AlertPair& pair, bool firing) {
  return {.slo = view.spec->name,
          .key = key_json(view),
          .objective_name = view.objective->name,
          .firing = firing,
          .page = pair.severity == AlertSeverity::Page,
          .burn_long = burn_over(view, pair.long_window),
          .burn_short = burn_over(view, pair.short_window),
          .window_long = std::string(name_of(pair.long_window)),
          .window_short = std::string(name_of(pair.short_window))};
}

telemetry::SloStatusRecord status_record(const SloView& view, SloStatus from) {
  return {.slo = view.spec->name,
          .key = key_json(view),
          .objective_name = view.objective->name,
          .from = std::string(name_of(from)),
          .to = std::string(name_of(view.status)),
          .budget_remaining = view.budget_remaining(),
          .uncertain = view.uncertain};
}

void write_burn_rates(JsonWriter& json, const SloView& view) {
  json.key("burn_rate");
  json.begin_object();
  for (std::size_t i = 0; i < kBurnWindowCount; ++i) {
    json.field(burn_window_names()[i], view.burn(static_cast<BurnWindow>(i)));
  }
  json.end_object();
}

// Null without events, so that the shape of an entry does not depend on the traffic.
void write_percentiles(JsonWriter& json, telemetry::NumericField field, const Histogram* values) {
  std::array<double, kPercentiles.size()> percents{};
  for (std::size_t i = 0; i < percents.size(); ++i) percents[i] = kPercentiles[i].percent;
  std::array<std::int64_t, kPercentiles.size()> units{};
  if (values != nullptr) values->values_at_percentiles(percents, units);
  json.key("percentiles");
  json.begin_object();
  for (std::size_t i = 0; i < percents.size(); ++i) {
    json.key(kPercentiles[i].name);
    if (values != nullptr) {
      json.number(from_units(field, units[i]));
    } else {
      json.null();
    }
  }
  json.end_object();
}

}  // namespace

bool is_news(const Announced& before, const Announced& after) {
  if (status_changed(before, after)) return true;
  for (std::size_t severity = 0; severity < kAlertSeverityCount; ++severity) {
    if (alert_changed(before, after, severity)) return true;
  }
  return false;
}

void append_news(const SloView& view, const Announced& before, const Announced& after,
                 std::vector<telemetry::RecordBody>& out) {
  for (std::size_t severity = 0; severity < kAlertSeverityCount; ++severity) {
    if (!alert_changed(before, after, severity)) continue;
    const auto& fires = after.assessment.firing[severity];
    const auto& fired = before.assessment.firing[severity];
    const AlertPair& pair = view.objective->alerts[fires ? *fires : *fired];
    out.emplace_back(alert_record(view, pair, fires.has_value()));
  }
  if (status_changed(before, after)) {
    out.emplace_back(status_record(view, before.assessment.status));
  }
}

void write_entry(JsonWriter& json, const SloView& view, const Histogram* values) {
  const auto ratio = sli(view.counts);
  json.begin_object();
  json.field("slo", view.spec->name);
  json.key("key");
  view.spec->group_by.write_json(json, view.key);
  json.field("objective_name", view.objective->name);
  json.field("good", view.counts.good);
  json.field("bad", view.counts.bad);
  json.field("total", view.counts.total());
  json.field("objective", view.objective->target.to_double());
  json.field("sli", ratio.value_or(std::numeric_limits<double>::quiet_NaN()));
  json.field("budget_remaining", view.budget_remaining());
  write_burn_rates(json, view);
  json.field("status", name_of(view.status));
  json.field("uncertain", view.uncertain);
  json.field("no_data", view.counts.total() == 0);
  if (const auto* threshold = std::get_if<ThresholdIndicator>(&view.spec->indicator)) {
    write_percentiles(json, threshold->value, values);
  }
  json.end_object();
}

}  // namespace fusebox::slo
