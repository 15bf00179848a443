#include "chaos/detail/timeline.hpp"

#include <algorithm>
#include <optional>

#include "base/overload.hpp"
#include "chaos/detail/figures.hpp"

namespace fusebox::chaos {
namespace {

constexpr std::int64_t kRecordedMax = 2'000;

std::string because(const std::string& reason) { return reason.empty() ? "" : ": " + reason; }

Moment moment_of(const telemetry::BreakerRecord& record) {
  return {.at = {},
          .kind = MomentKind::Breaker,
          .subject = record.name,
          .key = record.key,
          .state = record.to,
          .text = "from " + record.from + " to " + record.to + because(record.reason)};
}

Moment moment_of(const telemetry::AlertRecord& record) {
  const std::string severity = record.page ? "page" : "ticket";
  return {.at = {},
          .kind = MomentKind::Alert,
          .subject = record.slo,
          .key = record.key,
          .state = record.firing ? "firing" : "resolved",
          .text = severity + ", burn rate " + rounded(record.burn_long) + " over " +
                  record.window_long + " and " + rounded(record.burn_short) + " over " +
                  record.window_short};
}

Moment moment_of(const telemetry::KillRecord& record) {
  return {.at = {},
          .kind = MomentKind::Kill,
          .subject = record.scope,
          .key = "",
          .state = record.tripped ? "tripped" : "armed",
          .text = record.reason + (record.actor.empty() ? "" : " (by " + record.actor + ")")};
}

Moment moment_of(const telemetry::SloStatusRecord& record) {
  return {.at = {},
          .kind = MomentKind::Status,
          .subject = record.slo,
          .key = record.key,
          .state = record.to,
          .text = "from " + record.from + " to " + record.to +
                  (record.uncertain ? ", uncertain" : "") + ", " +
                  percent(record.budget_remaining, 1) + " of the budget left"};
}

std::optional<Moment> moment_of(const auto&) { return std::nullopt; }

}  // namespace

void Timeline::record(const telemetry::RecordBody& body, Duration at) {
  std::optional<Moment> moment =
      std::visit([](const auto& line) -> std::optional<Moment> { return moment_of(line); }, body);
  if (!moment) return;
  if (recorded_ == kRecordedMax) {
    ++left_out_;
    return;
  }
  ++recorded_;
  moment->at = at;
  moments_.push_back(std::move(*moment));
}

std::vector<Moment> Timeline::moments() const {
  std::vector<Moment> out = moments_;
  std::stable_sort(out.begin(), out.end(),
                   [](const Moment& a, const Moment& b) { return a.at < b.at; });
  return out;
}

}  // namespace fusebox::chaos
