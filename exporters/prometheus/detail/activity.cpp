// What agents did, by model: tokens, money, durations.
#include <algorithm>
#include <array>

#include "exporters/prometheus/detail/key_labels.hpp"
#include "exporters/prometheus/detail/tables.hpp"
#include "slo/slo.hpp"
#include "telemetry/event.hpp"

namespace fusebox::prometheus::detail {
namespace {

using engine::ActivitySeries;
using engine::ActivitySums;

constexpr Family kTokens{MetricType::Counter, "fusebox_tokens_total",
                         "Tokens that agents read and wrote."};
constexpr Family kCost{MetricType::Counter, "fusebox_cost_usd_total", "What agents spent, in USD."};
constexpr Family kDuration{MetricType::Histogram, "fusebox_duration_seconds",
                           "How long actions of agents took, where telemetry says so."};

struct Table {
  std::vector<ActivitySums> sums;
  std::vector<bool> has_model;  // model calls always show tokens and cost
  KeyLabels labels;

  void add(const ActivitySeries& series) {
    sums.push_back(series.sums);
    has_model.push_back(series.kind == telemetry::name_of(telemetry::EventKind::Llm));
    labels.add_row();
    labels.add("tenant", series.tenant);
    labels.add("agent", series.agent);
    labels.add("kind", series.kind);
    labels.add("model", series.model);
  }
};

bool is_overflow(const ActivitySeries& series) {
  return series.agent == slo::kOverflowValue && series.tenant == slo::kOverflowValue &&
         series.kind == slo::kOverflowValue && series.model == slo::kOverflowValue;
}

ActivitySeries overflow_series() {
  const std::string value(slo::kOverflowValue);
  return {.tenant = value, .agent = value, .kind = value, .model = value, .sums = {}};
}

void add_sums(ActivitySums& to, const ActivitySums& from) {
  engine::add_capped(to.tokens_in, from.tokens_in);
  engine::add_capped(to.tokens_out, from.tokens_out);
  engine::add_capped(to.cost.value, from.cost.value);
  engine::add_capped(to.duration_us, from.duration_us);
  for (std::size_t i = 0; i < to.durations.size(); ++i) {
    engine::add_capped(to.durations[i], from.durations[i]);
  }
}

// The number of series that went into the sum, but for the engine's own.
std::size_t choose_series(Table& table, std::span<const ActivitySeries> activity,
                          std::size_t keys_max) {
  ActivitySeries rest = overflow_series();
  bool folded = false;
  std::size_t named = 0;
  for (const ActivitySeries& series : activity) {
    const bool of_engine = is_overflow(series);
    if (!of_engine && named++ < keys_max) {
      table.add(series);
    } else {
      add_sums(rest.sums, series.sums);
      folded = true;
    }
  }
  if (folded) table.add(rest);
  return named - std::min(named, keys_max);
}

void write_tokens(Page& page, const Table& table) {
  page.family(kTokens);
  for (std::size_t i = 0; i < table.sums.size(); ++i) {
    const ActivitySums& sums = table.sums[i];
    if (!table.has_model[i] && sums.tokens_in == 0 && sums.tokens_out == 0) continue;
    page.integer({table.labels[i], R"(direction="in")"}, sums.tokens_in);
    page.integer({table.labels[i], R"(direction="out")"}, sums.tokens_out);
  }
}

void write_cost(Page& page, const Table& table) {
  page.family(kCost);
  for (std::size_t i = 0; i < table.sums.size(); ++i) {
    if (!table.has_model[i] && table.sums[i].cost.value == 0) continue;
    page.number({table.labels[i], {}}, to_usd(table.sums[i].cost));
  }
}

std::vector<std::string> duration_buckets() {
  std::array<double, engine::kDurationBucketsMs.size()> seconds;
  std::transform(engine::kDurationBucketsMs.begin(), engine::kDurationBucketsMs.end(),
                 seconds.begin(), [](double ms) { return ms / 1000; });
  return bucket_labels(seconds);
}

void write_durations(Page& page, const Table& table) {
  page.family(kDuration);
  const std::vector<std::string> le = duration_buckets();
  for (std::size_t i = 0; i < table.sums.size(); ++i) {
    const ActivitySums& sums = table.sums[i];
    const auto timed = [](std::int64_t count) { return count != 0; };
    if (std::none_of(sums.durations.begin(), sums.durations.end(), timed)) continue;
    page.histogram(table.labels[i], le, std::span<const std::int64_t>(sums.durations),
                   static_cast<double>(sums.duration_us) / 1e6);
  }
}

}  // namespace

std::size_t write_activity(Page& page, std::span<const ActivitySeries> activity, const Caps& caps) {
  Table table;
  const std::size_t dropped = choose_series(table, activity, caps.keys_max);
  write_tokens(page, table);
  write_cost(page, table);
  write_durations(page, table);
  return dropped;
}

}  // namespace fusebox::prometheus::detail
