// What a breaker and the kill fence cost per call.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "breakers/breaker_set.hpp"
#include "killswitch/fence.hpp"

namespace fusebox {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kStart{seconds{1'767'225'600}};

breakers::BreakerSpec spec_of(breakers::WindowSpec window) {
  breakers::BreakerSpec spec;
  spec.name = "tools";
  spec.key = KeySpec({Dimension::Agent, Dimension::Tool});
  spec.window = window;
  spec.minimum_calls = 10;
  spec.failure_rate = Ratio{1, 2};
  spec.slow = breakers::SlowDetector{seconds{5}, {4, 5}};
  spec.consecutive_failures = 5;
  spec.open_wait = seconds{10};
  spec.open_max = minutes{5};
  spec.probes = 2;
  spec.patience = seconds{30};
  return spec;
}

breakers::WindowSpec window_of(const benchmark::State& state) {
  if (state.range(0) == 0) return breakers::CountWindow{100};
  return breakers::TimeWindow{seconds{60}};
}

// One call in eleven fails, one a millisecond (prime, so that no key has all the failures).
breakers::CallResult result_of(std::int64_t call) {
  return {call % 11 == 0 ? telemetry::Outcome::Error : telemetry::Outcome::Ok, milliseconds{100}};
}

// peek, take and report of a permitted call. Range: 0 counts the last 100, 1 the last minute.
void BreakerCall(benchmark::State& state) {
  const breakers::BreakerSpec spec = spec_of(window_of(state));
  breakers::Breaker breaker(spec);
  Instant now = kStart;
  std::int64_t call = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(breaker.peek(now));
    const breakers::Ticket ticket = breaker.take(now);
    benchmark::DoNotOptimize(breaker.report(ticket, result_of(++call), now, now));
    now += milliseconds{1};
  }
}
BENCHMARK(BreakerCall)->Arg(0)->Arg(1);

// The same through a set of 10,000 keys.
void BreakerSetCall(benchmark::State& state) {
  constexpr std::size_t kKeys = 10'000;
  breakers::BreakerSet set(spec_of(window_of(state)));
  std::vector<std::string> agents;
  for (std::size_t i = 0; i < kKeys; ++i) agents.push_back("agent-" + std::to_string(i));
  std::vector<telemetry::RecordBody> out;
  Instant now = kStart;
  std::int64_t call = 0;
  Dimensions dimensions;
  dimensions[Dimension::Tool] = "search";
  for (auto _ : state) {
    dimensions[Dimension::Agent] = agents[static_cast<std::size_t>(call) * 7919 % kKeys];
    benchmark::DoNotOptimize(set.peek(dimensions, now));
    const auto taken = set.take(dimensions, now);
    set.report(taken, result_of(++call), now, now, out);
    now += milliseconds{1};
  }
}
BENCHMARK(BreakerSetCall)->Arg(0)->Arg(1);

// Range: tripped agents besides the one that asks.
void FenceFind(benchmark::State& state) {
  killswitch::Fence fence;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    fence.trip(*killswitch::parse_scope("agent:a" + std::to_string(i)), "bench", "bench", kStart);
  }
  Dimensions dimensions;
  dimensions[Dimension::Agent] = "bot";
  dimensions[Dimension::Tenant] = "acme";
  dimensions[Dimension::Session] = "s1";
  dimensions[Dimension::Tool] = "search";
  const killswitch::Target target{&dimensions, ""};
  for (auto _ : state) benchmark::DoNotOptimize(fence.find(target));
}
BENCHMARK(FenceFind)->Arg(0)->Arg(1)->Arg(1000);

}  // namespace
}  // namespace fusebox
