// SLO windows and histograms: the rows of the design's table of numbers that concern them.
//
// Time per item is the figure to compare. Counters: bytes (memory all in, per key or histogram).
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "slo/histogram.hpp"
#include "slo/window.hpp"

namespace {

using fusebox::Duration;
using fusebox::Instant;
using fusebox::Ratio;
using fusebox::slo::BurnWindow;
using fusebox::slo::Counts;
using fusebox::slo::Histogram;
using fusebox::slo::HistogramShape;
using fusebox::slo::WindowedCounts;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kStart{days{20'454}};

// Each second of a month and more has its event.
WindowedCounts warm_windows(Instant& now) {
  WindowedCounts windows{days{31}};
  for (now = kStart; now < kStart + days{32}; now += seconds{1}) windows.record(now, now, {1, 0});
  return windows;
}

// `events` of them a millisecond apart: 1 k to 100 M.
void BM_WindowQuery(benchmark::State& state) {
  WindowedCounts windows{days{31}};
  Instant now = kStart;
  for (std::int64_t i = 0; i < state.range(0); ++i, now += milliseconds{1}) {
    windows.record(now, now, {i % 7, 1});
  }
  std::size_t window = 0;
  for (auto _ : state) {
    window = (window + 1) % fusebox::slo::kBurnWindowCount;
    now += microseconds{1};
    windows.advance(now);
    benchmark::DoNotOptimize(windows.counts(static_cast<BurnWindow>(window)));
    benchmark::DoNotOptimize(windows.slo_counts());
  }
}
BENCHMARK(BM_WindowQuery)->Arg(1'000)->Arg(1'000'000)->Arg(100'000'000)->Iterations(10'000'000);

void BM_BurnRate(benchmark::State& state) {
  Counts counts{998'000, 2'000};
  for (auto _ : state) {
    benchmark::DoNotOptimize(counts);
    benchmark::DoNotOptimize(burn_rate(counts, Ratio{999, 1000}));
  }
}
BENCHMARK(BM_BurnRate);

void BM_BurnsFaster(benchmark::State& state) {
  Counts counts{998'000, 2'000};
  for (auto _ : state) {
    benchmark::DoNotOptimize(counts);
    benchmark::DoNotOptimize(burns_faster(counts, Ratio{999, 1000}, Ratio{72, 5}));
  }
}
BENCHMARK(BM_BurnsFaster);

// A warm key, with so much time between events.
void BM_WindowRecord(benchmark::State& state) {
  Instant now;
  WindowedCounts windows = warm_windows(now);
  const Duration step = microseconds{state.range(0)};
  for (auto _ : state) {
    now += step;
    windows.record(now, now, {1, 0});
  }
  state.counters["bytes"] = static_cast<double>(windows.memory_bytes());
}
BENCHMARK(BM_WindowRecord)->Arg(1)->Arg(1'000)->Arg(1'000'000)->Arg(60'000'000);

// Over 1,000 warm keys: what leaves the cache.
void BM_WindowRecordManyKeys(benchmark::State& state) {
  Instant now;
  const std::vector<WindowedCounts> warm(1'000, warm_windows(now));
  std::vector<WindowedCounts> keys = warm;
  std::uint64_t key = 0;
  for (auto _ : state) {
    key = key * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
    now += microseconds{10};
    keys[(key >> 33) % keys.size()].record(now, now, {1, 0});
  }
}
BENCHMARK(BM_WindowRecordManyKeys);

// The dearest advance: a jump over everything.
void BM_WindowAdvanceAll(benchmark::State& state) {
  Instant now;
  const WindowedCounts warm = warm_windows(now);
  for (auto _ : state) {
    state.PauseTiming();
    WindowedCounts windows = warm;
    state.ResumeTiming();
    windows.advance(now + days{40});
  }
}
BENCHMARK(BM_WindowAdvanceAll)->Iterations(2'000);

void BM_WindowKeySeenOnce(benchmark::State& state) {
  std::size_t bytes = 0;
  for (auto _ : state) {
    WindowedCounts windows{days{31}};
    windows.record(kStart, kStart, {1, 0});
    bytes = windows.memory_bytes();
    benchmark::DoNotOptimize(windows);
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(BM_WindowKeySeenOnce);

constexpr HistogramShape shape_of(int digits) { return {1, 3'600'000'000, digits}; }

// Latencies in microseconds around 50 ms, by an approximate lognormal: the sum of uniform draws.
std::vector<std::int64_t> latencies() {
  std::vector<std::int64_t> values;
  std::uint64_t state = 1;
  for (int i = 0; i < 1 << 16; ++i) {
    double sum = 0;
    for (int j = 0; j < 12; ++j) {
      state = state * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
      sum += static_cast<double>(state >> 11) * 0x1p-53;
    }
    values.push_back(static_cast<std::int64_t>(50'000 * std::exp(sum - 6)));
  }
  return values;
}

Histogram filled(int digits) {
  Histogram histogram{shape_of(digits)};
  for (const std::int64_t value : latencies()) histogram.record(value);
  return histogram;
}

// Every row there: 23,552 slots at three digits.
Histogram full(int digits) {
  Histogram histogram{shape_of(digits)};
  for (std::size_t i = 0; i < histogram.layout().slots(); ++i) {
    histogram.record(histogram.layout().lowest_at(i), static_cast<std::int64_t>(i % 100));
  }
  return histogram;
}

void BM_HistogramRecordSame(benchmark::State& state) {
  Histogram histogram = filled(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    for (int i = 0; i < 1 << 16; ++i) histogram.record(50'000);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() << 16);
}
BENCHMARK(BM_HistogramRecordSame)->Arg(2)->Arg(3);

void BM_HistogramRecordLognormal(benchmark::State& state) {
  Histogram histogram = filled(static_cast<int>(state.range(0)));
  const std::vector<std::int64_t> values = latencies();
  for (auto _ : state) {
    for (const std::int64_t value : values) histogram.record(value);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() << 16);
  state.counters["bytes"] = static_cast<double>(histogram.memory_bytes());
}
BENCHMARK(BM_HistogramRecordLognormal)->Arg(2)->Arg(3);

void BM_HistogramMerge(benchmark::State& state) {
  Histogram sum{shape_of(static_cast<int>(state.range(0)))};
  const Histogram added = full(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    sum.merge(added);
    benchmark::ClobberMemory();
  }
  state.counters["slots"] = static_cast<double>(added.layout().slots());
}
BENCHMARK(BM_HistogramMerge)->Arg(2)->Arg(3);

void query_percentiles(benchmark::State& state, const Histogram& histogram) {
  constexpr std::array kPercentiles{50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 99.99};
  std::array<std::int64_t, kPercentiles.size()> values{};
  for (auto _ : state) {
    histogram.values_at_percentiles(kPercentiles, values);
    benchmark::DoNotOptimize(values);
  }
}
void BM_HistogramSevenPercentiles(benchmark::State& state) {
  query_percentiles(state, filled(static_cast<int>(state.range(0))));
}
BENCHMARK(BM_HistogramSevenPercentiles)->Arg(2)->Arg(3);
void BM_HistogramSevenPercentilesAllRows(benchmark::State& state) {
  query_percentiles(state, full(static_cast<int>(state.range(0))));
}
BENCHMARK(BM_HistogramSevenPercentilesAllRows)->Arg(2)->Arg(3);

void BM_HistogramEncode(benchmark::State& state) {
  const Histogram histogram = filled(3);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.encode());
}
BENCHMARK(BM_HistogramEncode);

void BM_HistogramDecodeBase64(benchmark::State& state) {
  const std::string text = filled(3).encode_base64();
  for (auto _ : state) benchmark::DoNotOptimize(Histogram::decode_base64(text));
  state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK(BM_HistogramDecodeBase64);

}  // namespace
