#include <algorithm>
#include <array>

#include "sre/config/detail/kinds.hpp"
#include "sre/config/detail/map_reader.hpp"
#include "sre/config/detail/modes.hpp"
#include "telemetry/facts.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;
using breakers::BreakerSpec;
using breakers::CountWindow;
using breakers::TimeWindow;

constexpr std::array kSpecKeys{required("key"),
                               optional("where"),
                               optional("window"),
                               optional("minimum_calls"),
                               optional("failure_rate"),
                               optional("slow"),
                               optional("consecutive_failures"),
                               later("sequential"),
                               later("burn_rate"),
                               optional("open"),
                               optional("half_open"),
                               optional("mode")};
constexpr std::array kWindowKeys{optional("count"), optional("duration")};
constexpr std::array kSlowKeys{required("duration"), required("rate")};
constexpr std::array kOpenKeys{optional("wait"), optional("backoff"), optional("max"),
                               later("jitter")};
constexpr std::array kHalfOpenKeys{optional("probes"), optional("patience"), later("ramp"),
                                   later("concurrency")};

constexpr std::int64_t kWindowCallsMax = 10'000;
constexpr std::int64_t kCallsMax = 1'000'000;
constexpr std::uint32_t kDefaultMinimumCalls = 10;
constexpr Duration kDefaultWait = 60s;
constexpr Duration kDefaultMax = 5min;
constexpr Duration kDefaultPatience = 30s;
constexpr Range<Duration> kTimeWindow{1s, 24h};
constexpr Range<Duration> kWait{1ms, 24h};

std::uint32_t to_u32(std::int64_t value) { return static_cast<std::uint32_t>(value); }

std::optional<std::variant<CountWindow, TimeWindow>> read_window(const MapReader& spec) {
  const auto window = spec.map("window", kWindowKeys);
  if (!window) return std::nullopt;
  window->exactly_one({"count", "duration"});
  if (const auto count = window->get("count", as_int, Range<std::int64_t>{1, kWindowCallsMax})) {
    return CountWindow{.calls = to_u32(*count)};
  }
  if (const auto length = window->get("duration", as_duration, kTimeWindow)) {
    return TimeWindow{.length = *length};
  }
  return std::nullopt;
}

// Ten calls, or as many as a smaller window holds.
std::uint32_t read_minimum_calls(const MapReader& spec, const BreakerSpec& breaker) {
  const CountWindow* count = nullptr;
  if (breaker.window) count = std::get_if<CountWindow>(&*breaker.window);
  const std::uint32_t otherwise =
      count == nullptr ? kDefaultMinimumCalls : std::min(kDefaultMinimumCalls, count->calls);
  const std::int64_t most = count == nullptr ? kCallsMax : std::int64_t{count->calls};
  return to_u32(
      spec.get("minimum_calls", as_int, Range<std::int64_t>{1, most}).value_or(otherwise));
}

void read_detectors(const MapReader& spec, BreakerSpec& breaker) {
  breaker.failure_rate = spec.get("failure_rate", as_ratio, RatioRange::Share);
  if (const auto slow = spec.map("slow", kSlowKeys)) {
    breaker.slow = breakers::SlowDetector{
        .longer_than = slow->get("duration", as_duration, kWait).value_or(0s),
        .rate = slow->get("rate", as_ratio, RatioRange::Share).value_or(Ratio{1, 1})};
  }
  const auto failures = spec.get("consecutive_failures", as_int, Range<std::int64_t>{1, kCallsMax});
  if (failures) breaker.consecutive_failures = to_u32(*failures);
}

// What is named and can have no effect is a mistake, not a preference.
void check_detectors(const MapReader& spec) {
  if (!spec.is_map()) return;
  const bool refused = spec.has("sequential") || spec.has("burn_rate");
  const bool any = spec.has("failure_rate") || spec.has("slow") || spec.has("consecutive_failures");
  if (!any && !refused) {
    spec.report().error(spec.at(), ErrorCode::MissingKey, "no detector is named",
                        "expected `failure_rate`, `slow` or `consecutive_failures`");
  }
  spec.needs("failure_rate", {"window"});
  spec.needs("slow", {"window"});
  spec.needs("window", {"failure_rate", "slow"});
  spec.needs("minimum_calls", {"window"});
}

void read_open(const MapReader& spec, BreakerSpec& breaker) {
  breaker.open_wait = kDefaultWait;
  breaker.open_max = kDefaultMax;
  const auto open = spec.map("open", kOpenKeys);
  if (!open) return;
  breaker.open_wait = open->get("wait", as_duration, kWait).value_or(kDefaultWait);
  breaker.open_backoff =
      open->get("backoff", as_ratio, RatioRange::AtLeastOne).value_or(Ratio{1, 1});
  open->needs("max", {"backoff"});
  breaker.open_max = open->get("max", as_duration, Range<Duration>{breaker.open_wait, kWait.max})
                         .value_or(std::max(kDefaultMax, breaker.open_wait));
}

void read_half_open(const MapReader& spec, BreakerSpec& breaker) {
  constexpr std::int64_t kProbesMax = 1'000;
  breaker.patience = kDefaultPatience;
  const auto half_open = spec.map("half_open", kHalfOpenKeys);
  if (!half_open) return;
  breaker.probes =
      to_u32(half_open->get("probes", as_int, Range<std::int64_t>{1, kProbesMax}).value_or(1));
  breaker.patience = half_open->get("patience", as_duration, kWait).value_or(kDefaultPatience);
}

}  // namespace

BreakerSpec read_breaker(const Document& document) {
  const MapReader spec(document.spec, kSpecKeys);
  BreakerSpec breaker;
  breaker.name = document.name;
  breaker.key = spec.get("key", as_dimensions).value_or(KeySpec{});
  breaker.where = spec.get("where", as_condition, telemetry::common_schema());
  breaker.window = read_window(spec);
  breaker.minimum_calls = read_minimum_calls(spec, breaker);
  read_detectors(spec, breaker);
  check_detectors(spec);
  read_open(spec, breaker);
  read_half_open(spec, breaker);
  breaker.mode = spec.choice("mode", kEnforcements).value_or(policy::Enforcement::Enforce);
  return breaker;
}

}  // namespace fusebox::config::detail
