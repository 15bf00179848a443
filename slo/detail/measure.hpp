// Numeric fields as the integers that histograms count: durations in microseconds, cost in
// micro-dollars, scores in thousandths, everything else as it is.
#pragma once

#include <cstdint>

#include "slo/histogram.hpp"
#include "telemetry/facts.hpp"

namespace fusebox::slo {

// The histogram of one field. Its precision is 0.8 %, and for scores, confidences and trust their
// whole range is exact.
[[nodiscard]] HistogramShape shape_of(telemetry::NumericField field);

// The value as a count of units, rounded to the nearest and held within the shape's range.
[[nodiscard]] std::int64_t to_units(telemetry::NumericField field, double value);

// Back in the unit of the field's name.
[[nodiscard]] double from_units(telemetry::NumericField field, std::int64_t units);

}  // namespace fusebox::slo
