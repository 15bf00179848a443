#include "slo/detail/report.hpp"

namespace fusebox::slo {
namespace {

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

}  // namespace fusebox::slo
