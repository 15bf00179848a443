#include <algorithm>
#include <charconv>
#include <map>

#include "sre/config/detail/scenario_draft.hpp"
#include "sre/config/detail/scenario_keys.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;
using chaos::Distribution;

constexpr Range<Duration> kFromNothing{0s, 24h};
constexpr Range<Duration> kPositive{1ns, 24h};

std::optional<Distribution> read_uniform(const Field& field) {
  const auto& items = field.node.items;
  if (field.node.kind != NodeKind::List || items.size() != 2) {
    field.wrong_type("a list of two durations like [1s, 3s]");
    return std::nullopt;
  }
  const auto min = as_duration({field.name, items[0], field.report}, kFromNothing);
  const auto max = as_duration({field.name, items[1], field.report}, kPositive);
  if (!min || !max) return std::nullopt;
  if (*max > *min) return chaos::Uniform{.min = *min, .max = *max};
  field.report.error(items[1].at, ErrorCode::InvalidValue, "`uniform` ends where it begins",
                     "expected more than " + format_duration(*min));
  return std::nullopt;
}

std::optional<Distribution> read_exponential(const Field& field) {
  const MapReader map(field, scenario_keys::kExponential);
  const auto mean = map.get("mean", as_duration, kPositive);
  if (!mean) return std::nullopt;
  return chaos::Exponential{.mean = *mean};
}

std::optional<Distribution> read_log_normal(const Field& field) {
  const MapReader map(field, scenario_keys::kLogNormal);
  const auto p50 = map.get("p50", as_duration, kPositive);
  const auto p99 = map.get("p99", as_duration, kPositive);
  if (!p50 || !p99) return std::nullopt;
  if (*p99 > *p50) return chaos::LogNormal{.p50 = *p50, .p99 = *p99};
  map.field("p99")->invalid("more than p50, " + format_duration(*p50));
  return std::nullopt;
}

std::optional<Distribution> read_pareto(const Field& field) {
  const MapReader map(field, scenario_keys::kPareto);
  const auto min = map.get("min", as_duration, kPositive);
  const auto alpha = map.get("alpha", as_ratio, RatioRange::AtLeastOne);
  if (!min || !alpha) return std::nullopt;
  return chaos::Pareto{.min = *min, .alpha = *alpha};
}

std::optional<Distribution> read_constant(const Field& field) {
  const auto value = as_duration(field, kFromNothing);
  if (!value) return std::nullopt;
  return chaos::Constant{.value = *value};
}

constexpr std::string_view kDigits = "0123456789";

std::optional<Duration> unit_of_rate(std::string_view unit) {
  if (unit == "s") return 1s;
  if (unit == "m") return 1min;
  if (unit == "h") return 1h;
  return std::nullopt;
}

}  // namespace

Position place_of(const Node& map, std::string_view key) {
  const Entry* entry = map.find(key);
  return entry == nullptr ? map.at : entry->value.at;
}

std::optional<std::string> as_name(const Field& field) {
  constexpr std::size_t kNameMax = 63;
  auto text = as_text(field, kNameMax);
  if (!text) return std::nullopt;
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto may_stand = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (is_letter(text->front()) && std::all_of(text->begin(), text->end(), may_stand)) return text;
  field.invalid("a lower-case letter, then those, digits, `-` and `_`, at most 63");
  return std::nullopt;
}

std::optional<std::string> as_document_name(const Field& field) {
  constexpr std::size_t kNameMax = 63;
  auto text = as_text(field, kNameMax);
  if (!text || is_label(*text)) return text;
  field.invalid("lower-case letters, digits and inner hyphens, at most 63");
  return std::nullopt;
}

std::optional<Distribution> as_distribution(const Field& field) {
  if (field.node.kind == NodeKind::Scalar) return read_constant(field);
  if (field.node.kind != NodeKind::Map) {
    field.wrong_type("a duration, or a distribution like {lognormal: {p50: 4s, p99: 30s}}");
    return std::nullopt;
  }
  const MapReader map(field, scenario_keys::kDistribution);
  map.exactly_one({"const", "uniform", "exp", "lognormal", "pareto"});
  if (auto constant = map.get("const", read_constant)) return constant;
  if (auto uniform = map.get("uniform", read_uniform)) return uniform;
  if (auto exponential = map.get("exp", read_exponential)) return exponential;
  if (auto log_normal = map.get("lognormal", read_log_normal)) return log_normal;
  return map.get("pareto", read_pareto);
}

std::optional<Rate> as_rate(const Field& field) {
  constexpr std::int64_t kRateMax = 1'000'000;
  constexpr std::size_t kTextMax = 32;
  const auto text = as_text(field, kTextMax);
  if (!text) return std::nullopt;
  const std::string_view whole = *text;
  const std::size_t slash = std::min(whole.find('/'), whole.size());
  const std::string_view count = whole.substr(0, slash);
  const auto per = unit_of_rate(whole.substr(std::min(slash + 1, whole.size())));
  std::int64_t value = 0;
  std::from_chars(count.data(), count.data() + count.size(), value);
  const bool digits = count.find_first_not_of(kDigits) == std::string_view::npos;
  if (per && digits && value >= 1 && value <= kRateMax && count.front() != '0') {
    return Rate{.count = value, .per = *per};
  }
  field.invalid("a rate like 200/s, 60/m or 5/h, at most 1000000");
  return std::nullopt;
}

std::string read_slo_name(const MapReader& map, std::string_view key, ReferenceKind what,
                          ScenarioDraft& draft) {
  const auto field = map.field(key);
  if (!field) return "";
  const auto name = as_document_name(*field);
  if (!name) return "";
  draft.refer(what, *field, *name);
  return *name;
}

std::optional<std::size_t> read_target_index(const MapReader& map, std::string_view key,
                                             const ScenarioDraft& draft) {
  const auto field = map.field(key);
  if (!field) return std::nullopt;
  const auto name = as_name(*field);
  if (!name) return std::nullopt;
  std::vector<std::string_view> names;
  for (const chaos::Target& target : draft.value.targets) names.push_back(target.name);
  const auto found = std::find(names.begin(), names.end(), *name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  field->error(ErrorCode::DanglingReference, field->is(), "expected the name of a target",
               did_you_mean(*name, names));
  return std::nullopt;
}

void check_unique(std::string_view what, const std::vector<std::pair<std::string, Position>>& names,
                  Report& report) {
  std::map<std::string_view, Position> seen;
  for (const auto& [name, at] : names) {
    if (name.empty()) continue;
    const auto [first, fresh] = seen.emplace(name, at);
    if (fresh) continue;
    report.error(at, ErrorCode::DuplicateName,
                 "a second " + std::string(what) + " is named " + quoted(name),
                 "the first is at line " + std::to_string(first->second.line));
  }
}

std::vector<Field> bounded_list(const MapReader& map, std::string_view key, std::size_t max) {
  auto items = map.list(key);
  if (items.size() <= max) return items;
  map.field(key)->invalid("at most " + std::to_string(max) + " of them");
  return {};
}

}  // namespace fusebox::config::detail
