#include "chaos/sampler.hpp"

#include <bit>
#include <cstddef>
#include <limits>

#include "base/overload.hpp"
#include "base/ratio.hpp"
#include "chaos/detail/elementary.hpp"

namespace fusebox::chaos {
namespace {

using detail::exponential;
using detail::natural_log;
using detail::normal_quantile;

constexpr int kOctaves = 40;
constexpr int kStepBits = 6;  // of an octave
constexpr int kSteps = 1 << kStepBits;
constexpr int kFractionBits = 16;

// No call takes longer than a century, and its nanoseconds can be added to a date.
constexpr double kLongestNs = 100.0 * 365 * 86'400 * 1e9;

double ns_of(Duration duration) { return static_cast<double>(duration.count()); }

// The value that is exceeded with probability `tail`, in (0, 1].
double quantile(const Distribution& distribution, double tail) {
  return std::visit(
      Overload{
          [](const Constant& d) { return ns_of(d.value); },
          [&](const Uniform& d) { return ns_of(d.min) + ns_of(d.max - d.min) * (1 - tail); },
          [&](const Exponential& d) { return -ns_of(d.mean) * natural_log(tail); },
          [&](const LogNormal& d) {
            if (tail == 1) return 0.0;
            const double sigma = natural_log(ns_of(d.p99) / ns_of(d.p50)) / normal_quantile(0.99);
            return ns_of(d.p50) * exponential(-sigma * normal_quantile(tail));
          },
          [&](const Pareto& d) {
            return ns_of(d.min) * exponential(-natural_log(tail) / d.alpha.to_double());
          },
      },
      distribution);
}

std::int64_t rounded_ns(double ns) {
  return static_cast<std::int64_t>((ns < kLongestNs ? ns : kLongestNs) + 0.5);
}

}  // namespace

Sampler::Sampler(const Distribution& distribution) {
  quantiles_.reserve(kOctaves * kSteps + 1);
  double octave = 1;
  for (int i = 0; i < kOctaves; ++i) octave /= 2;
  for (int i = 0; i < kOctaves; ++i, octave *= 2) {
    for (int step = 0; step < kSteps; ++step) {
      const double tail = octave * (1 + static_cast<double>(step) / kSteps);
      quantiles_.push_back(rounded_ns(quantile(distribution, tail)));
    }
  }
  quantiles_.push_back(rounded_ns(quantile(distribution, 1)));
}

// A draw is the tail probability as a fraction of 2^64: its leading zeros are the octave, the bits
// behind its leading one the step, those behind them the way to the next entry.
Duration Sampler::draw(std::uint64_t draw) const {
  const int octave = std::countl_zero(draw);
  if (octave >= kOctaves) return Duration{quantiles_.front()};
  const int step_at = 63 - octave - kStepBits;
  const auto step = static_cast<std::size_t>(draw >> step_at) & (kSteps - 1);
  const auto fraction = (draw >> (step_at - kFractionBits)) & ((1 << kFractionBits) - 1);
  const std::size_t entry = static_cast<std::size_t>(kOctaves - 1 - octave) * kSteps + step;
  const std::int64_t longer = quantiles_[entry];
  const std::int64_t shorter = quantiles_[entry + 1];
  const Int128 way = Int128{longer - shorter} * static_cast<std::int64_t>(fraction);
  return Duration{longer - static_cast<std::int64_t>(way >> kFractionBits)};
}

}  // namespace fusebox::chaos
