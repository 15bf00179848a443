#include "chaos/detail/arm_figure.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/overload.hpp"

namespace fusebox::chaos {
namespace {

// Sum of numbers[i] x weights[i]. Four sums at a time, because each addition waits for the one
// before; always in this order, because doubles are not associative.
double weighted(std::span<const double> numbers, std::span<const float> weights) {
  std::array<double, 4> sums{};
  std::size_t i = 0;
  for (; i + 4 <= numbers.size(); i += 4) {
    for (std::size_t k = 0; k < 4; ++k) {
      sums[k] += numbers[i + k] * static_cast<double>(weights[i + k]);
    }
  }
  for (; i < numbers.size(); ++i) sums[0] += numbers[i] * static_cast<double>(weights[i]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double sum_of(std::span<const double> numbers) {
  double sum = 0;
  for (const double number : numbers) sum += number;
  return sum;
}

double units_with(std::span<const double> numbers) {
  return static_cast<double>(
      std::count_if(numbers.begin(), numbers.end(), [](double n) { return n > 0; }));
}

bool any_data(const Measured& measured) {
  return std::visit(Overload{[](const Proportions& data) { return sum_of(data.all) > 0; },
                             [](const Means& data) { return sum_of(data.count) > 0; },
                             [](const Values& data) { return !data.values.empty(); }},
                    measured);
}

}  // namespace

ArmFigure::ArmFigure(const Measured& measured, std::size_t units)
    : units_(units),
      figure_(std::visit(
          Overload{[](const Proportions& data) -> decltype(figure_) { return share_of(data); },
                   [](const Means& data) -> decltype(figure_) { return Mean{&data}; },
                   [units](const Values& data) -> decltype(figure_) {
                     return percentile_of(data, units);
                   }},
          measured)),
      has_data_(any_data(measured)) {}

ArmFigure::Share ArmFigure::share_of(const Proportions& data) {
  const double active = std::max(units_with(data.all), 1.0);
  const double failed = units_with(data.bad);
  const double average = sum_of(data.all) / active;
  const double bad = failed > 0 ? sum_of(data.bad) / failed : average;
  return {.data = &data, .one_more_all = average, .one_more_bad = std::min(bad, average)};
}

ArmFigure::Percentile ArmFigure::percentile_of(const Values& data, std::size_t units) {
  Percentile out{.falling = data.values, .count = std::vector<double>(units)};
  for (const Values::Value& value : data.values) out.count[value.unit] += value.weight;
  std::sort(out.falling.begin(), out.falling.end(), [](const auto& a, const auto& b) {
    return std::tie(b.value, a.unit, a.weight) < std::tie(a.value, b.unit, b.weight);
  });
  return out;
}

Range ArmFigure::range(const Share& share, std::span<const float> weights, double one_more) {
  const double bad = weighted(share.data->bad, weights);
  const double all = weighted(share.data->all, weights);
  const double more = all + one_more * share.one_more_all;
  return {.low = bad / more, .high = (bad + one_more * share.one_more_bad) / more};
}

Range ArmFigure::range(const Mean& mean, std::span<const float> weights, double) {
  const double value = weighted(mean.data->sum, weights) / weighted(mean.data->count, weights);
  return {.low = value, .high = value};
}

// The smallest value that at least 95 % of the weight does not exceed, found from above: what lies
// beyond it has at most 5 %.
Range ArmFigure::range(const Percentile& values, std::span<const float> weights, double) {
  const double beyond = weighted(values.count, weights) / 20;
  double seen = 0;
  for (const Values::Value& value : values.falling) {
    seen += static_cast<double>(weights[value.unit]) * value.weight;
    if (seen > beyond) return {.low = value.value, .high = value.value};
  }
  const double smallest = values.falling.back().value;
  return {.low = smallest, .high = smallest};
}

Range ArmFigure::under(std::span<const float> weights, double weight_of_one_more) const {
  return std::visit([&](const auto& figure) { return range(figure, weights, weight_of_one_more); },
                    figure_);
}

double ArmFigure::plain() const {
  const std::vector<float> ones(units_, 1.0F);
  return under(ones, 0).low;
}

}  // namespace fusebox::chaos
