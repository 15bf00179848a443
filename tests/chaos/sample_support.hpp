// Arms made by hand for the tests of statistics.
#pragma once

#include <cstdint>
#include <vector>

#include "chaos/statistics.hpp"

namespace fusebox::chaos {

// `units` units with one task each, of which the first `failed` failed.
inline ArmSample single_tasks(std::size_t units, std::size_t failed) {
  Proportions data{.bad = std::vector<double>(units), .all = std::vector<double>(units, 1)};
  for (std::size_t i = 0; i < failed; ++i) data.bad[i] = 1;
  return {.units = units, .measured = {data}};
}

// Units that spent `costs` on one task each.
inline ArmSample one_task_for(const std::vector<double>& costs) {
  return {.units = costs.size(),
          .measured = {Means{.sum = costs, .count = std::vector<double>(costs.size(), 1)}}};
}

// Units with one value each.
inline ArmSample one_value_of(const std::vector<double>& values) {
  Values data;
  for (std::size_t i = 0; i < values.size(); ++i) {
    data.values.push_back({.value = values[i], .unit = static_cast<std::uint32_t>(i), .weight = 1});
  }
  return {.units = values.size(), .measured = {data}};
}

}  // namespace fusebox::chaos
