#include "exporters/prometheus/metrics.hpp"

#include <initializer_list>

#include "exporters/prometheus/detail/tables.hpp"

namespace fusebox::prometheus {
namespace {

struct Dropped {
  std::string_view labels;
  std::size_t keys;
};

void write_dropped(detail::Page& page, std::initializer_list<Dropped> tables) {
  page.family({detail::MetricType::Gauge, "fusebox_exporter_keys_dropped",
               "Keys that this page leaves out of gauges and sums up in counters."});
  for (const Dropped& each : tables) page.integer({each.labels, {}}, std::uint64_t{each.keys});
}

}  // namespace

void append_metrics(std::string& out, const engine::Status& status, const HostNumbers& host,
                    const Caps& caps) {
  detail::Page page(out);
  detail::write_counters(page, status);
  const std::size_t slos = detail::write_slos(page, status, caps, host.latency_slos);
  const std::size_t breakers = detail::write_breakers(page, status, caps);
  const std::size_t limits = detail::write_limits(page, status.limits, caps);
  const std::size_t activity = detail::write_activity(page, status.activity, caps);
  const std::size_t kills = detail::write_kills(page, status.kills, caps);
  write_dropped(page, {{R"(table="slo")", slos},
                       {R"(table="breaker")", breakers},
                       {R"(table="limit")", limits},
                       {R"(table="activity")", activity},
                       {R"(table="kill")", kills}});
  detail::write_host(page, host);
}

}  // namespace fusebox::prometheus
