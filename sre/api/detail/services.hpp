// What handlers share. Lives as long as a request or a thread needs it.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "sre/api/api.hpp"
#include "sre/api/detail/decision_log.hpp"
#include "sre/api/detail/denial_gate.hpp"
#include "sre/api/detail/input_ring.hpp"
#include "sre/api/detail/pool.hpp"
#include "sre/api/detail/record_streams.hpp"
#include "sre/api/detail/slow_lane.hpp"
#include "sre/api/detail/status_source.hpp"
#include "sre/api/detail/stop_desk.hpp"
#include "sre/api/hooks.hpp"
#include "sre/api/processes.hpp"
#include "sre/store/audit_verify.hpp"
#include "telemetry/event_list.hpp"
#include "telemetry/inflate.hpp"
#include "telemetry/journal.hpp"
#include "telemetry/otlp.hpp"

namespace fusebox::api::detail {

class LatencyHistogram {
 public:
  void add(std::chrono::steady_clock::duration took);
  [[nodiscard]] LatencyCounts counts() const;

 private:
  std::array<std::atomic<std::uint64_t>, kLatencyBucketsUs.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_us_ = 0;
};

struct Counters {
  std::atomic<std::uint64_t> spans_ignored = 0;
  std::atomic<std::uint64_t> telemetry_rejected = 0;
  std::atomic<std::uint64_t> spans_rate_unknown = 0;
  std::atomic<std::uint64_t> spans_priced = 0;
  std::atomic<std::uint64_t> denied = 0;
  LatencyHistogram decisions;
  LatencyHistogram kills;

  [[nodiscard]] ApiCounters values() const;
};

// One configuration and what was made for it. Immutable: a request keeps the one it began with.
struct Configured {
  ApiSettings settings;
  std::shared_ptr<Pool<telemetry::OtlpDecoder>> spans;  // with its prices
};

struct Services : std::enable_shared_from_this<Services> {
  Services(runtime::IoThreads& threads, ApiOptions from);

  [[nodiscard]] std::shared_ptr<const Configured> configured() const;
  void configure(ApiSettings settings);
  // Of a host that is attached.
  [[nodiscard]] runtime::EngineHost& engine() const { return *host.load(); }

  runtime::IoThreads& io;
  const std::string version;
  store::AuditReader audit;  // of the slow lane alone
  const std::function<std::string(const MetricsInput&)> metrics;
  const std::function<void(const Denial&)> on_denied;

  std::atomic<runtime::EngineHost*> host = nullptr;
  std::atomic<bool> is_ready = false;
  std::mutex readiness;  // held while the daemon says that it is ready; see Api::become_ready
  Counters counters;

  const std::shared_ptr<Pool<telemetry::JournalDecoder>> bodies;
  const std::shared_ptr<Pool<telemetry::EventListDecoder>> events;
  const std::shared_ptr<Pool<telemetry::Inflater>> inflaters;

  const std::shared_ptr<StatusSource> status;
  const std::shared_ptr<RecordStreams> streams;
  DecisionLog decisions;
  InputRing inputs;
  DenialGate denials;
  const std::shared_ptr<Processes> processes;
  const std::shared_ptr<Hooks> hooks;
  StopDesk stops;
  SlowLane slow;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Configured> configured_;
};

}  // namespace fusebox::api::detail
