// The daemon as its users meet it, over sockets, with its state on a disk.
//
//   daemon_bench --benchmark_filter=Check --benchmark_repetitions=5
//
// Spans: batches of 512 through four SLOs; spans_per_cpu_s is by the CPU time of the whole daemon
// (HTTP, gzip, decoding, engine, log). Check: a closed loop of one; p50_us and p99_us are the
// round trip of the check, server_us is the daemon's CPU time of a check and its report.
// Threshold: from sending the event that opens a breaker to the record of it on the stream. Kill:
// from sending the order to its answer (order) and to the answer of the last action that was
// admitted (admitted), beside a caller that asks without a pause. Restart: until it is ready, with
// 10,000 SLO keys.
#include <atomic>
#include <cstdint>

#include <benchmark/benchmark.h>

#include "tests/bench/daemon_rig.hpp"
#include "tests/bench/otlp_batch.hpp"

namespace fusebox::bench {
namespace {

constexpr int kClientCore = 0;
constexpr int kOtherCore = 1;

// An SLO over model calls, grouped by `key`.
std::string slo(std::string_view name, std::string_view key, std::string_view indicator) {
  return "---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {name: " + std::string(name) +
         ", annotations: {fusebox.dev/group-by: '" + std::string(key) +
         "'}}\nspec:\n  service: agents\n  timeWindow: [{duration: 28d, isRolling: true}]\n"
         "  budgetingMethod: Occurrences\n" +
         std::string(indicator);
}

std::string four_slos() {
  constexpr std::string_view kGood = R"(  indicator:
    spec:
      ratioMetric:
        good: {metricSource: {type: fusebox, spec: {where: 'kind == "llm" && outcome == "ok"'}}}
        total: {metricSource: {type: fusebox, spec: {where: 'kind == "llm"'}}}
  objectives: [{target: 0.99}]
)";
  constexpr std::string_view kFast = R"(  indicator:
    spec:
      thresholdMetric:
        metricSource: {type: fusebox, spec: {where: kind == "llm", value: duration_ms}}
  objectives: [{op: lte, value: 30000, target: 0.95}]
)";
  constexpr std::string_view kCheap = R"(  indicator:
    spec:
      thresholdMetric:
        metricSource: {type: fusebox, spec: {where: kind == "llm", value: tokens_out}}
  objectives: [{op: lte, value: 2000, target: 0.95}]
)";
  return slo("success", "agent", kGood) + slo("success-by-model", "agent, model", kGood) +
         slo("latency", "model", kFast) + slo("tokens", "agent", kCheap);
}

constexpr std::string_view kGuards = R"(---
apiVersion: fusebox/v1
kind: Breaker
metadata: {name: tools}
spec: {key: [tool], where: kind == "tool", consecutive_failures: 1, open: {wait: 1h}}
---
apiVersion: fusebox/v1
kind: Limit
metadata: {name: budget}
spec: {scope: [agent], window: 24h, budget: {tool_calls: 1000000000}, on_exceed: deny}
---
apiVersion: fusebox/v1
kind: Policy
metadata: {name: rules}
spec:
  default: allow
  rules:
    - {id: no-drop, trigger: request, effect: deny, when: 'target == "drop"'}
    - {id: no-prod, trigger: request, effect: deny, when: 'target == "deploy" && tenant == "acme"'}
)";

std::string guarded() { return four_slos() + std::string(kGuards); }

std::uint64_t wall_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
}

// Requests with spans that end about now. So many that none comes again while its ids are
// remembered: a duplicate costs less.
std::vector<std::string> trace_requests(bool zipped) {
  constexpr int kBatches = 300;
  std::vector<std::string> requests;
  for (int i = 0; i < kBatches; ++i) {
    const std::string body = otlp_model::to_protobuf(batch(i, wall_ns() - 1'500'000'000));
    requests.push_back(post("/v1/traces", zipped ? gzip(body) : body, "application/x-protobuf",
                            zipped ? "Content-Encoding: gzip\r\n" : ""));
  }
  return requests;
}

void BM_Spans(benchmark::State& state) {
  const auto requests = trace_requests(state.range(0) != 0);
  Daemon daemon(four_slos(), kOtherCore);
  pin_to(kClientCore);
  Connection otlp(daemon.otlp());
  std::size_t next = 0;
  const auto cpu_before = daemon.cpu();
  for ([[maybe_unused]] auto _ : state) {
    const auto answer = otlp.ask(requests[next++ % requests.size()]);
    if (!is_status(answer, "200")) state.SkipWithError("a batch was refused");
  }
  const auto spans = static_cast<double>(state.iterations() * kSpans);
  state.counters["spans_per_cpu_s"] = spans / (daemon.cpu() - cpu_before).count();
  state.SetItemsProcessed(state.iterations() * kSpans);
}
BENCHMARK(BM_Spans)->ArgName("gzip")->Arg(0)->Arg(1)->MinTime(1)->UseRealTime();

void BM_Check(benchmark::State& state) {
  Daemon daemon(guarded(), static_cast<int>(state.range(0)));
  pin_to(kClientCore);
  Connection api(daemon.socket());
  const std::string check = post(
      "/v1/check", R"({"agent":"bot","action":"tool","target":"search","session":"s","task":"t"})");
  Times times;
  const auto round = [&] {
    const auto start = SteadyClock::now();
    const auto answer = api.ask(check);
    times.push_back(SteadyClock::now() - start);
    const std::string permit(member(answer, "permit"));
    FUSEBOX_ASSERT(!permit.empty());
    api.ask(post("/v1/report", R"({"permit":")" + permit + R"(","outcome":"ok"})"));
  };
  for (int warm = 0; warm < 2'000; ++warm) round();
  times.clear();
  const auto cpu_before = daemon.cpu();
  for ([[maybe_unused]] auto _ : state) round();
  const std::chrono::duration<double, std::micro> cpu = daemon.cpu() - cpu_before;
  state.counters["server_us"] = cpu.count() / static_cast<double>(times.size());
  state.counters["p50_us"] = percentile_us(times, 0.50);
  state.counters["p99_us"] = percentile_us(times, 0.99);
}
BENCHMARK(BM_Check)->ArgName("server_core")->Arg(0)->Arg(1)->UseRealTime();

// Sends batches of spans one after the other until it goes.
class Load {
 public:
  explicit Load(const std::string& otlp)
      : thread_([this, otlp] {
          const auto requests = trace_requests(false);
          Connection connection(otlp);
          ready_ = true;
          for (std::size_t i = 0; !done_; ++i) connection.ask(requests[i % requests.size()]);
        }) {
    while (!ready_) std::this_thread::yield();
  }
  ~Load() {
    done_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> ready_ = false;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

void BM_Threshold(benchmark::State& state) {
  pin_to(kClientCore);
  Daemon daemon(guarded(), kOtherCore);
  std::optional<Load> load;
  if (state.range(0) != 0) load.emplace(daemon.otlp());
  Connection api(daemon.socket());
  Connection stream(daemon.socket());
  stream.send("GET /v1/stream?events=breaker HTTP/1.1\r\nHost: localhost\r\n\r\n");
  stream.receive();
  Times times;
  int number = 0;
  for ([[maybe_unused]] auto _ : state) {
    const std::string tool = "\"t" + std::to_string(number++) + "\"";
    const std::string event = post("/v1/events", R"([{"agent":"bot","kind":"tool","tool":)" + tool +
                                                     R"(,"outcome":"error"}])");
    const auto start = SteadyClock::now();
    api.send(event);
    std::string seen;
    while (seen.find(tool) == std::string::npos) seen += stream.receive();
    times.push_back(SteadyClock::now() - start);
    if (!is_status(api.receive(), "200")) state.SkipWithError("an event was refused");
  }
  state.counters["p50_us"] = percentile_us(times, 0.50);
  state.counters["p99_us"] = percentile_us(times, 0.99);
}
BENCHMARK(BM_Threshold)->ArgName("load")->Arg(0)->Arg(1)->Iterations(5'000)->UseRealTime();

// Asks for one agent again and again, from another thread.
class Caller {
 public:
  explicit Caller(const std::string& address) : api_(address), thread_([this] { run(); }) {}
  ~Caller() {
    wanted_ = kStop;
    thread_.join();
  }

  // Until it was admitted some times.
  void begin(int agent) {
    admitted_ = 0;
    wanted_ = agent;
    while (admitted_ < 20) std::this_thread::yield();
  }
  // So that the order comes at any moment of a check.
  static void go_on(SteadyClock::duration lasts) {
    const auto until = SteadyClock::now() + lasts;
    while (SteadyClock::now() < until) std::this_thread::yield();
  }
  // Waits until it is refused. When the last admitted action was answered, and when it was asked.
  struct Last {
    SteadyClock::time_point asked, answered;
  };
  Last finish() {
    while (wanted_ != kIdle) std::this_thread::yield();
    return last_;
  }

 private:
  static constexpr int kIdle = -1;
  static constexpr int kStop = -2;

  void run() {
    for (;;) {
      const int agent = wanted_;
      if (agent == kStop) return;
      if (agent == kIdle) {
        std::this_thread::yield();
        continue;
      }
      const std::string check =
          post("/v1/check", R"({"agent":"a)" + std::to_string(agent) + R"(","action":"task"})");
      const auto asked = SteadyClock::now();
      const bool is_admitted = !member(api_.ask(check), "permit").empty();
      if (is_admitted) {
        last_ = {asked, SteadyClock::now()};
        ++admitted_;
      } else {
        wanted_ = kIdle;
      }
    }
  }

  Connection api_;
  std::atomic<int> wanted_ = kIdle;
  std::atomic<int> admitted_ = 0;
  Last last_;  // written before `wanted_` is idle again
  std::thread thread_;
};

void BM_Kill(benchmark::State& state) {
  pin_to(kClientCore);
  Daemon daemon(guarded(), kOtherCore, state.range(0) != 0 ? Daemon::kDisk : Daemon::kMemory);
  Connection api(daemon.socket());
  Caller caller(daemon.socket());
  Times orders;
  Times admitted;
  int agent = 0;
  for ([[maybe_unused]] auto _ : state) {
    caller.begin(++agent);
    Caller::go_on(std::chrono::microseconds{2 * (agent % 100)});
    const std::string order = post("/v1/kills", R"({"scope":"agent:a)" + std::to_string(agent) +
                                                    R"(","reason":"r","deadline_ms":0})");
    const auto start = SteadyClock::now();
    if (!is_status(api.ask(order), "201")) state.SkipWithError("an order was refused");
    const auto acknowledged = SteadyClock::now();
    const auto last = caller.finish();
    if (last.asked > acknowledged) state.SkipWithError("admitted after the acknowledgement");
    orders.push_back(acknowledged - start);
    admitted.push_back(std::max(last.answered - start, SteadyClock::duration{}));
  }
  state.counters["order_p50_us"] = percentile_us(orders, 0.50);
  state.counters["order_p99_us"] = percentile_us(orders, 0.99);
  state.counters["admitted_p50_us"] = percentile_us(admitted, 0.50);
  state.counters["admitted_p99_us"] = percentile_us(admitted, 0.99);
}
BENCHMARK(BM_Kill)->ArgName("disk")->Arg(0)->Arg(1)->Iterations(1'000)->UseRealTime();

// One event of each of 2,500 agents: 10,000 keys of four SLOs by agent.
std::string ten_thousand_keys() {
  std::string body;
  for (int i = 0; i < 2'500; ++i) {
    body += R"({"agent":"agent-)" + std::to_string(i) +
            R"(","kind":"llm","model":"m","outcome":"ok","duration_ms":900,"tokens_out":50})"
            "\n";
  }
  return post("/v1/events", body, "application/x-ndjson");
}

void BM_Restart(benchmark::State& state) {
  const int signal = state.range(0) != 0 ? SIGKILL : SIGTERM;
  const std::string events = ten_thousand_keys();
  std::string documents = four_slos();
  const auto by_model = documents.find("group-by: 'model'");
  documents.replace(by_model, 17, "group-by: 'agent'");
  pin_to(kClientCore);
  Daemon daemon(documents, kOtherCore);
  Times times;
  for ([[maybe_unused]] auto _ : state) {
    // What stands in the log alone: a checkpoint is made at each start.
    if (!is_status(Connection(daemon.socket()).ask(events), "200")) {
      state.SkipWithError("events were refused");
    }
    daemon.end(signal);
    const auto start = SteadyClock::now();
    daemon.start();
    times.push_back(SteadyClock::now() - start);
    state.SetIterationTime(std::chrono::duration<double>(times.back()).count());
  }
  state.counters["p50_ms"] = percentile_us(times, 0.50) / 1'000;
  state.counters["max_ms"] = percentile_us(times, 1.0) / 1'000;
}
BENCHMARK(BM_Restart)->ArgName("killed")->Arg(0)->Arg(1)->Iterations(20)->UseManualTime();

}  // namespace
}  // namespace fusebox::bench
