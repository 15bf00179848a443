// An engine's page at once, and host numbers of which each can be told from the others.
#pragma once

#include <string>

#include "exporters/prometheus/metrics.hpp"
#include "tests/engine/script.hpp"

namespace fusebox::prometheus {

inline HostNumbers host_numbers() {
  HostNumbers host;
  host.version = "1.2.3";
  host.shed_events = 11;
  host.rejected_events = 12;
  host.waiting_events = 13;
  host.checkpoints = 14;
  host.storage_fault = true;
  host.http = {{"api", 1, 2, 3, 4, 5, 6, 7, 8}, {"otlp_http", 21, 22, 23, 24, 25, 26, 27, 28}};
  host.decision_duration = DurationHistogram{{0.000'001, 0.000'005}, {5, 3, 1}, 0.000'021};
  host.kill_latency = DurationHistogram{{0.001}, {1, 0}, 0.000'25};
  host.latency_slos = {"fast"};
  host.process = {.start_time_seconds = 1'767'225'599.5,
                  .cpu_seconds = 1.25,
                  .resident_memory_bytes = 1'048'576,
                  .virtual_memory_bytes = 2'097'152,
                  .open_fds = 20,
                  .max_fds = 1'024};
  return host;
}

inline std::string page_of(engine::Script& script, const Caps& caps = {}) {
  std::string out;
  append_metrics(out, script.engine().status(), host_numbers(), caps);
  return out;
}

}  // namespace fusebox::prometheus
