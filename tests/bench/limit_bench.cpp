// One check's share of one limit: peek, take and settle, over 1 k to 1 M keys visited at random.
//   limit_bench --benchmark_filter=.
// Counters: allocations per iteration once warm, and heap bytes per key.
#include "breakers/limit.hpp"

#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>

namespace {

std::size_t allocation_count = 0;
std::size_t live_bytes = 0;

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  ++allocation_count;
  live_bytes += malloc_usable_size(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace fusebox::breakers {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kStart{seconds{1'767'225'600}};

// As the worked example's task-budget: four sums, for ever.
LimitSpec lifetime_budget() {
  LimitSpec spec;
  spec.name = "task-budget";
  spec.scope = KeySpec({Dimension::Task});
  spec.budget[index_of(Resource::Tokens)] = 1'000'000'000'000;
  spec.budget[index_of(Resource::CostUsd)] = 1'000'000'000'000;
  spec.budget[index_of(Resource::ToolCalls)] = 1'000'000'000'000;
  spec.budget[index_of(Resource::FilesChanged)] = 1'000'000'000'000;
  return spec;
}

LimitSpec rolling_budget() {
  LimitSpec spec = lifetime_budget();
  spec.window = hours{1};
  spec.thresholds = {{1, 2}, {8, 10}, {9, 10}};
  return spec;
}

LimitSpec rate_and_slots() {
  LimitSpec spec;
  spec.name = "agent-rate";
  spec.scope = KeySpec({Dimension::Task});
  spec.rate = RateSpec{.limit = 1'000'000, .per = seconds{1}, .burst = 1'000'000};
  spec.concurrency = ConcurrencySpec{.max = 8, .lease = seconds{120}};
  return spec;
}

std::vector<std::string> names_of(std::int64_t count) {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) names.push_back("task-" + std::to_string(i));
  return names;
}

void call(Limit& limit, std::string_view key, const Demand& demand, const Usage& usage, Instant now,
          std::vector<telemetry::RecordBody>& records) {
  Dimensions dimensions;
  dimensions[Dimension::Task] = key;
  if (!limit.peek(dimensions, demand, now).allowed) return;
  const Hold hold = limit.take(dimensions, demand, now);
  limit.settle(hold, usage, now, records);
}

void check_and_report(benchmark::State& state, LimitSpec (*spec)()) {
  const std::vector<std::string> names = names_of(state.range(0));
  telemetry::Check check;
  check.estimate.tokens = 100;
  const Demand demand = demand_of(check);
  telemetry::Measurements measured;
  measured.tokens_in = 40;
  measured.tokens_out = 10;
  measured.cost_usd = MicroUsd{3};
  const Usage usage = usage_of(check.action, telemetry::Outcome::Ok, measured);

  const std::size_t bytes_before = live_bytes;
  Limit limit(spec());
  std::vector<telemetry::RecordBody> records;
  Instant now = kStart;
  for (const std::string& name : names) call(limit, name, demand, usage, now, records);
  const std::size_t bytes_per_key = (live_bytes - bytes_before) / names.size();

  // A fixed stride that is prime to every size visits all keys, far apart.
  std::size_t next = 0;
  const std::size_t allocated = allocation_count;
  for (auto _ : state) {
    next = (next + 7'368'787) % names.size();
    now += microseconds{10};
    call(limit, names[next], demand, usage, now, records);
  }
  state.counters["allocations"] = benchmark::Counter(
      static_cast<double>(allocation_count - allocated), benchmark::Counter::kAvgIterations);
  state.counters["bytes_per_key"] = static_cast<double>(bytes_per_key);
}

BENCHMARK_CAPTURE(check_and_report, lifetime, lifetime_budget)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000);
BENCHMARK_CAPTURE(check_and_report, rolling, rolling_budget)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000);
BENCHMARK_CAPTURE(check_and_report, rate_and_slots, rate_and_slots)
    ->RangeMultiplier(10)
    ->Range(1'000, 1'000'000);

// One key with all of its 62 buckets alive, as the slowest there is.
void check_and_report_full_window(benchmark::State& state) {
  Limit limit(rolling_budget());
  std::vector<telemetry::RecordBody> records;
  const Demand demand = demand_of(telemetry::Check{});
  const Usage usage =
      usage_of(telemetry::Action::Tool, telemetry::Outcome::Ok, telemetry::Measurements{});
  const std::size_t bytes_before = live_bytes;
  Instant now = kStart;
  for (; now < kStart + hours{2}; now += seconds{10}) {
    call(limit, "t", demand, usage, now, records);
  }
  const std::size_t bytes = live_bytes - bytes_before;
  const std::size_t allocated = allocation_count;
  for (auto _ : state) {
    now += milliseconds{state.range(0)};
    call(limit, "t", demand, usage, now, records);
  }
  state.counters["allocations"] = benchmark::Counter(
      static_cast<double>(allocation_count - allocated), benchmark::Counter::kAvgIterations);
  state.counters["bytes_per_key"] = static_cast<double>(bytes);
}
// Calls 1 ms apart find the sums as they were; calls a minute apart make a bucket and drop one
// each.
BENCHMARK(check_and_report_full_window)->ArgName("ms_apart")->Arg(1)->Arg(60'000);

}  // namespace
}  // namespace fusebox::breakers
