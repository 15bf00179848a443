// The page in parts, each a group of families from one part of the status. Parts with keys return
// how many keys their cap left out.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "exporters/prometheus/detail/page.hpp"
#include "exporters/prometheus/metrics.hpp"
#include "sre/engine/status.hpp"

namespace fusebox::prometheus::detail {

// fusebox_slo_*, fusebox_latency_seconds. `latency_slos`: see HostNumbers.
std::size_t write_slos(Page& page, const engine::Status& status, const Caps& caps,
                       std::span<const std::string> latency_slos);

// fusebox_breaker_*.
std::size_t write_breakers(Page& page, const engine::Status& status, const Caps& caps);

// fusebox_limit_*.
std::size_t write_limits(Page& page, std::span<const breakers::LimitSnapshot> limits,
                         const Caps& caps);

// fusebox_tokens_total, fusebox_cost_usd_total, fusebox_duration_seconds.
std::size_t write_activity(Page& page, std::span<const engine::ActivitySeries> activity,
                           const Caps& caps);

// fusebox_kill_active.
std::size_t write_kills(Page& page, std::span<const killswitch::Order> orders, const Caps& caps);

// fusebox_events_total, fusebox_decisions_total, fusebox_reports_total and the engine's share of
// fusebox_telemetry_*.
void write_counters(Page& page, const engine::Status& status);

// Everything that the engine does not know.
void write_host(Page& page, const HostNumbers& host);

}  // namespace fusebox::prometheus::detail
