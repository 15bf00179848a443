#include "chaos/population.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "chaos/detail/elementary.hpp"
#include "chaos/random.hpp"

namespace fusebox::chaos {
namespace {

constexpr std::int64_t kRampSteps = 100;
constexpr std::uint64_t kWhole = std::uint64_t{1} << 63;

std::uint64_t position_of(Ratio share) {
  return static_cast<std::uint64_t>((Int128{share.num} << 63) / share.den);
}

Ratio share_of(std::uint64_t width) {
  constexpr std::int64_t kMillion = 1'000'000;
  const Int128 millionths = (Int128{width} * kMillion + kWhole / 2) >> 63;
  return make_ratio(static_cast<std::int64_t>(millionths), kMillion);
}

// Between `from` and `to`, the first of kRampSteps being `from` and the last `to`.
std::uint64_t ramp_at(const Ramp& ramp, std::int64_t step) {
  const std::uint64_t from = position_of(ramp.from);
  const std::uint64_t to = position_of(ramp.to);
  if (step == kRampSteps - 1) return to;
  switch (ramp.shape) {
    case RampShape::Linear:
      return from + static_cast<std::uint64_t>(Int128{to - from} * step / (kRampSteps - 1));
    case RampShape::Step:
      return step < kRampSteps / 2 ? from : to;
    case RampShape::Exponential: {
      const double growth = detail::natural_log(ramp.to.to_double() / ramp.from.to_double());
      const double part = static_cast<double>(step) / static_cast<double>(kRampSteps - 1);
      return static_cast<std::uint64_t>(static_cast<double>(from) *
                                        detail::exponential(growth * part));
    }
  }
  return to;
}

}  // namespace

PopulationSplit::PopulationSplit(const Scenario& scenario)
    : salt_(stable_hash(scenario.population.salt.empty() ? scenario.name
                                                         : scenario.population.salt)) {
  const Position percent = position_of(scenario.population.percent);
  Duration begin{};
  for (const Stage& stage : scenario.stages) {
    if (stage.kind == StageKind::Inject) add_steps(stage, begin, percent);
    begin += stage.duration;
  }
  if (steps_.empty()) steps_.push_back({Duration{}, percent});
  highest_ = steps_.back().below;
  const Position control = position_of(scenario.population.control_percent);
  control_end_ = std::min(kWhole, highest_ + control);
}

void PopulationSplit::add_steps(const Stage& stage, Duration begin, Position percent) {
  const auto add = [this](Duration from, Position below) {
    if (!steps_.empty()) below = std::max(below, steps_.back().below);
    if (steps_.empty() || below > steps_.back().below) steps_.push_back({from, below});
  };
  if (!stage.ramp) return add(begin, percent);
  const Duration step = stage.duration / kRampSteps;
  for (std::int64_t i = 0; i < kRampSteps; ++i) add(begin + step * i, ramp_at(*stage.ramp, i));
}

std::uint64_t PopulationSplit::unit_hash(std::string_view unit) const {
  return mix(salt_, stable_hash(unit));
}

Arm PopulationSplit::arm(std::uint64_t unit_hash, Duration since_start) const {
  const Position position = unit_hash >> 1;
  if (position >= control_end_) return Arm::Outside;
  if (position >= highest_) return Arm::Control;
  const auto later = std::upper_bound(steps_.begin(), steps_.end(), since_start,
                                      [](Duration at, const Step& step) { return at < step.from; });
  const Step& now = later == steps_.begin() ? steps_.front() : *std::prev(later);
  return position < now.below ? Arm::Experiment : Arm::Outside;
}

Ratio PopulationSplit::share(Arm arm) const {
  switch (arm) {
    case Arm::Outside:
      return share_of(kWhole - control_end_);
    case Arm::Experiment:
      return share_of(highest_);
    case Arm::Control:
      return share_of(control_end_ - highest_);
  }
  return {};
}

}  // namespace fusebox::chaos
