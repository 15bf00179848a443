// What only the host knows: its queues, sockets, latencies, and the process.
#include <array>

#include "base/assert.hpp"
#include "exporters/prometheus/detail/tables.hpp"

namespace fusebox::prometheus::detail {
namespace {

void write_histogram(Page& page, const Family& family,
                     const std::optional<DurationHistogram>& durations) {
  if (!durations) return;
  FUSEBOX_ASSERT(durations->counts.size() == durations->bounds_seconds.size() + 1);
  page.family(family);
  page.histogram({}, bucket_labels(durations->bounds_seconds),
                 std::span<const std::uint64_t>(durations->counts), durations->sum_seconds);
}

struct HttpFamily {
  Family family;
  std::uint64_t HttpNumbers::*number;
};

constexpr std::array kHttpFamilies{
    HttpFamily{{MetricType::Gauge, "fusebox_http_connections", "Open connections."},
               &HttpNumbers::connections},
    HttpFamily{{MetricType::Counter, "fusebox_http_accepted_total", "Connections accepted."},
               &HttpNumbers::accepted},
    HttpFamily{{MetricType::Counter, "fusebox_http_refused_total",
                "Connections and bodies refused for want of room."},
               &HttpNumbers::refused},
    HttpFamily{{MetricType::Counter, "fusebox_http_accept_failures_total",
                "Connections lost because the system had no descriptor or memory left."},
               &HttpNumbers::accept_failures},
    HttpFamily{{MetricType::Counter, "fusebox_http_requests_total", "Whole requests received."},
               &HttpNumbers::requests},
    HttpFamily{{MetricType::Counter, "fusebox_http_bad_requests_total",
                "Requests that were no valid HTTP or above a bound."},
               &HttpNumbers::bad_requests},
    HttpFamily{{MetricType::Counter, "fusebox_http_timeouts_total",
                "Requests and answers cut because the client was too slow."},
               &HttpNumbers::timeouts},
    HttpFamily{{MetricType::Counter, "fusebox_http_streams_cut_total",
                "Streams ended because their reader was too slow."},
               &HttpNumbers::streams_cut},
};

void write_http(Page& page, const std::vector<HttpNumbers>& listeners) {
  if (listeners.empty()) return;
  std::vector<std::string> labels;
  labels.reserve(listeners.size());
  for (const HttpNumbers& each : listeners) labels.push_back(label("listener", each.listener));
  for (const HttpFamily& what : kHttpFamilies) {
    page.family(what.family);
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      page.integer({labels[i], {}}, listeners[i].*what.number);
    }
  }
}

template <class Value>
void write_known(Page& page, const Family& family, const std::optional<Value>& value) {
  if (value) page.single(family, *value);
}

// The names and meanings that all Prometheus clients share.
void write_process(Page& page, const ProcessNumbers& process) {
  write_known(page,
              {MetricType::Gauge, "process_start_time_seconds",
               "Start time of the process since unix epoch in seconds."},
              process.start_time_seconds);
  write_known(page,
              {MetricType::Counter, "process_cpu_seconds_total",
               "Total user and system CPU time spent in seconds."},
              process.cpu_seconds);
  write_known(
      page, {MetricType::Gauge, "process_resident_memory_bytes", "Resident memory size in bytes."},
      process.resident_memory_bytes);
  write_known(page,
              {MetricType::Gauge, "process_virtual_memory_bytes", "Virtual memory size in bytes."},
              process.virtual_memory_bytes);
  write_known(page, {MetricType::Gauge, "process_open_fds", "Number of open file descriptors."},
              process.open_fds);
  write_known(page,
              {MetricType::Gauge, "process_max_fds", "Maximum number of open file descriptors."},
              process.max_fds);
}

}  // namespace

void write_host(Page& page, const HostNumbers& host) {
  page.single({MetricType::Counter, "fusebox_telemetry_shed_total",
               "Events refused because too many waited."},
              host.shed_events);
  page.single(
      {MetricType::Counter, "fusebox_telemetry_rejected_total", "Events that could not be read."},
      host.rejected_events);
  page.single(
      {MetricType::Gauge, "fusebox_telemetry_waiting_events", "Events that wait for the engine."},
      host.waiting_events);
  page.single({MetricType::Counter, "fusebox_checkpoints_total", "Checkpoints written."},
              host.checkpoints);
  page.single(
      {MetricType::Gauge, "fusebox_storage_fault", "1 while the disk takes nothing more, else 0."},
      std::int64_t{host.storage_fault});
  write_histogram(page,
                  {MetricType::Histogram, "fusebox_decision_duration_seconds",
                   "How long the engine took for a decision."},
                  host.decision_duration);
  write_histogram(page,
                  {MetricType::Histogram, "fusebox_kill_latency_seconds",
                   "From the arrival of a stop order until it held."},
                  host.kill_latency);
  write_http(page, host.http);
  page.family({MetricType::Gauge, "fusebox_build_info", "1; what runs is in the labels."});
  page.integer({label("version", host.version), {}}, std::int64_t{1});
  write_process(page, host.process);
}

}  // namespace fusebox::prometheus::detail
