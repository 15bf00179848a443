#include "chaos/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/assert.hpp"
#include "chaos/detail/arm_figure.hpp"
#include "chaos/detail/resample.hpp"

namespace fusebox::chaos {
namespace {

constexpr std::size_t kResamples = 1'999;  // so that (n + 1) x 0.05 is a whole number
constexpr std::size_t kResamplesMin = 399;
constexpr std::size_t kWeightsMax = 80'000'000;

// Enough that the alpha of the strictest step of Holm still has two resamples beyond its bound.
std::size_t resamples_for(std::size_t units, double alpha, std::size_t comparisons) {
  const std::size_t affordable = kWeightsMax / std::max<std::size_t>(units, 1);
  const double strictest = alpha / static_cast<double>(std::max<std::size_t>(comparisons, 1));
  const auto needed = static_cast<std::size_t>(2 / strictest);
  return std::max(std::clamp(affordable, kResamplesMin, kResamples), needed);
}

// How many of n resamples may lie on the wrong side of a bound at alpha, counting the bound.
std::size_t rank_of(double alpha, std::size_t n) {
  const auto rank = static_cast<std::size_t>(alpha * static_cast<double>(n + 1) + 1e-9);
  return std::clamp<std::size_t>(rank, 1, n);
}

// How much worse the experiment arm is: the difference of the shares of bad events, or how much a
// ratio exceeds 1. And what share of control's figure it kept, within 0..1.
struct Loss {
  double worst = 0;
  double best = 0;
  double kept = 0;  // at worst
};

// A resample of control may come to nothing even where control did not.
double ratio_of(double experiment, double control) {
  if (control > 0) return experiment / control;
  return experiment > 0 ? std::numeric_limits<double>::infinity() : 1;
}

Loss loss_of(bool proportion, Range experiment, Range control) {
  if (proportion) {
    const double good = 1 - control.low;
    return {.worst = experiment.high - control.low,
            .best = experiment.low - control.high,
            .kept = good > 0 ? std::clamp((1 - experiment.high) / good, 0.0, 1.0) : 1};
  }
  return {.worst = ratio_of(experiment.high, control.low) - 1,
          .best = ratio_of(experiment.low, control.high) - 1,
          .kept = experiment.high > 0 ? std::clamp(control.low / experiment.high, 0.0, 1.0) : 1};
}

struct Losses {
  std::vector<double> worst;
  std::vector<double> best;
};

double nth_smallest(std::vector<double>& numbers, std::size_t rank) {
  const auto at = numbers.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(numbers.begin(), at, numbers.end());
  return *at;
}

class Analyst {
 public:
  Analyst(const ArmSample& experiment, const ArmSample& control, const Comparing& comparing);

  Analysis analyse();

 private:
  struct Pair {
    std::size_t number;  // of the comparison
    bool proportion;
    ArmFigure experiment;
    ArmFigure control;
    Loss plain;
    Losses losses{};
  };

  void add_pair(std::size_t number);
  void resample();
  void resample_once(std::uint64_t number);
  [[nodiscard]] std::vector<double> failing_alphas() const;
  [[nodiscard]] std::size_t not_worse(const Pair& pair) const;
  Compared judge(Pair& pair, double failing_alpha) const;
  Score score();

  const ArmSample& experiment_;
  const ArmSample& control_;
  const Comparing& comparing_;
  std::vector<Pair> pairs_;  // of comparisons with data in both arms
  std::size_t resamples_;
  std::vector<float> experiment_weights_;
  std::vector<float> control_weights_;
  std::vector<double> kept_;  // by resample, over all pairs
};

Analyst::Analyst(const ArmSample& experiment, const ArmSample& control, const Comparing& comparing)
    : experiment_(experiment),
      control_(control),
      comparing_(comparing),
      resamples_(resamples_for(experiment.units + control.units, comparing.alpha,
                               comparing.margins.size())),
      experiment_weights_(experiment.units),
      control_weights_(control.units) {
  FUSEBOX_ASSERT(experiment.measured.size() == comparing.margins.size());
  FUSEBOX_ASSERT(control.measured.size() == comparing.margins.size());
  for (std::size_t i = 0; i < comparing.margins.size(); ++i) add_pair(i);
}

void Analyst::add_pair(std::size_t number) {
  const Measured& data = experiment_.measured[number];
  FUSEBOX_ASSERT(data.index() == control_.measured[number].index());
  Pair pair{.number = number,
            .proportion = std::holds_alternative<Proportions>(data),
            .experiment = ArmFigure(data, experiment_.units),
            .control = ArmFigure(control_.measured[number], control_.units),
            .plain = {}};
  if (!pair.experiment.has_data() || !pair.control.has_data()) return;
  const double experiment = pair.experiment.plain();
  const double control = pair.control.plain();
  if (!pair.proportion && control <= 0) return;
  pair.plain = loss_of(pair.proportion, {experiment, experiment}, {control, control});
  pairs_.push_back(std::move(pair));
}

void Analyst::resample() {
  kept_.reserve(resamples_);
  for (Pair& pair : pairs_) {
    pair.losses.worst.reserve(resamples_);
    pair.losses.best.reserve(resamples_);
  }
  for (std::uint64_t number = 0; number < resamples_; ++number) resample_once(number);
}

// All comparisons see the same weights, so that what they share shows in the score.
void Analyst::resample_once(std::uint64_t number) {
  const Resample experiment(comparing_.seed, Arm::Experiment, number);
  const Resample control(comparing_.seed, Arm::Control, number);
  experiment.weights(experiment_weights_);
  control.weights(control_weights_);
  double kept = 1;
  for (Pair& pair : pairs_) {
    const Loss loss =
        loss_of(pair.proportion,
                pair.experiment.under(experiment_weights_, experiment.weight_of_one_more()),
                pair.control.under(control_weights_, control.weight_of_one_more()));
    pair.losses.worst.push_back(loss.worst);
    pair.losses.best.push_back(loss.best);
    kept *= loss.kept;
  }
  kept_.push_back(kept);
}

std::size_t Analyst::not_worse(const Pair& pair) const {
  const double margin = comparing_.margins[pair.number];
  return static_cast<std::size_t>(std::count_if(pair.losses.best.begin(), pair.losses.best.end(),
                                                [margin](double loss) { return loss <= margin; }));
}

// Holm: the clearest failure is judged at alpha over the number of comparisons, the next at alpha
// over one less, until one is not clear; those behind it stay at its alpha.
std::vector<double> Analyst::failing_alphas() const {
  std::vector<std::size_t> against(pairs_.size());
  std::vector<std::size_t> order(pairs_.size());
  std::transform(pairs_.begin(), pairs_.end(), against.begin(),
                 [this](const Pair& pair) { return not_worse(pair); });
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&against](std::size_t a, std::size_t b) { return against[a] < against[b]; });
  std::vector<double> alphas(pairs_.size());
  auto left = static_cast<double>(comparing_.margins.size());
  for (const std::size_t i : order) {
    alphas[i] = comparing_.alpha / left;
    if (against[i] < rank_of(alphas[i], resamples_)) --left;
  }
  return alphas;
}

Compared Analyst::judge(Pair& pair, double failing_alpha) const {
  const double margin = comparing_.margins[pair.number];
  const std::size_t beyond = rank_of(comparing_.alpha, resamples_);
  const double worst = nth_smallest(pair.losses.worst, resamples_ + 1 - beyond);
  const double best = nth_smallest(pair.losses.best, rank_of(failing_alpha, resamples_));
  Compared out;
  out.estimate = pair.proportion ? Estimate{0 - pair.plain.worst, 0 - worst, 0 - best}
                                 : Estimate{1 + pair.plain.worst, 1 + best, 1 + worst};
  if (worst <= margin) out.state = FindingState::Pass;
  if (best > margin) out.state = FindingState::Fail;
  return out;
}

Score Analyst::score() {
  const double share = 1 / static_cast<double>(pairs_.size());
  double kept = 1;
  for (const Pair& pair : pairs_) kept *= pair.plain.kept;
  const double lower = nth_smallest(kept_, rank_of(comparing_.alpha, resamples_));
  return {.value = 100 * std::pow(kept, share), .lower = 100 * std::pow(lower, share)};
}

Analysis Analyst::analyse() {
  Analysis out;
  out.comparisons.resize(comparing_.margins.size());
  if (pairs_.empty()) return out;
  resample();
  const std::vector<double> alphas = failing_alphas();
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    out.comparisons[pairs_[i].number] = judge(pairs_[i], alphas[i]);
  }
  if (pairs_.size() == out.comparisons.size()) out.score = score();
  return out;
}

}  // namespace

Analysis compare(const ArmSample& experiment, const ArmSample& control,
                 const Comparing& comparing) {
  return Analyst(experiment, control, comparing).analyse();
}

double zero_failure_bound(std::int64_t trials, double confidence) {
  return 1 - std::pow(1 - confidence, 1 / static_cast<double>(trials));
}

}  // namespace fusebox::chaos
