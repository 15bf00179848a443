#include <algorithm>
#include <array>
#include <utility>

#include "killswitch/scope.hpp"
#include "sre/config/detail/kinds.hpp"
#include "sre/config/detail/map_reader.hpp"
#include "sre/config/detail/modes.hpp"
#include "telemetry/facts.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;
using breakers::LimitSpec;
using breakers::OnExceed;
using breakers::Resource;

constexpr std::array kSpecKeys{required("scope"),  optional("where"),      optional("window"),
                               optional("budget"), optional("rate"),       optional("concurrency"),
                               later("loop"),      optional("thresholds"), optional("on_exceed"),
                               optional("mode")};
constexpr std::array kBudgetKeys{optional("tokens"),        optional("tokens_in"),
                                 optional("tokens_out"),    optional("cost_usd"),
                                 optional("tool_calls"),    optional("model_calls"),
                                 optional("files_changed"), optional("wall_clock"),
                                 optional("depth"),         later("fan_out")};
constexpr std::array kRateKeys{required("limit"), optional("burst")};
constexpr std::array kConcurrencyKeys{required("max"), optional("lease")};
constexpr std::array kCalendarKeys{later("calendar"), later("timezone")};

constexpr std::array kOnExceed{
    Choice<OnExceed>{"deny", OnExceed::Deny},
    Choice<OnExceed>{"throttle", OnExceed::Throttle},
    Choice<OnExceed>{"require_approval", OnExceed::RequireApproval},
    Choice<OnExceed>{"degrade", OnExceed::Degrade},
    Choice<OnExceed>{"kill", OnExceed::Kill},
};

constexpr std::int64_t kBudgetMax = 1'000'000'000'000'000;
constexpr std::int64_t kRateMax = 1'000'000'000;
constexpr std::int64_t kConcurrencyMax = 1'000'000;
constexpr Duration kLongest = std::chrono::days{31};
constexpr Range<Duration> kWindow{1s, kLongest};
constexpr Range<Duration> kRatePeriod{1ms, kLongest};
constexpr Duration kDefaultLease = 10min;

// One budget in the integer unit of its resource.
std::optional<std::int64_t> as_budget(const Field& field, Resource resource) {
  switch (resource) {
    case Resource::CostUsd: {
      const auto amount = as_usd(field);
      return amount ? std::optional(amount->value) : std::nullopt;
    }
    case Resource::WallClock: {
      const auto length = as_duration(field, kWindow);
      return length ? std::optional(length->count()) : std::nullopt;
    }
    case Resource::Tokens:
    case Resource::TokensIn:
    case Resource::TokensOut:
    case Resource::ToolCalls:
    case Resource::ModelCalls:
    case Resource::FilesChanged:
    case Resource::Depth:
      return as_int(field, {1, kBudgetMax});
  }
  return std::nullopt;
}

void read_budget(const MapReader& spec, LimitSpec& limit) {
  const auto budget = spec.map("budget", kBudgetKeys);
  if (!budget) return;
  bool any = budget->has("fan_out");
  for (std::size_t i = 0; i < breakers::kResourceCount; ++i) {
    const auto resource = static_cast<Resource>(i);
    limit.budget[i] = budget->get(breakers::name_of(resource), as_budget, resource);
    any = any || budget->has(breakers::name_of(resource));
  }
  if (!any) spec.field("budget")->invalid("at least one resource");
}

// `lifetime` or nothing: no window.
std::optional<Duration> as_window(const Field& field) {
  if (field.node.kind == NodeKind::Map) {
    static_cast<void>(MapReader(field, kCalendarKeys));
    return std::nullopt;
  }
  if (field.node.kind == NodeKind::Scalar && field.node.text == "lifetime") return std::nullopt;
  return as_duration(field, kWindow);
}

struct Rate {
  std::int64_t limit;
  Duration per;
};

// "60/m", "100/5m".
std::optional<Rate> as_rate(const Field& field) {
  constexpr std::string_view kExpected = "a rate like 60/m or 100/5m";
  const auto text = as_text(field, 64);
  if (!text) return std::nullopt;
  const std::size_t slash = text->find('/');
  if (slash == std::string::npos || slash + 1 == text->size()) {
    field.invalid(kExpected);
    return std::nullopt;
  }
  // The count and the period by the readers of integers and durations, at the same place.
  Node count = field.node;
  count.text = text->substr(0, slash);
  count.quoted = false;
  Node period = field.node;
  period.text = text->substr(slash + 1);
  const bool has_count = period.text.front() >= '0' && period.text.front() <= '9';
  if (!has_count) period.text.insert(0, "1");
  const auto limit = as_int({field.name, count, field.report}, {1, kRateMax});
  const auto per = as_duration({field.name, period, field.report}, kRatePeriod);
  if (!limit || !per) return std::nullopt;
  if (per->count() / *limit == 0) {
    field.invalid("at most one call a nanosecond");
    return std::nullopt;
  }
  return Rate{*limit, *per};
}

void read_rate(const MapReader& spec, LimitSpec& limit) {
  const auto reader = spec.map("rate", kRateKeys);
  if (!reader) return;
  const auto rate = reader->get("limit", as_rate);
  const auto burst = reader->get("burst", as_int, Range<std::int64_t>{1, kRateMax});
  if (!rate) return;
  limit.rate = breakers::RateSpec{
      .limit = rate->limit, .per = rate->per, .burst = burst.value_or(rate->limit)};
  // From idle to idle again: beyond a year the arithmetic of instants would end.
  constexpr Duration kRefillMax = std::chrono::days{366};
  if (burst && *burst > kRefillMax / (rate->per / rate->limit)) {
    reader->field("burst")->invalid("a burst that is refilled within 366d");
  }
}

void read_concurrency(const MapReader& spec, LimitSpec& limit) {
  const auto reader = spec.map("concurrency", kConcurrencyKeys);
  if (!reader) return;
  limit.concurrency = breakers::ConcurrencySpec{
      .max = reader->get("max", as_int, Range<std::int64_t>{1, kConcurrencyMax}).value_or(1),
      .lease = reader->get("lease", as_duration, kWindow).value_or(kDefaultLease)};
}

void read_thresholds(const MapReader& spec, LimitSpec& limit) {
  spec.needs("thresholds", {"budget"});
  for (const Field& item : spec.list("thresholds")) {
    const auto ratio = as_ratio(item, RatioRange::Share);
    if (!ratio) continue;
    if (!limit.thresholds.empty() && *ratio <= limit.thresholds.back()) {
      item.invalid("more than the threshold before it");
    }
    limit.thresholds.push_back(*ratio);
  }
}

// A limit that kills trips its own key, so its key must be a scope of stop orders.
void check_kill_scope(const MapReader& spec, const LimitSpec& limit) {
  if (limit.on_exceed != OnExceed::Kill || !spec.has("scope")) return;
  const auto& dimensions = limit.scope.dimensions();
  const bool single = dimensions.size() == 1 && killswitch::has_scope(dimensions.front());
  const bool pair = dimensions.size() == 2 && limit.scope.contains(Dimension::Tenant) &&
                    limit.scope.contains(Dimension::Agent);
  if (single || pair) return;
  spec.field("scope")->error(
      ErrorCode::InvalidValue, "`on_exceed: kill` cannot stop the keys of this `scope`",
      "expected one dimension that a stop order can name, or [tenant, agent]");
}

void check_parts(const MapReader& spec) {
  spec.needs("window", {"budget"});
  if (!spec.is_map()) return;
  const bool any = spec.has("budget") || spec.has("rate") || spec.has("concurrency");
  if (any || spec.has("loop")) return;
  spec.report().error(spec.at(), ErrorCode::MissingKey, "nothing is limited",
                      "expected `budget`, `rate` or `concurrency`");
}

}  // namespace

LimitSpec read_limit(const Document& document) {
  const MapReader spec(document.spec, kSpecKeys);
  LimitSpec limit;
  limit.name = document.name;
  limit.scope = spec.get("scope", as_dimensions).value_or(KeySpec{});
  limit.where = spec.get("where", as_condition, telemetry::common_schema());
  limit.window = spec.get("window", as_window);
  read_budget(spec, limit);
  read_rate(spec, limit);
  read_concurrency(spec, limit);
  read_thresholds(spec, limit);
  limit.on_exceed = spec.choice("on_exceed", kOnExceed).value_or(OnExceed::Deny);
  limit.mode = spec.choice("mode", kEnforcements).value_or(policy::Enforcement::Enforce);
  check_parts(spec);
  check_kill_scope(spec, limit);
  return limit;
}

}  // namespace fusebox::config::detail
