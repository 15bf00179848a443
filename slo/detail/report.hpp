// What an SLO says: records of changes, and its entries in a summary.
#pragma once

#include <vector>

#include "base/json_writer.hpp"
#include "slo/detail/state.hpp"
#include "slo/histogram.hpp"
#include "slo/slo.hpp"
#include "telemetry/record.hpp"

namespace fusebox::slo {

// Is there anything to say? Which pair of a severity fires may change without a word: people are
// told once.
[[nodiscard]] bool is_news(const Announced& before, const Announced& after);

// Appends the alerts that began to fire or resolved, pages first, then the change of the status.
void append_news(const SloView& view, const Announced& before, const Announced& after,
                 std::vector<telemetry::RecordBody>& out);

// One object. `values` may be null: no event has come yet.
void write_entry(JsonWriter& json, const SloView& view, const Histogram* values);

}  // namespace fusebox::slo
