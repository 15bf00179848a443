#include "slo/detail/measure.hpp"

#include <cmath>

#include "slo/window.hpp"

namespace fusebox::slo {
namespace {

using telemetry::NumericField;

struct Unit {
  double per_value;  // units in one of the field's own unit
  HistogramShape shape;
};

constexpr std::int64_t kLongestUs =
    std::chrono::duration_cast<std::chrono::microseconds>(kSloWindowMax).count();
constexpr std::int64_t kCountMax = 1'000'000'000'000;

constexpr Unit kDurationUnit{1000, {1, kLongestUs, 2}};
constexpr Unit kCountUnit{1, {1, kCountMax, 2}};
constexpr Unit kMoneyUnit{1e6, {1, kMoneyMax.value, 2}};
constexpr Unit kThousandths{1000, {1, 1000, 3}};  // three digits: 2048 exact values
constexpr Unit kTrustUnit{1, {1, 1000, 3}};

constexpr const Unit& unit_of(NumericField field) {
  switch (field) {
    case NumericField::DurationMs:
    case NumericField::TtftMs:
      return kDurationUnit;
    case NumericField::TokensIn:
    case NumericField::TokensOut:
    case NumericField::Depth:
    case NumericField::FilesChanged:
      return kCountUnit;
    case NumericField::CostUsd:
      return kMoneyUnit;
    case NumericField::Score:
    case NumericField::Confidence:
      return kThousandths;
    case NumericField::Trust:
      return kTrustUnit;
  }
  return kCountUnit;
}

}  // namespace

HistogramShape shape_of(NumericField field) { return unit_of(field).shape; }

std::int64_t to_units(NumericField field, double value) {
  const Unit& unit = unit_of(field);
  const auto highest = static_cast<double>(unit.shape.highest);
  return std::llround(std::fmax(0, std::fmin(highest, value * unit.per_value)));
}

double from_units(NumericField field, std::int64_t units) {
  return static_cast<double>(units) / unit_of(field).per_value;
}

}  // namespace fusebox::slo
