// The daemon's API: handlers for its two listeners, over an engine host.
//
// It may listen before the state is recovered: until attach() everything but health and the
// description answers 503. A request is decoded on its I/O thread, submitted to the host as a
// value, and answered from the engine thread; lists are written on an I/O thread from a copy of the
// engine's status, which readers who ask at the same time share.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sre/api/identity.hpp"
#include "sre/api/routes.hpp"
#include "sre/config/settings.hpp"
#include "sre/engine/status.hpp"
#include "sre/runtime/engine_host.hpp"
#include "sre/runtime/http.hpp"
#include "sre/runtime/io_threads.hpp"
#include "sre/store/files.hpp"
#include "telemetry/prices.hpp"
#include "telemetry/record.hpp"

namespace fusebox::api {

namespace detail {
struct Services;
}

// What a configuration says to the API; swapped as one value at a reload.
struct ApiSettings {
  Credentials credentials{};
  telemetry::PriceTable prices{};
  config::OnUnreachable on_unreachable{};
  std::vector<config::Terminator> terminators{};
};

// How long something took, by upper bounds in microseconds; a last bucket is unbounded.
inline constexpr std::array<std::int64_t, 12> kLatencyBucketsUs{
    10, 25, 50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 100'000, 1'000'000};
struct LatencyCounts {
  std::array<std::uint64_t, kLatencyBucketsUs.size() + 1> buckets{};  // each its own part
  std::uint64_t sum_us = 0;
};

// Since the start. Each is exact; together they are not one moment.
struct ApiCounters {
  std::uint64_t spans_ignored = 0;  // no agent work, or counted elsewhere
  std::uint64_t telemetry_rejected =
      0;  // events and spans that make no event, bodies that are none
  std::uint64_t spans_rate_unknown = 0;  // sampled at an unknown rate
  std::uint64_t spans_priced = 0;        // whose cost is our estimate
  std::uint64_t denied = 0;              // requests that claimed somebody else's agent
  LatencyCounts decisions;               // from the request to its answer
  LatencyCounts kills;                   // from the order to the fence, and the disk behind it
};

// A request whose token does not speak for the agent that it names: for the audit.
struct Denial {
  std::string actor;
  std::string tenant;
  std::string agent;
  std::string route;  // "POST /v1/check"
  std::string peer;
  std::int64_t untold = 0;  // others of the actor's before this one, which were only counted
};

struct MetricsInput {
  const engine::Status& status;
  runtime::HostCounters host;
  ApiCounters api;
};

struct ApiOptions {
  ApiSettings settings;
  std::string version;            // of the program
  store::Files* files = nullptr;  // not null; outlives the API
  std::string audit_folder;       // STATE/audit
  // The text of /metrics; on an I/O thread.
  std::function<std::string(const MetricsInput&)> metrics;
  // On an I/O thread; may be empty. Not for every one: ten of an actor at once, then one in ten
  // seconds, so that nobody fills the audit.
  std::function<void(const Denial&)> on_denied;
};

// Every function may be called from any thread, unless it says so.
class Api {
 public:
  // `io` outlives it.
  Api(runtime::IoThreads& io, ApiOptions options);
  // Ends the streams. The server is drained and the host stopped before that.
  ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  [[nodiscard]] runtime::HttpHandler handler(Listener listener) const;

  // For HostOptions::before_answers, and for on_records.
  void keep_records(std::span<const telemetry::Record> records);
  void on_records(std::span<const telemetry::Record> records);
  // For DurableOptions::on_frame.
  void on_inputs(std::string_view frame);
  // The engine is there; once, before anything is submitted to it. Waits for its thread. The host
  // outlives every request.
  void attach(runtime::EngineHost& host);
  // /readyz answers 200 from now on; before a stop, 503 again.
  void set_ready(bool ready);
  // Ready once `publish` has succeeded. Meanwhile /readyz waits, so that whoever finds what was
  // published finds the daemon ready, and the other way round. Errors: those of `publish`.
  Result<void> become_ready(const std::function<Result<void>()>& publish);
  // Requests that have begun are answered under the old settings.
  void configure(ApiSettings settings);

  [[nodiscard]] ApiCounters counters() const;

 private:
  std::shared_ptr<detail::Services> services_;
};

}  // namespace fusebox::api
