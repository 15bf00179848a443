#include "sre/engine/detail/activity.hpp"

#include <algorithm>

#include "slo/slo.hpp"

namespace fusebox::engine {
namespace {

// More than a century adds nothing to a sum that people would read.
constexpr double kLongestMs = 4e12;

void add_duration(ActivitySums& sums, double ms) {
  const auto bucket = std::lower_bound(kDurationBucketsMs.begin(), kDurationBucketsMs.end(), ms);
  add_capped(sums.durations[static_cast<std::size_t>(bucket - kDurationBucketsMs.begin())], 1);
  add_capped(sums.duration_us, static_cast<std::int64_t>(std::min(ms, kLongestMs) * 1000));
}

Dimensions overflow() {
  Dimensions out;
  for (const Dimension dimension :
       {Dimension::Tenant, Dimension::Agent, Dimension::Kind, Dimension::Model}) {
    out[dimension] = slo::kOverflowValue;
  }
  return out;
}

bool in_range(const ActivitySums& sums) {
  using engine::in_range;
  return in_range(sums.events) && in_range(sums.tokens_in) && in_range(sums.tokens_out) &&
         in_range(sums.cost.value) && in_range(sums.durations) && in_range(sums.duration_us) &&
         sums.heard >= Instant{};
}

}  // namespace

Activity::Activity()
    : key_spec_({Dimension::Tenant, Dimension::Agent, Dimension::Kind, Dimension::Model}) {}

void Activity::record(const telemetry::Event& event, Instant now) {
  ActivitySums& sums = sums_of(event.dimensions);
  sums.heard = now;
  sums.events.add(event.outcome);
  const telemetry::Measurements& measured = event.measured;
  add_capped(sums.tokens_in, measured.tokens_in.value_or(0));
  add_capped(sums.tokens_out, measured.tokens_out.value_or(0));
  add_capped(sums.cost.value, measured.cost_usd.value_or(MicroUsd{}).value);
  if (measured.duration_ms) add_duration(sums, *measured.duration_ms);
}

ActivitySums& Activity::sums_of(const Dimensions& dimensions) {
  std::string_view key = key_spec_.encode(dimensions, key_buffer_);
  if (const auto known = keys_.find(key)) return sums_[*known];
  if (keys_.size() >= kSeriesMax) {
    key = key_spec_.encode(overflow(), key_buffer_);
    if (const auto known = keys_.find(key)) return sums_[*known];
  }
  keys_.insert(key);
  return sums_.emplace_back();
}

std::vector<ActivitySeries> Activity::series() const {
  std::vector<ActivitySeries> out;
  out.reserve(keys_.size());
  for (const KeyIndex key : keys_.sorted()) {
    const Dimensions of = key_spec_.decode(keys_.key(key));
    out.push_back({.tenant = std::string(of[Dimension::Tenant]),
                   .agent = std::string(of[Dimension::Agent]),
                   .kind = std::string(of[Dimension::Kind]),
                   .model = std::string(of[Dimension::Model]),
                   .sums = sums_[key]});
  }
  return out;
}

bool Activity::plausible() const {
  if (keys_.size() != sums_.size() || keys_.index_end() != sums_.size()) return false;
  if (keys_.size() > kSeriesMax + 1) return false;
  for (KeyIndex key = 0; key < keys_.size(); ++key) {
    if (!key_spec_.accepts(keys_.key(key)) || !in_range(sums_[key])) return false;
  }
  return true;
}

}  // namespace fusebox::engine
