// One whole decision in process: kill fence, 100 rules, 5 limits, a breaker, and the permit; then
// its report. The clock is read around each single call, and the cost of reading it taken off.
//   engine_bench --benchmark_filter=FullCheck
// Counters: percentiles of one check in ns, allocations per check and report.
#include "sre/engine/engine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "sre/config/load.hpp"
#include "telemetry/journal.hpp"

namespace {

std::size_t allocation_count = 0;

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  ++allocation_count;
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace fusebox::engine {
namespace {

std::string configuration(int rules) {
  std::string yaml = R"(
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: tools}
spec:
  key: [agent, tool]
  window: {count: 100}
  minimum_calls: 20
  failure_rate: 50%
  slow: {duration: 5s, rate: 80%}
  consecutive_failures: 5
  open: {wait: 10s}
)";
  const char* const scopes[] = {"agent", "task", "tool", "session", "tenant"};
  for (const char* scope : scopes) {
    yaml += std::string("---\napiVersion: fusebox/v1\nkind: Limit\nmetadata: {name: by-") + scope +
            "}\nspec: {scope: [" + scope +
            "], window: lifetime, budget: {tokens: 1000000000000, tool_calls: 1000000000000, "
            "cost_usd: 1000000}, on_exceed: deny}\n";
  }
  if (rules == 0) return yaml;
  yaml +=
      "---\napiVersion: fusebox/v1\nkind: Policy\nmetadata: {name: p}\n"
      "spec:\n  default: allow\n  rules:\n";
  for (int i = 0; i < rules; ++i) {
    yaml += "    - {id: r" + std::to_string(i) + ", trigger: request, effect: deny, when: '";
    yaml += "action == \"tool\" && target == \"t" + std::to_string(i) +
            "\" && tenant == \"acme\" && depth > 3'}\n";
  }
  return yaml;
}

EngineSpec spec_with(int rules) {
  Diagnostics diagnostics;
  auto loaded = config::load({{"bench.yaml", configuration(rules)}}, diagnostics);
  if (!loaded) std::abort();
  return std::move(loaded->engine);
}

// A fleet of 64 agents, each asking for one of 16 tools and reporting it at once.
class Fleet {
 public:
  telemetry::CheckInput& check(std::uint64_t turn) {
    agent_ = "agent-" + std::to_string(turn % 64);
    tool_ = "tool-" + std::to_string(turn / 64 % 16);
    id_ = "c" + std::to_string(turn);
    telemetry::Check& check = input_.check;
    check.action = telemetry::Action::Tool;
    check.target = tool_;
    check.dimensions[Dimension::Agent] = agent_;
    check.dimensions[Dimension::Kind] = "tool";
    check.dimensions[Dimension::Tool] = tool_;
    check.dimensions[Dimension::Task] = "task";
    check.dimensions[Dimension::Session] = "session";
    check.dimensions[Dimension::Tenant] = "acme";
    check.estimate.tokens = 10;
    input_.id = id_;
    return input_;
  }
  telemetry::Report report() const {
    telemetry::Report report;
    report.permit = id_;
    report.measured.duration_ms = 12;
    report.measured.tokens_in = 8;
    return report;
  }

 private:
  std::string agent_, tool_, id_;
  telemetry::CheckInput input_;
};

std::uint64_t clock_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

std::uint64_t clock_cost_ns() {
  std::uint64_t best = ~std::uint64_t{0};
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t start = clock_ns();
    best = std::min(best, clock_ns() - start);
  }
  return best;
}

void FullCheck(benchmark::State& state) {
  Engine engine(spec_with(static_cast<int>(state.range(0))));
  Effects effects;
  Fleet fleet;
  std::vector<std::uint64_t> costs;
  costs.reserve(10'000'000);
  const std::uint64_t clock_cost = clock_cost_ns();
  Instant now{std::chrono::seconds{1'767'225'600}};
  std::size_t allocations = 0;
  std::uint64_t turn = 0;
  const auto one = [&](bool counted) {
    now += std::chrono::microseconds{10};
    const telemetry::Input check{now, fleet.check(turn++)};
    const std::size_t before = allocation_count;
    const std::uint64_t start = clock_ns();
    engine.apply(check, effects);
    const std::uint64_t end = clock_ns();
    effects.clear();
    engine.apply({now, fleet.report()}, effects);
    effects.clear();
    if (!counted) return;
    allocations += allocation_count - before;
    if (costs.size() < costs.capacity())
      costs.push_back(end - start - std::min(clock_cost, end - start));
  };
  for (int i = 0; i < 200'000; ++i) one(false);
  for (auto _ : state) one(true);
  std::sort(costs.begin(), costs.end());
  const auto percentile = [&](double share) {
    return static_cast<double>(
        costs[static_cast<std::size_t>(share * static_cast<double>(costs.size() - 1))]);
  };
  state.counters["check_p50_ns"] = percentile(0.50);
  state.counters["check_p99_ns"] = percentile(0.99);
  state.counters["allocations"] =
      benchmark::Counter(static_cast<double>(allocations), benchmark::Counter::kAvgIterations);
}
BENCHMARK(FullCheck)->Arg(0)->Arg(10)->Arg(100)->Arg(1000);

// An event that three SLOs and a breaker take in, over 1 to 10 k keys.
void Event(benchmark::State& state) {
  Diagnostics diagnostics;
  auto loaded = config::load({{"bench.yaml", configuration(0)}}, diagnostics);
  EngineSpec spec = config::built_in().engine;
  spec.breakers = loaded->engine.breakers;
  Engine engine(std::move(spec));
  Effects effects;
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  Instant now{std::chrono::seconds{1'767'225'600}};
  std::uint64_t turn = 0;
  for (auto _ : state) {
    now += std::chrono::milliseconds{1};
    telemetry::Event event;
    const std::string agent = "agent-" + std::to_string(++turn % keys);
    event.kind = telemetry::EventKind::Tool;
    event.dimensions[Dimension::Agent] = agent;
    event.dimensions[Dimension::Kind] = "tool";
    event.dimensions[Dimension::Tool] = "search";
    event.outcome = turn % 100 == 0 ? telemetry::Outcome::Error : telemetry::Outcome::Ok;
    event.measured.duration_ms = 20;
    engine.apply({now, event}, effects);
    effects.clear();
  }
}
BENCHMARK(Event)->Arg(1)->Arg(100)->Arg(10'000);

}  // namespace
}  // namespace fusebox::engine
