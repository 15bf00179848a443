// The annotation fusebox.dev/burn-alerts, and which of its pairs an objective can reach.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slo/alerts.hpp"
#include "sre/config/detail/field.hpp"

namespace fusebox::config::detail {

// What the annotation says: pairs of the user's own, none, or (absent) the default ones.
struct AlertRules {
  std::optional<std::vector<slo::AlertPair>> own;
};

// `default`, `off`, or FACTOR@LONG/SHORT=page|ticket separated by commas.
[[nodiscard]] AlertRules as_alert_rules(const Field& field);

// The pairs of one objective. A default pair that cannot fire is left out with a notice at
// `objective`; one of the user's is an error at the annotation.
struct AlertContext {
  Ratio target;
  Duration window;
  Position objective;
  Position annotation;
};
[[nodiscard]] std::vector<slo::AlertPair> select_alerts(const AlertRules& rules,
                                                        const AlertContext& context,
                                                        Report& report);

}  // namespace fusebox::config::detail
