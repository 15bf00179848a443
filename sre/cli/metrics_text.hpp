// The text of /metrics: the engine's status, and what only this process knows of itself.
#pragma once

#include <string>
#include <vector>

#include "sre/api/api.hpp"
#include "sre/engine/spec.hpp"
#include "sre/runtime/http_server.hpp"

namespace fusebox::cli {

// Those whose values are milliseconds, so that their percentiles are latencies.
[[nodiscard]] std::vector<std::string> latency_slos(const engine::EngineSpec& spec);

struct MetricsSource {
  std::string version;
  std::vector<std::string> latency_slos;
  runtime::HttpCounters http;
  double start_time_seconds = 0;  // of the process, since 1970
};

[[nodiscard]] std::string metrics_text(const api::MetricsInput& input, const MetricsSource& source);

}  // namespace fusebox::cli
