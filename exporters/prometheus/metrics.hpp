// Everything that Prometheus may ask of a daemon, as one page in its text exposition format. A pure
// function of one status and a few numbers that only the host knows: one scrape shows one moment,
// and whoever serves the page decides on which thread it is written.
//
// Written by hand and not with prometheus-cpp, because nothing here fits what that library is good
// at: the numbers are counted elsewhere, so its counters would only be copies, and its tree of
// families costs about 1 us for each series where this page costs 0.04. Its HELP escaping is
// wrong, and Debian has it as a shared library only.
//
// What a reader of the numbers may rely on:
//   - Counters of the engine go on after a restart; those of the host begin at 0.
//   - The good and the bad events of a key appear together, at 0, and stay there for its first 15 s
//     of engine time. Prometheus sees an increase between two samples only, so a series that
//     appeared with its first bad event would hide it from every alert.
//   - Families, and series within a family, stand in the same order on every page.
//   - Amounts are in base units: seconds, bytes, USD.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sre/engine/status.hpp"

namespace fusebox::prometheus {

// Of the answer that carries the page.
inline constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

// How long both results of a new SLO key are shown as 0: a scrape each 15 s or faster sees them
// there once at least.
inline constexpr Duration kBirthPause = std::chrono::seconds{15};

struct DurationHistogram {
  std::vector<double> bounds_seconds;  // ascending, inclusive; a last bucket is unbounded
  std::vector<std::uint64_t> counts;   // of each bucket alone, one more than bounds
  double sum_seconds = 0;
};

// Since the start, except `connections`.
struct HttpNumbers {
  std::string listener;  // "api"; unique
  std::uint64_t connections = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t accept_failures = 0;
  std::uint64_t requests = 0;
  std::uint64_t bad_requests = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t streams_cut = 0;
};

// What the system says of the process; what it does not say is left out of the page.
struct ProcessNumbers {
  std::optional<double> start_time_seconds;  // since 1970
  std::optional<double> cpu_seconds;         // user and system together
  std::optional<std::uint64_t> resident_memory_bytes;
  std::optional<std::uint64_t> virtual_memory_bytes;
  std::optional<std::uint64_t> open_fds;
  std::optional<std::uint64_t> max_fds;
};

struct HostNumbers {
  std::string version;
  std::uint64_t shed_events = 0;      // refused for want of room
  std::uint64_t rejected_events = 0;  // that could not be read: spans, and lines of events
  std::uint64_t waiting_events = 0;   // now
  std::uint64_t checkpoints = 0;
  bool storage_fault = false;  // now
  std::vector<HttpNumbers> http;
  std::optional<DurationHistogram> decision_duration;
  std::optional<DurationHistogram> kill_latency;  // from the order's arrival to the fence
  // Names of the SLOs whose values are milliseconds (duration_ms, ttft_ms): their percentiles are
  // shown as latencies. A snapshot does not tell the unit of its values.
  std::vector<std::string> latency_slos;
  ProcessNumbers process;
};

// Keys of one SLO, breaker or limit, series of activity, and scopes of stop orders, at most. Keys
// beyond are left out of gauges, and counted in `fusebox_exporter_keys_dropped`. In counters they
// are summed into the key that has "_overflow" in each dimension, together with the engine's own
// overflow key, which does not count here. Who is shown:
//   SLOs               the keys that were born first, so that nobody moves into the sum
//   stop orders        standing ones before re-armed ones
//   everything else    the first by key; a new name may move the last one shown into the sum, which
//                      then rises by what that one had counted
struct Caps {
  std::size_t keys_max = 10'000;
};

// Appends the page to `out`. Linear in its series, some 40 ns each, and for the keys above a cap
// O(n log n). Texts in `status` and `host` are UTF-8, counts at least 0.
void append_metrics(std::string& out, const engine::Status& status, const HostNumbers& host,
                    const Caps& caps = {});

}  // namespace fusebox::prometheus
