// The metrics page. Time per item is time per series; the counter says bytes per series.
#include <algorithm>
#include <string>

#include <benchmark/benchmark.h>

#include "exporters/prometheus/metrics.hpp"

namespace fusebox {
namespace {

constexpr Instant kNow{std::chrono::seconds{1'767'225'600}};

std::string key_of(const KeySpec& spec, std::int64_t number) {
  const std::string agent = "agent-" + std::to_string(number);
  Dimensions values;
  values[Dimension::Agent] = agent;
  values[Dimension::Tool] = "search";
  KeyBuffer buffer;
  return std::string(spec.encode(values, buffer));
}

slo::SloSnapshot slo_of(std::int64_t keys) {
  slo::SloSnapshot slo;
  slo.name = "tool-success";
  slo.group_by = KeySpec({Dimension::Agent, Dimension::Tool});
  for (std::int64_t i = 0; i < keys; ++i) {
    slo::ObjectiveFigures figures;
    figures.target = 0.99;
    figures.burn_rates.fill(1.0 / static_cast<double>(i + 1));
    figures.budget_remaining = 1 - 1.0 / static_cast<double>(i + 3);
    slo.keys.push_back({.key = key_of(slo.group_by, i),
                        .born = {},
                        .ever = {1'000'000 + i, i},
                        .objectives = {figures},
                        .percentiles = {}});
  }
  return slo;
}

std::vector<engine::ActivitySeries> activity_of(std::int64_t keys) {
  std::vector<engine::ActivitySeries> out;
  for (std::int64_t i = 0; i < keys; ++i) {
    engine::ActivitySeries series{.tenant = "acme",
                                  .agent = "agent-" + std::to_string(i),
                                  .kind = "llm",
                                  .model = "small",
                                  .sums = {}};
    series.sums.tokens_in = series.sums.tokens_out = 1000 * i;
    series.sums.cost = MicroUsd{i * 77};
    series.sums.durations.fill(i + 1);
    out.push_back(std::move(series));
  }
  return out;
}

void measure(benchmark::State& state, const engine::Status& status) {
  std::string page;
  for (auto _ : state) {
    page.clear();
    prometheus::append_metrics(page, status, {});
    benchmark::DoNotOptimize(page.data());
  }
  const auto series = std::count(page.begin(), page.end(), '\n');
  state.SetItemsProcessed(state.iterations() * series);
  state.counters["series"] = static_cast<double>(series);
  state.counters["bytes"] = static_cast<double>(page.size()) / static_cast<double>(series);
  state.counters["per_series"] =
      benchmark::Counter(static_cast<double>(state.iterations() * series),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// 17 series a key.
void MetricsOfSlos(benchmark::State& state) {
  engine::Status status;
  status.at = kNow;
  status.slos.push_back(slo_of(state.range(0)));
  measure(state, status);
}
BENCHMARK(MetricsOfSlos)->Arg(10)->Arg(588)->Arg(10'000)->Unit(benchmark::kMicrosecond);

// 21 series an agent.
void MetricsOfActivity(benchmark::State& state) {
  engine::Status status;
  status.at = kNow;
  status.activity = activity_of(state.range(0));
  measure(state, status);
}
BENCHMARK(MetricsOfActivity)->Arg(476)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace fusebox
