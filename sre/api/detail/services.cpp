#include "sre/api/detail/services.hpp"

#include <algorithm>

namespace fusebox::api::detail {
namespace {

// A warm decoder of spans holds megabytes.
constexpr std::size_t kIdleSpanDecoders = 8;
constexpr std::size_t kIdleDecoders = 64;

template <class T>
std::shared_ptr<Pool<T>> pool_of(std::size_t idle_max) {
  return std::make_shared<Pool<T>>(idle_max, [] { return std::make_unique<T>(); });
}

std::shared_ptr<const Configured> configured_by(ApiSettings settings) {
  auto spans = std::make_shared<Pool<telemetry::OtlpDecoder>>(
      kIdleSpanDecoders,
      [prices = settings.prices] { return std::make_unique<telemetry::OtlpDecoder>(prices); });
  return std::make_shared<const Configured>(Configured{std::move(settings), std::move(spans)});
}

}  // namespace

void LatencyHistogram::add(std::chrono::steady_clock::duration took) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  const auto* const bound =
      std::lower_bound(kLatencyBucketsUs.begin(), kLatencyBucketsUs.end(), std::int64_t{us});
  ++buckets_[static_cast<std::size_t>(bound - kLatencyBucketsUs.begin())];
  sum_us_ += static_cast<std::uint64_t>(us);
}

LatencyCounts LatencyHistogram::counts() const {
  LatencyCounts out;
  for (std::size_t i = 0; i < buckets_.size(); ++i) out.buckets[i] = buckets_[i];
  out.sum_us = sum_us_;
  return out;
}

ApiCounters Counters::values() const {
  return {.spans_ignored = spans_ignored,
          .telemetry_rejected = telemetry_rejected,
          .spans_rate_unknown = spans_rate_unknown,
          .spans_priced = spans_priced,
          .denied = denied,
          .decisions = decisions.counts(),
          .kills = kills.counts()};
}

Services::Services(runtime::IoThreads& threads, ApiOptions from)
    : io(threads),
      version(std::move(from.version)),
      audit(*from.files, std::move(from.audit_folder)),
      metrics(std::move(from.metrics)),
      on_denied(std::move(from.on_denied)),
      bodies(pool_of<telemetry::JournalDecoder>(kIdleDecoders)),
      events(pool_of<telemetry::EventListDecoder>(kIdleDecoders)),
      inflaters(pool_of<telemetry::Inflater>(kIdleSpanDecoders)),
      status(std::make_shared<StatusSource>(threads)),
      streams(std::make_shared<RecordStreams>(threads)),
      processes(std::make_shared<Processes>(threads)),
      hooks(std::make_shared<Hooks>(threads)),
      stops(threads, {processes, hooks}) {
  configure(std::move(from.settings));
}

std::shared_ptr<const Configured> Services::configured() const {
  const std::lock_guard lock(mutex_);
  return configured_;
}

void Services::configure(ApiSettings settings) {
  hooks->configure(settings.terminators);
  auto configured = configured_by(std::move(settings));
  const std::lock_guard lock(mutex_);
  configured_.swap(configured);
}

}  // namespace fusebox::api::detail
