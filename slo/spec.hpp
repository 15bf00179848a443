// An SLO as data: what the configuration loader makes of an OpenSLO document.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/key.hpp"
#include "base/ratio.hpp"
#include "policy/condition.hpp"
#include "slo/alerts.hpp"
#include "telemetry/facts.hpp"

namespace fusebox::slo {

// Counts events that match `total`; good are those that match `good` too, or do not match `bad`.
// A condition that errs does not match and is counted.
struct RatioIndicator {
  policy::Condition total;
  policy::Condition part;  // the good or the bad events
  bool part_is_good = true;
};

// Counts events that match `where` and carry `value`; the objective's op and value say which are
// good.
struct ThresholdIndicator {
  policy::Condition where;
  telemetry::NumericField value;
};

enum class Comparison : std::uint8_t { Lte, Gte, Lt, Gt };

struct Objective {
  std::string name;  // displayName; "" without
  Ratio target;      // [0, 1)
  // Threshold indicators only: good means `value <op> bound`.
  Comparison op = Comparison::Lte;
  double bound = 0;
  std::vector<AlertPair> alerts;  // reachable ones only
};

struct SloSpec {
  std::string name;
  std::string service;
  std::string description;
  std::variant<RatioIndicator, ThresholdIndicator> indicator;
  KeySpec group_by;
  std::size_t max_keys = 10'000;      // further keys are counted in `_overflow`
  Duration window{};                  // rolling, kSloWindowMin..kSloWindowMax
  std::vector<Objective> objectives;  // at least one; exactly one for thresholds
  LowTrafficRule low_traffic;
};

}  // namespace fusebox::slo
