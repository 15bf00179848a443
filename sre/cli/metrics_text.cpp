#include "sre/cli/metrics_text.hpp"

#include <filesystem>
#include <fstream>
#include <span>
#include <variant>

#include <sys/resource.h>
#include <unistd.h>

#include "exporters/prometheus/metrics.hpp"

namespace fusebox::cli {
namespace {

// In one second. Divided by, because 10 / 1e6 is the double nearest to 0.00001 and 10 * 1e-6 is
// not, which would show in the names of buckets.
constexpr double kMicroseconds = 1e6;

prometheus::DurationHistogram histogram_of(const api::LatencyCounts& counts) {
  prometheus::DurationHistogram histogram;
  for (const std::int64_t bound : api::kLatencyBucketsUs) {
    histogram.bounds_seconds.push_back(static_cast<double>(bound) / kMicroseconds);
  }
  histogram.counts.assign(counts.buckets.begin(), counts.buckets.end());
  histogram.sum_seconds = static_cast<double>(counts.sum_us) / kMicroseconds;
  return histogram;
}

prometheus::HttpNumbers http_of(const runtime::HttpCounters& http) {
  return {.listener = "all",
          .connections = http.active,
          .accepted = http.accepted,
          .refused = http.refused,
          .accept_failures = http.accept_failures,
          .requests = http.requests,
          .bad_requests = http.bad_requests,
          .timeouts = http.timeouts,
          .streams_cut = http.streams_cut};
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / kMicroseconds;
}

prometheus::ProcessNumbers process_numbers(double started) {
  prometheus::ProcessNumbers process;
  process.start_time_seconds = started;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    process.cpu_seconds = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  }
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  if (std::ifstream("/proc/self/statm") >> pages >> resident) {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    process.virtual_memory_bytes = pages * page;
    process.resident_memory_bytes = resident * page;
  }
  std::error_code failed;
  std::uint64_t open = 0;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd", failed)) {
    (void)each;
    ++open;
  }
  if (!failed) process.open_fds = open;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) process.max_fds = files.rlim_cur;
  return process;
}

}  // namespace

std::vector<std::string> latency_slos(const engine::EngineSpec& spec) {
  std::vector<std::string> names;
  for (const slo::SloSpec& each : spec.slos) {
    const auto* threshold = std::get_if<slo::ThresholdIndicator>(&each.indicator);
    if (threshold == nullptr) continue;
    if (threshold->value == telemetry::NumericField::DurationMs ||
        threshold->value == telemetry::NumericField::TtftMs) {
      names.push_back(each.name);
    }
  }
  return names;
}

std::string metrics_text(const api::MetricsInput& input, const MetricsSource& source) {
  const prometheus::HostNumbers host{.version = source.version,
                                     .shed_events = input.host.shed_events,
                                     .rejected_events = input.api.telemetry_rejected,
                                     .waiting_events = input.host.waiting_events,
                                     .checkpoints = input.host.checkpoints,
                                     .storage_fault = input.host.storage_fault,
                                     .http = {http_of(source.http)},
                                     .decision_duration = histogram_of(input.api.decisions),
                                     .kill_latency = histogram_of(input.api.kills),
                                     .latency_slos = source.latency_slos,
                                     .process = process_numbers(source.start_time_seconds)};
  std::string text;
  prometheus::append_metrics(text, input.status, host);
  return text;
}

}  // namespace fusebox::cli
