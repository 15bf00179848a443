// SLOs: what was good and bad, what is left of the budget, how fast it burns, and latencies.
#include <algorithm>
#include <array>

#include "exporters/prometheus/detail/key_labels.hpp"
#include "exporters/prometheus/detail/tables.hpp"

namespace fusebox::prometheus::detail {
namespace {

using slo::Counts;
using slo::ObjectiveFigures;
using slo::SloKey;
using slo::SloSnapshot;

constexpr Family kEvents{MetricType::Counter, "fusebox_slo_events_total",
                         "Events that an SLO counted as good or bad."};
constexpr Family kObjective{MetricType::Gauge, "fusebox_slo_objective_ratio",
                            "Target of the objective."};
constexpr Family kRemaining{
    MetricType::Gauge, "fusebox_slo_error_budget_remaining_ratio",
    "Share of the error budget that is left in the SLO window; negative when overspent."};
constexpr Family kBurn{MetricType::Gauge, "fusebox_slo_burn_rate_ratio",
                       "How many times faster than allowed the error budget burns."};
constexpr Family kStatus{MetricType::Gauge, "fusebox_slo_status",
                         "1 for the status that the objective has, 0 for the others."};
constexpr Family kLatency{MetricType::Summary, "fusebox_latency_seconds",
                          "Percentiles of an SLO's durations, since the key's first event."};

// One SLO and the keys of it that are shown. All have the same objectives.
struct Table {
  const SloSnapshot* slo = nullptr;
  std::vector<const SloKey*> keys;  // ascending
  KeyLabels labels;                 // by key
  std::vector<std::string> objectives;
  bool folded = false;  // what else there is, in one row of the events
  Counts folded_counts;
};

Counts shown_counts(const SloKey& key, Instant now) {
  return now - key.born < kBirthPause ? Counts{} : key.ever;
}

// Oldest first: a key that is shown stays shown, because keys never leave and later ones are never
// older.
bool born_earlier(const SloKey* a, const SloKey* b) {
  return a->born != b->born ? a->born < b->born : a->key < b->key;
}

// Moves what the cap leaves out to the end of `keys`; the rest stays ascending by key. The number
// of keys that stay.
std::size_t keep_oldest(std::vector<const SloKey*>& keys, std::size_t keys_max) {
  const auto end = keys.begin() + static_cast<std::ptrdiff_t>(keys_max);
  std::nth_element(keys.begin(), end, keys.end(), born_earlier);
  std::sort(keys.begin(), end, [](const auto* a, const auto* b) { return a->key < b->key; });
  return keys_max;
}

void fold(Table& table, const SloKey& key, Instant now) {
  const Counts counts = shown_counts(key, now);
  table.folded = true;
  engine::add_capped(table.folded_counts.good, counts.good);
  engine::add_capped(table.folded_counts.bad, counts.bad);
}

// Takes the keys that are shown; the number of those left out.
std::size_t choose_keys(Table& table, Instant now, std::size_t keys_max) {
  const std::string overflow = overflow_key(table.slo->group_by);
  const bool grouped = !table.slo->group_by.dimensions().empty();
  const SloKey* of_engine = nullptr;
  for (const SloKey& key : table.slo->keys) {
    if (grouped && key.key == overflow) {
      of_engine = &key;
    } else {
      table.keys.push_back(&key);
    }
  }
  const std::size_t found = table.keys.size();
  if (found > keys_max) {
    const std::size_t kept = keep_oldest(table.keys, keys_max);
    for (std::size_t i = kept; i < found; ++i) fold(table, *table.keys[i], now);
    table.keys.resize(kept);
  }
  if (of_engine != nullptr) {
    if (table.folded) fold(table, *of_engine, now);
    table.keys.push_back(of_engine);
  }
  return found - std::min(found, keys_max);
}

// Several objectives of one SLO differ in a label of their own; a single one has none.
std::vector<std::string> objective_labels(const SloSnapshot& slo) {
  if (slo.keys.empty()) return {};
  const std::vector<ObjectiveFigures>& objectives = slo.keys.front().objectives;
  if (objectives.size() == 1) return {""};
  std::vector<std::string> out;
  out.reserve(objectives.size());
  for (const ObjectiveFigures& each : objectives) out.push_back(label("objective", each.name));
  return out;
}

Table table_of(const SloSnapshot& slo) {
  Table table;
  table.slo = &slo;
  table.objectives = objective_labels(slo);
  return table;
}

void label_keys(Table& table) {
  const auto add = [&](std::string_view key) {
    table.labels.add_row();
    table.labels.add("slo", table.slo->name);
    table.labels.add_key(table.slo->group_by, key);
  };
  for (const SloKey* key : table.keys) add(key->key);
  if (table.folded) add(overflow_key(table.slo->group_by));
}

void write_events(Page& page, const std::vector<Table>& tables, Instant now) {
  page.family(kEvents);
  const auto write = [&](std::string_view labels, Counts counts) {
    page.integer({labels, R"(result="good")"}, counts.good);
    page.integer({labels, R"(result="bad")"}, counts.bad);
  };
  for (const Table& table : tables) {
    const std::string overflow = overflow_key(table.slo->group_by);
    for (std::size_t i = 0; i < table.keys.size(); ++i) {
      const bool in_sum = table.folded && table.keys[i]->key == overflow;
      if (!in_sum) write(table.labels[i], shown_counts(*table.keys[i], now));
    }
    if (table.folded) write(table.labels[table.keys.size()], table.folded_counts);
  }
}

// write(key labels, objective, its number) for each objective of each key.
template <class Write>
void for_each_objective(const std::vector<Table>& tables, Write write) {
  for (const Table& table : tables) {
    for (std::size_t i = 0; i < table.keys.size(); ++i) {
      const std::vector<ObjectiveFigures>& objectives = table.keys[i]->objectives;
      for (std::size_t at = 0; at < objectives.size(); ++at) {
        write(table, table.labels[i], objectives[at], at);
      }
    }
  }
}

void write_figures(Page& page, const std::vector<Table>& tables) {
  page.family(kObjective);
  for_each_objective(tables, [&](const Table& table, auto key, const auto& figures, auto at) {
    page.number({key, table.objectives[at]}, figures.target);
  });
  page.family(kRemaining);
  for_each_objective(tables, [&](const Table& table, auto key, const auto& figures, auto at) {
    page.number({key, table.objectives[at]}, figures.budget_remaining);
  });
}

// Each objective's label before each value of the last one: [objective][value].
std::vector<std::vector<std::string>> with_objectives(const Table& table, std::string_view name,
                                                      std::span<const std::string_view> values) {
  std::vector<std::vector<std::string>> out;
  for (const std::string& objective : table.objectives) {
    out.push_back(labels_of(name, values));
    if (objective.empty()) continue;
    for (std::string& each : out.back()) each.insert(0, objective + ',');
  }
  return out;
}

// write(Labels, figures, value's index) for each value of a last label.
template <class Write>
void for_each_value(const std::vector<Table>& tables, std::string_view name,
                    std::span<const std::string_view> values, Write write) {
  for (const Table& table : tables) {
    const auto lasts = with_objectives(table, name, values);
    for (std::size_t i = 0; i < table.keys.size(); ++i) {
      for (std::size_t at = 0; at < lasts.size(); ++at) {
        for (std::size_t value = 0; value < values.size(); ++value) {
          write(Labels{table.labels[i], lasts[at][value]}, table.keys[i]->objectives[at], value);
        }
      }
    }
  }
}

void write_burn_rates(Page& page, const std::vector<Table>& tables) {
  page.family(kBurn);
  for_each_value(tables, "window", slo::burn_window_names(),
                 [&](const Labels& labels, const ObjectiveFigures& figures, std::size_t window) {
                   page.number(labels, figures.burn_rates[window]);
                 });
}

void write_status(Page& page, const std::vector<Table>& tables) {
  page.family(kStatus);
  for_each_value(tables, "status", slo::slo_status_names(),
                 [&](const Labels& labels, const ObjectiveFigures& figures, std::size_t status) {
                   const bool is = static_cast<std::size_t>(figures.status) == status;
                   page.integer(labels, std::int64_t{is});
                 });
}

void write_latencies(Page& page, const std::vector<Table>& tables,
                     std::span<const std::string> latency_slos) {
  page.family(kLatency);
  for (const Table& table : tables) {
    const auto& names = latency_slos;
    if (std::find(names.begin(), names.end(), table.slo->name) == names.end()) continue;
    for (std::size_t i = 0; i < table.keys.size(); ++i) {
      const std::optional<slo::Percentiles>& ms = table.keys[i]->percentiles;
      if (!ms) continue;
      page.number({table.labels[i], R"(quantile="0.5")"}, ms->p50 / 1000);
      page.number({table.labels[i], R"(quantile="0.9")"}, ms->p90 / 1000);
      page.number({table.labels[i], R"(quantile="0.95")"}, ms->p95 / 1000);
      page.number({table.labels[i], R"(quantile="0.99")"}, ms->p99 / 1000);
    }
  }
}

}  // namespace

std::size_t write_slos(Page& page, const engine::Status& status, const Caps& caps,
                       std::span<const std::string> latency_slos) {
  std::vector<Table> tables;
  std::size_t dropped = 0;
  for (const SloSnapshot& slo : status.slos) {
    Table& table = tables.emplace_back(table_of(slo));
    dropped += choose_keys(table, status.at, caps.keys_max);
    label_keys(table);
  }
  write_events(page, tables, status.at);
  write_figures(page, tables);
  write_burn_rates(page, tables);
  write_status(page, tables);
  write_latencies(page, tables, latency_slos);
  return dropped;
}

}  // namespace fusebox::prometheus::detail
