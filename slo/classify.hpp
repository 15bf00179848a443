// What one event means to an indicator.
#pragma once

#include <cstdint>
#include <optional>

#include "slo/spec.hpp"
#include "telemetry/event.hpp"

namespace fusebox::slo {

struct Classified {
  bool good = false;
  std::optional<double> value;  // threshold indicators only
};

// nullopt if the event does not belong to the indicator. Adds to `errors` for each condition that
// erred: it then does not match, so an event whose `good` errs is bad.
[[nodiscard]] std::optional<Classified> classify(const SloSpec& spec, const telemetry::Event& event,
                                                 std::int64_t& errors);

}  // namespace fusebox::slo
