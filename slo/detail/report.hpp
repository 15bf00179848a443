// What an SLO says when something changes, as records.
#pragma once

#include <vector>

#include "slo/detail/state.hpp"
#include "slo/slo.hpp"
#include "telemetry/record.hpp"

namespace fusebox::slo {

// Is there anything to say? Which pair of a severity fires may change without a word: people are
// told once.
[[nodiscard]] bool is_news(const Announced& before, const Announced& after);

// Appends the alerts that began to fire or resolved, pages first, then the change of the status.
void append_news(const SloView& view, const Announced& before, const Announced& after,
                 std::vector<telemetry::RecordBody>& out);

}  // namespace fusebox::slo
