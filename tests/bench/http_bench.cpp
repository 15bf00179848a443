// The floor of every check over the API: one client that asks, waits and asks again, against a
// handler that answers at once. 200 bytes in, 200 bytes out, over a Unix socket.
//
//   http_bench                          both ends on core 0, then one on each
//
// p50_us and p99_us are the client's round trip; server_us is the CPU time of the I/O thread for
// one request. Across cores the round trip is mostly the time the machine takes to wake a thread.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.hpp"
#include "sre/runtime/detail/file_descriptor.hpp"
#include "sre/runtime/detail/socket_address.hpp"
#include "sre/runtime/http_server.hpp"
#include "sre/runtime/io_threads.hpp"

namespace fusebox::runtime {
namespace {

constexpr int kClientCore = 0;
constexpr std::size_t kBodyBytes = 200;

// Threads started afterwards inherit it.
void pin_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(core), &set);
  ::sched_setaffinity(0, sizeof(set), &set);
}

std::string temporary_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "fusebox-XXXXXX").string();
  FUSEBOX_ASSERT(::mkdtemp(pattern.data()) != nullptr);
  return pattern;
}

struct Bench {
  explicit Bench(int server_core) : folder(temporary_folder()) {
    pin_to(server_core);
    io.emplace(1);
    pin_to(kClientCore);
    server.emplace(*io);
    const auto handler = [](HttpRequest asked, Responder respond) {
      respond({.status = 200, .content_type = "application/json", .body = std::move(asked.body)});
    };
    const auto endpoint = server->listen(UnixAddress{folder + "/s"}, handler);
    FUSEBOX_ASSERT(endpoint.has_value());
    const auto address = detail::numeric_address(*endpoint);
    fd = detail::FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    FUSEBOX_ASSERT(::connect(fd.get(), address->get(), address->size) == 0);
  }
  ~Bench() {
    server.reset();
    std::filesystem::remove_all(folder);
  }

  // One request and its answer, whose length is always the same.
  void ask() {
    FUSEBOX_ASSERT(::send(fd.get(), request.data(), request.size(), 0) ==
                   static_cast<ssize_t>(request.size()));
    FUSEBOX_ASSERT(::recv(fd.get(), answer.data(), answer.size(), 0) > 0);
  }

  std::chrono::nanoseconds server_cpu() {
    std::promise<std::chrono::nanoseconds> time;
    io->post([&time] {
      timespec now{};
      ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
      time.set_value(std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec});
    });
    return time.get_future().get();
  }

  const std::string folder;
  std::optional<IoThreads> io;
  std::optional<HttpServer> server;
  detail::FileDescriptor fd;
  const std::string request =
      "POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
      "application/json\r\nContent-Length: " +
      std::to_string(kBodyBytes) + "\r\n\r\n" + std::string(kBodyBytes, 'x');
  std::vector<char> answer = std::vector<char>(4096);
};

double percentile_us(std::vector<std::chrono::nanoseconds>& times, double rank) {
  const auto at =
      times.begin() + static_cast<std::ptrdiff_t>(rank * static_cast<double>(times.size() - 1));
  std::nth_element(times.begin(), at, times.end());
  return std::chrono::duration<double, std::micro>(*at).count();
}

void closed_loop(benchmark::State& state) {
  Bench bench(static_cast<int>(state.range(0)));
  for (int warm = 0; warm < 1000; ++warm) bench.ask();
  std::vector<std::chrono::nanoseconds> times;
  times.reserve(1 << 20);
  const auto cpu_before = bench.server_cpu();
  for ([[maybe_unused]] auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    bench.ask();
    times.push_back(std::chrono::steady_clock::now() - start);
  }
  const std::chrono::duration<double, std::micro> cpu = bench.server_cpu() - cpu_before;
  state.counters["server_us"] = cpu.count() / static_cast<double>(times.size());
  state.counters["p50_us"] = percentile_us(times, 0.50);
  state.counters["p99_us"] = percentile_us(times, 0.99);
}

BENCHMARK(closed_loop)->ArgName("server_core")->Arg(0)->Arg(1)->UseRealTime();

}  // namespace
}  // namespace fusebox::runtime
