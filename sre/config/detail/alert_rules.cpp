#include "sre/config/detail/alert_rules.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace fusebox::config::detail {
namespace {

constexpr std::string_view kGrammar = "`default`, `off`, or pairs like `7.2@1h/5m=page`";

// Takes the text up to `separator` off the front of `rest`; nullopt if there is no separator.
std::optional<std::string_view> take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return taken;
}

std::optional<slo::AlertSeverity> parse_severity(std::string_view text) {
  for (const auto severity : {slo::AlertSeverity::Page, slo::AlertSeverity::Ticket}) {
    if (slo::name_of(severity) == text) return severity;
  }
  return std::nullopt;
}

// One pair, FACTOR@LONG/SHORT=SEVERITY.
std::optional<slo::AlertPair> parse_pair(std::string_view text) {
  const auto factor_text = take_until(text, '@');
  const auto long_text = take_until(text, '/');
  const auto short_text = take_until(text, '=');
  if (!factor_text || !long_text || !short_text) return std::nullopt;
  const auto factor = parse_ratio(*factor_text);
  const auto long_window = slo::parse_burn_window(*long_text);
  const auto short_window = slo::parse_burn_window(*short_text);
  const auto severity = parse_severity(text);
  if (!factor || factor->num == 0 || !long_window || !short_window || !severity) {
    return std::nullopt;
  }
  if (slo::length_of(*short_window) >= slo::length_of(*long_window)) return std::nullopt;
  return slo::AlertPair{.long_window = *long_window,
                        .short_window = *short_window,
                        .factor = *factor,
                        .severity = *severity};
}

std::string pair_text(const slo::AlertPair& pair) {
  return format_ratio(pair.factor) + "@" + std::string(slo::name_of(pair.long_window)) + "/" +
         std::string(slo::name_of(pair.short_window)) + "=" +
         std::string(slo::name_of(pair.severity));
}

// A burn rate is at most 1 / (1 - target), and an alert needs more than its factor.
std::string reach_text(Ratio target) {
  return "a target of " + format_ratio(target) + " reaches factors below " +
         format_ratio(slo::largest_burn_rate(target));
}

void check_own(const slo::AlertPair& pair, const AlertContext& context, Report& report) {
  if (slo::length_of(pair.long_window) > context.window) {
    report.error(context.annotation, ErrorCode::InvalidValue,
                 quoted(pair_text(pair)) + " has a window longer than the SLO's",
                 "expected at most " + format_duration(context.window));
  }
  if (!slo::reachable(pair.factor, context.target)) {
    report.error(context.annotation, ErrorCode::UnreachableAlert,
                 quoted(pair_text(pair)) + " can never fire", reach_text(context.target));
  }
}

// The windows that standard_pairs leaves out for an SLO window, to be named: "1d or 3d".
std::string windows_longer_than(Duration window) {
  std::vector<std::string_view> names;
  for (const slo::AlertPair& pair : slo::standard_pairs(slo::kSloWindowMax)) {
    if (slo::length_of(pair.long_window) > window) names.push_back(slo::name_of(pair.long_window));
  }
  return join_or(names);
}

std::vector<slo::AlertPair> select_default(const AlertContext& context, Report& report) {
  std::vector<slo::AlertPair> kept;
  for (const slo::AlertPair& pair : slo::standard_pairs(context.window)) {
    if (slo::reachable(pair.factor, context.target)) {
      kept.push_back(pair);
    } else {
      report.notice(context.objective, ErrorCode::UnreachableAlert,
                    "the default alert " + quoted(pair_text(pair)) + " can never fire and is off",
                    reach_text(context.target));
    }
  }
  const std::string longer = windows_longer_than(context.window);
  if (!longer.empty()) {
    report.notice(context.objective, ErrorCode::UnreachableAlert,
                  "default alerts over " + longer + " are longer than the SLO's window and are off",
                  reach_text(context.target));
  }
  return kept;
}

}  // namespace

AlertRules as_alert_rules(const Field& field) {
  constexpr std::size_t kBytesMax = 1024;
  const auto text = as_text(field, kBytesMax);
  if (!text || *text == "default") return {};
  AlertRules rules{.own = std::vector<slo::AlertPair>{}};
  if (*text == "off") return rules;
  for (const ListItem& item : split_list(*text)) {
    if (const auto pair = parse_pair(item.text)) {
      rules.own->push_back(*pair);
    } else {
      field.report.error(field.at(item.offset), ErrorCode::InvalidValue,
                         quoted(item.text) + " is not a burn-rate alert", expecting(kGrammar),
                         "the long window first; " + join_or(slo::burn_window_names()));
    }
  }
  return rules;
}

std::vector<slo::AlertPair> select_alerts(const AlertRules& rules, const AlertContext& context,
                                          Report& report) {
  if (!rules.own) return select_default(context, report);
  for (const slo::AlertPair& pair : *rules.own) check_own(pair, context, report);
  return *rules.own;
}

}  // namespace fusebox::config::detail
