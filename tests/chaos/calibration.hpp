// Synthetic arms for which the truth is known, to see how often compare() is wrong.
//
// A unit has 1 to 9 tasks, 5 on average, that share its luck: one unit in ten is troubled and fails
// more. Usually 0.08 of the variance lies between units, so that 5 tasks of one tell as much as 3.5
// independent ones (a design effect of 1.43).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "chaos/detail/resample.hpp"
#include "chaos/random.hpp"
#include "chaos/sample_size.hpp"
#include "chaos/statistics.hpp"

namespace fusebox::chaos {

inline constexpr double kTroubled = 0.1;
inline constexpr double kBetweenUnits = 0.08;
inline constexpr double kTasksPerUnit = 5;
// The mean of the squares of 1..9 over their mean: what a task finds itself among.
inline constexpr double kDesignEffect = 1 + (95.0 / 15 - 1) * kBetweenUnits;

inline std::size_t units_for(double tasks) {
  return static_cast<std::size_t>(std::ceil(tasks / kTasksPerUnit));
}

// Units enough for `power` at finding a fall of `drop`, had the tasks no luck in common, times the
// design effect.
inline std::size_t units_to_find(double baseline, double drop) {
  const std::int64_t tasks =
      samples_per_arm({.baseline = baseline, .drop = drop, .confidence = 0.95, .power = 0.8});
  return units_for(static_cast<double>(tasks) * kDesignEffect);
}

class World {
 public:
  // `between_units`: the share of the variance that lies there.
  World(std::uint64_t seed, double between_units)
      : draws_(scatter(seed)), between_units_(between_units) {}

  // An arm whose tasks fail with `failing` on average, in as many comparisons as asked for.
  ArmSample tasks(std::size_t units, double failing, std::size_t comparisons = 1) {
    ArmSample out{.units = units, .measured = {}};
    for (std::size_t i = 0; i < comparisons; ++i) out.measured.emplace_back(shares(units, failing));
    return out;
  }

  // The same tasks, each taken for a unit of its own: what one must not do.
  ArmSample tasks_as_units(std::size_t units, double failing) {
    const Proportions grouped = shares(units, failing);
    Proportions apart;
    for (std::size_t i = 0; i < units; ++i) {
      for (double task = 0; task < grouped.all[i]; ++task) {
        apart.bad.push_back(task < grouped.bad[i] ? 1 : 0);
        apart.all.push_back(1);
      }
    }
    return {.units = apart.all.size(), .measured = {apart}};
  }

  // Latencies or costs of tasks: exponential around what is usual for the unit.
  ArmSample values(std::size_t units, double mean) {
    Values out;
    for (std::uint32_t unit = 0; unit < units; ++unit) {
      const double usual = mean * (0.75 + 0.5 * uniform());
      for (std::uint64_t task = 1 + draws_.below(9); task > 0; --task) {
        out.values.push_back({.value = usual * exponential(), .unit = unit, .weight = 1});
      }
    }
    return {.units = units, .measured = {out}};
  }

  ArmSample costs(std::size_t units, double mean) {
    const ArmSample each = values(units, mean);
    Means out{.sum = std::vector<double>(units), .count = std::vector<double>(units)};
    for (const Values::Value& value : std::get<Values>(each.measured[0]).values) {
      out.sum[value.unit] += value.value;
      ++out.count[value.unit];
    }
    return {.units = units, .measured = {out}};
  }

 private:
  double uniform() { return static_cast<double>(draws_.next() >> 11) * 0x1p-53; }
  double exponential() {
    return static_cast<double>(kExponentialSteps[draws_.next() % kWeightSteps]);
  }

  Proportions shares(std::size_t units, double failing) {
    const double apart =
        std::sqrt(between_units_ * failing * (1 - failing) / (kTroubled * (1 - kTroubled)));
    Proportions out{.bad = std::vector<double>(units), .all = std::vector<double>(units)};
    for (std::size_t unit = 0; unit < units; ++unit) {
      const bool troubled = uniform() < kTroubled;
      const double luck = failing + (troubled ? 1 - kTroubled : -kTroubled) * apart;
      out.all[unit] = static_cast<double>(1 + draws_.below(9));
      for (double task = 0; task < out.all[unit]; ++task) out.bad[unit] += uniform() < luck ? 1 : 0;
    }
    return out;
  }

  Stream draws_;
  double between_units_;
};

// How often something may happen in `runs` runs that each do it with `rate`: all but 0.5 % at
// either end.
struct CountRange {
  std::int64_t least = 0;
  std::int64_t most = 0;
};
inline CountRange binomial_range(std::int64_t runs, double rate) {
  if (rate > 0.5) {  // from its smaller end, where the first probability is still a number
    const CountRange others = binomial_range(runs, 1 - rate);
    return {.least = runs - others.most, .most = runs - others.least};
  }
  CountRange out{.least = 0, .most = runs};
  double probability = std::pow(1 - rate, static_cast<double>(runs));
  double up_to = 0;
  for (std::int64_t k = 0; k <= runs; ++k) {
    up_to += probability;
    if (up_to < 0.005) out.least = k + 1;
    if (up_to >= 0.995) return {.least = out.least, .most = k};
    probability *= static_cast<double>(runs - k) / static_cast<double>(k + 1) * rate / (1 - rate);
  }
  return out;
}

}  // namespace fusebox::chaos
