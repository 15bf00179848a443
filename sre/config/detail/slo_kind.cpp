#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "sre/config/detail/alert_rules.hpp"
#include "sre/config/detail/kinds.hpp"
#include "sre/config/detail/map_reader.hpp"

namespace fusebox::config::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::array kSpecKeys{required("service"),    optional("description"),
                               optional("indicator"),  optional("indicatorRef"),
                               required("timeWindow"), required("budgetingMethod"),
                               required("objectives"), later("alertPolicies")};
constexpr std::array kInlineKeys{optional("metadata"), required("spec")};
constexpr std::array kWindowKeys{required("duration"), required("isRolling"), later("calendar")};
constexpr std::array kCalendarWindowKeys{optional("duration"), optional("isRolling"),
                                         later("calendar")};
constexpr std::array kObjectiveKeys{optional("displayName"),   optional("target"),
                                    optional("targetPercent"), optional("op"),
                                    optional("value"),         later("timeSliceTarget"),
                                    later("timeSliceWindow"),  later("compositeWeight"),
                                    later("indicator"),        later("indicatorRef")};
constexpr std::array kServiceKeys{optional("description")};

constexpr std::array kMethods{Choice<bool>{"Occurrences", true}};
constexpr std::array<std::string_view, 2> kLaterMethods{"Timeslices", "RatioTimeslices"};
constexpr std::array kComparisons{
    Choice<slo::Comparison>{"lte", slo::Comparison::Lte},
    Choice<slo::Comparison>{"gte", slo::Comparison::Gte},
    Choice<slo::Comparison>{"lt", slo::Comparison::Lt},
    Choice<slo::Comparison>{"gt", slo::Comparison::Gt},
};

// Indicators with a name of their own come with their formulas.
constexpr std::array<std::string_view, 13> kBuiltInIndicators{"task-success",
                                                              "tool-success",
                                                              "tool-accuracy",
                                                              "latency",
                                                              "ttft",
                                                              "cost-per-task",
                                                              "policy-compliance",
                                                              "delegation-depth",
                                                              "hallucination-rate",
                                                              "calibration",
                                                              "trust-floor",
                                                              "breaker-open-ratio",
                                                              "agreement"};

constexpr std::array<std::string_view, 6> kAnnotations{
    "fusebox.dev/group-by", "fusebox.dev/min-events",  "fusebox.dev/min-bad",
    "fusebox.dev/alpha",    "fusebox.dev/burn-alerts", "fusebox.dev/max-keys"};
constexpr std::array<std::string_view, 2> kLaterAnnotations{"fusebox.dev/empty-slice",
                                                            "fusebox.dev/composite-rule"};

constexpr std::size_t kDescriptionMax = 1050;
constexpr std::int64_t kCountMax = 1'000'000'000;

// What the fusebox.dev/ annotations say.
struct Extensions {
  KeySpec group_by;
  std::size_t max_keys = 10'000;
  slo::LowTrafficRule low_traffic;
  AlertRules alerts;
  Position alerts_at;
};

// Annotations are texts, so a number in quotes is one too.
Node unquoted(const Node& node) {
  Node plain = node;
  plain.quoted = false;
  return plain;
}

std::optional<std::int64_t> as_annotated_int(const Field& field, Range<std::int64_t> range) {
  return as_int({field.name, unquoted(field.node), field.report}, range);
}

void read_annotation(const Field& field, Extensions& out) {
  const std::string_view name = field.name.substr(kOwnPrefix.size());
  if (name == "group-by") {
    out.group_by = as_dimension_text(field).value_or(KeySpec{});
  } else if (name == "min-events") {
    out.low_traffic.min_events = as_annotated_int(field, {0, kCountMax}).value_or(0);
  } else if (name == "min-bad") {
    out.low_traffic.min_bad = as_annotated_int(field, {0, kCountMax}).value_or(0);
  } else if (name == "alpha") {
    out.low_traffic.alpha = as_ratio(field, RatioRange::Share).value_or(Ratio{1, 100});
  } else if (name == "burn-alerts") {
    out.alerts = as_alert_rules(field);
    out.alerts_at = field.node.at;
  } else if (name == "max-keys") {
    constexpr std::int64_t kKeysMax = 1'000'000;
    out.max_keys = static_cast<std::size_t>(as_annotated_int(field, {1, kKeysMax}).value_or(1));
  }
}

Extensions read_annotations(const Node* annotations, Report& report) {
  Extensions out;
  if (annotations == nullptr) return out;
  for (const Entry& entry : annotations->entries) {
    if (!entry.key.starts_with(kOwnPrefix)) continue;
    const auto is_it = [&](std::string_view name) { return name == entry.key; };
    if (std::any_of(kLaterAnnotations.begin(), kLaterAnnotations.end(), is_it)) {
      report.error(entry.key_at, ErrorCode::NotYetSupported, comes_later(entry.key));
    } else if (std::none_of(kAnnotations.begin(), kAnnotations.end(), is_it)) {
      report.error(entry.key_at, ErrorCode::UnknownKey, "unknown annotation " + quoted(entry.key),
                   expecting(join_or(kAnnotations)), did_you_mean(entry.key, kAnnotations));
    } else {
      read_annotation({entry.key, entry.value, report}, out);
    }
  }
  return out;
}

// OpenSLO's durations: an integer and one of m h d w M Q Y; the last three need a calendar.
std::optional<Duration> as_window(const Field& field) {
  constexpr std::string_view kExpected = "an integer and one of m, h, d or w, like 30d";
  const auto text = as_text(field, 32);
  if (!text) return std::nullopt;
  const std::size_t digits = std::min(text->find_first_not_of("0123456789"), text->size());
  const std::string_view unit = std::string_view(*text).substr(digits);
  const bool calendar = unit == "M" || unit == "Q" || unit == "Y";
  if (digits > 0 && calendar) {
    field.refuse_later();
    return std::nullopt;
  }
  if (unit != "m" && unit != "h" && unit != "d" && unit != "w") {
    field.error(ErrorCode::InvalidDuration, field.is(), expecting(kExpected));
    return std::nullopt;
  }
  const auto duration = parse_duration(*text);
  if (!duration || *duration <= slo::kSloWindowMax) {
    return as_duration(field, {slo::kSloWindowMin, slo::kSloWindowMax});
  }
  field.error(ErrorCode::NotYetSupported, "a window over 31d comes later", "expected 5m to 31d");
  return std::nullopt;
}

std::optional<Duration> read_window(const MapReader& spec) {
  const auto items = spec.list("timeWindow");
  const auto field = spec.field("timeWindow");
  if (field && field->node.kind == NodeKind::List && items.size() != 1) {
    field->error(ErrorCode::InvalidValue,
                 "`timeWindow` has " + std::to_string(items.size()) + " items",
                 "expected exactly one");
  }
  if (items.size() != 1) return std::nullopt;
  // A calendar window is refused as one, and not for what it lacks as a rolling one.
  if (items[0].node.find("calendar") != nullptr) {
    static_cast<void>(MapReader(items[0], kCalendarWindowKeys));
    return std::nullopt;
  }
  const MapReader window(items[0], kWindowKeys);
  if (window.get("isRolling", as_bool) == false) {
    window.field("isRolling")->invalid("true", "calendar windows come later");
  }
  return window.get("duration", as_window);
}

// target xor targetPercent, exactly as written.
std::optional<Ratio> read_target(const MapReader& objective) {
  objective.exactly_one({"target", "targetPercent"});
  const auto percent = objective.field("targetPercent");
  if (!percent) return objective.get("target", as_ratio, RatioRange::Target);
  Node as_percentage = percent->node;
  if (as_percentage.text.find_first_of("%/") == std::string::npos) as_percentage.text += '%';
  return as_ratio({percent->name, as_percentage, percent->report}, RatioRange::Target);
}

// `op` and `value` belong to thresholds, and only there.
void check_bound(const MapReader& objective, bool threshold) {
  for (const std::string_view name : {"op", "value"}) {
    if (threshold) {
      objective.require(name);
    } else if (objective.has(name)) {
      objective.report().error(objective.at_key(name), ErrorCode::ConflictingKeys,
                               quoted(name) + " stands beside a ratioMetric",
                               "`op` and `value` belong to a thresholdMetric");
    }
  }
}

// What all objectives of one SLO share.
struct SloFrame {
  bool threshold;
  std::optional<Duration> window;  // absent: it has mistakes
  const Extensions& extensions;
};

slo::Objective read_objective(const Field& field, const SloFrame& frame) {
  const MapReader reader(field, kObjectiveKeys);
  slo::Objective objective;
  objective.name = reader.get("displayName", as_text, std::size_t{63}).value_or("");
  check_bound(reader, frame.threshold);
  objective.op = reader.choice("op", kComparisons).value_or(slo::Comparison::Lte);
  objective.bound = reader.get("value", as_number).value_or(0);
  const auto target = read_target(reader);
  if (!target || !frame.window) return objective;
  objective.target = *target;
  objective.alerts = select_alerts(frame.extensions.alerts,
                                   {.target = *target,
                                    .window = *frame.window,
                                    .objective = field.node.at,
                                    .annotation = frame.extensions.alerts_at},
                                   field.report);
  return objective;
}

void check_objective_names(const std::vector<slo::Objective>& objectives,
                           const std::vector<Field>& items) {
  for (std::size_t i = 1; i < objectives.size(); ++i) {
    const auto same = [&](const slo::Objective& other) { return other.name == objectives[i].name; };
    const auto end = objectives.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::none_of(objectives.begin(), end, same)) continue;
    items[i].error(ErrorCode::DuplicateName,
                   objectives[i].name.empty()
                       ? std::string("two objectives have no displayName")
                       : "two objectives have the displayName " + quoted(objectives[i].name),
                   "expected a displayName of its own for each objective");
  }
}

std::vector<slo::Objective> read_objectives(const MapReader& spec, const SloFrame& frame) {
  std::vector<slo::Objective> objectives;
  const auto items = spec.list("objectives");
  objectives.reserve(items.size());
  for (const Field& item : items) objectives.push_back(read_objective(item, frame));
  check_objective_names(objectives, items);
  const auto field = spec.field("objectives");
  const bool is_list = field && field->node.kind == NodeKind::List;
  if (is_list && items.empty()) field->invalid("at least one objective");
  if (is_list && frame.threshold && items.size() > 1) {
    items[1].error(ErrorCode::InvalidValue, "a thresholdMetric has exactly one objective");
  }
  return objectives;
}

std::optional<Indicator> find_indicator(const Field& field,
                                        std::span<const NamedIndicator> indicators) {
  const auto name = as_text(field, kDescriptionMax);
  if (!name) return std::nullopt;
  std::vector<std::string_view> names;
  for (const NamedIndicator& candidate : indicators) {
    if (candidate.name == *name) return candidate.indicator;
    names.push_back(candidate.name);
  }
  if (std::find(kBuiltInIndicators.begin(), kBuiltInIndicators.end(), *name) !=
      kBuiltInIndicators.end()) {
    field.error(ErrorCode::NotYetSupported,
                "the built-in indicator " + quoted(*name) + " comes later",
                "expected an `indicator` written out, or an SLI document");
  } else {
    field.error(ErrorCode::DanglingReference, "no SLI document is named " + quoted(*name), "",
                did_you_mean(*name, names));
  }
  return std::nullopt;
}

std::optional<Indicator> read_indicator(const MapReader& spec,
                                        std::span<const NamedIndicator> indicators) {
  spec.exactly_one({"indicator", "indicatorRef"});
  if (const auto reference = spec.field("indicatorRef")) {
    return find_indicator(*reference, indicators);
  }
  const auto written_out = spec.map("indicator", kInlineKeys);
  if (!written_out) return std::nullopt;
  if (const auto metadata = written_out->field("metadata")) {
    refuse_own_annotations(read_metadata(*metadata).annotations, spec.report());
  }
  const auto sli = written_out->field("spec");
  return sli ? read_sli(*sli) : std::nullopt;
}

}  // namespace

void read_service(const Document& document) {
  const MapReader spec(document.spec, kServiceKeys);
  static_cast<void>(spec.get("description", as_text, kDescriptionMax));
}

std::optional<slo::SloSpec> read_slo(const Document& document,
                                     std::span<const NamedIndicator> indicators) {
  Extensions extensions = read_annotations(document.annotations, document.spec.report);
  const MapReader spec(document.spec, kSpecKeys);
  const auto service = spec.field("service");
  std::string service_name = spec.get("service", as_text, kDescriptionMax).value_or("");
  if (!service_name.empty() && !is_label(service_name)) {
    service->invalid("the name of a Service");
  }
  std::string description = spec.get("description", as_text, kDescriptionMax).value_or("");
  static_cast<void>(spec.choice("budgetingMethod", kMethods, kLaterMethods));
  const auto window = read_window(spec);
  std::optional<Indicator> indicator = read_indicator(spec, indicators);
  // Without its indicator, nobody can say whether an objective needs `op` and `value`.
  if (!indicator) return std::nullopt;
  const bool threshold = std::holds_alternative<slo::ThresholdIndicator>(*indicator);
  auto objectives =
      read_objectives(spec, {.threshold = threshold, .window = window, .extensions = extensions});
  return slo::SloSpec{.name = document.name,
                      .service = std::move(service_name),
                      .description = std::move(description),
                      .indicator = std::move(*indicator),
                      .group_by = std::move(extensions.group_by),
                      .max_keys = extensions.max_keys,
                      .window = window.value_or(Duration{}),
                      .objectives = std::move(objectives),
                      .low_traffic = extensions.low_traffic};
}

}  // namespace fusebox::config::detail
