#include "slo/alerts.hpp"

#include <cmath>
#include <cstddef>
#include <optional>

#include <boost/math/policies/policy.hpp>
#include <boost/math/special_functions/beta.hpp>

#include "base/assert.hpp"

namespace fusebox::slo {
namespace {

// One row of the workbook's table: `share` of the budget spent within the long window.
struct StandardPair {
  BurnWindow long_window;
  BurnWindow short_window;
  Ratio share;
  AlertSeverity severity;
};

constexpr std::array<StandardPair, 4> kStandardPairs{{
    {BurnWindow::H1, BurnWindow::M5, {2, 100}, AlertSeverity::Page},
    {BurnWindow::H6, BurnWindow::M30, {5, 100}, AlertSeverity::Page},
    {BurnWindow::D1, BurnWindow::H2, {10, 100}, AlertSeverity::Ticket},
    {BurnWindow::D3, BurnWindow::H6, {10, 100}, AlertSeverity::Ticket},
}};

// Doubles stay doubles: with the default promotion the result would depend on how wide the
// machine's long double is. No error can occur for the arguments that binomial_tail lets through,
// so none may throw.
using NoThrow = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::pole_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::underflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::denorm_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>,
    boost::math::policies::promote_double<false>>;

// The error ratio at which a burn is exactly `factor`, at most 1: a ratio cannot be larger.
double error_ratio_at(Ratio factor, Ratio target) {
  return std::fmin(1.0, factor.to_double() * complement(target).to_double());
}

// Bernstein's inequality: with the mean m = np and the variance v = np(1 - p),
//   P(X >= m + d) <= exp(-d^2 / (2 (v + d/3))),
// so d^2 > 2 ln(1/alpha) (v + d/3) proves that the tail is below alpha. In an outage this holds
// for all but the first few events, and costs a logarithm instead of an incomplete beta function
// (10 ns instead of up to 330). Worked: n = 1000, p = 0.0144, alpha = 0.01: m = 14.4, v = 14.2; 30
// bad give d = 15.6 and 243 > 9.21 x 19.4 = 179. The margin of a thousandth is far above the
// rounding of these lines.
bool surely_below(Counts counts, double p, double alpha) {
  constexpr double kMargin = 1.001;
  const auto n = static_cast<double>(counts.total());
  const double excess = static_cast<double>(counts.bad) - n * p;
  if (excess <= 0) return false;
  const double variance = n * p * (1 - p);
  return excess * excess > -2 * std::log(alpha) * (variance + excess / 3) * kMargin;
}

// P(X = k), by the product of its definition: a handful of multiplications for the few bad events
// that decide at low traffic.
double probability_of(std::int64_t n, std::int64_t k, double p) {
  double product = std::exp(static_cast<double>(n - k) * std::log1p(-p));
  for (std::int64_t i = 1; i <= k; ++i) {
    product *= static_cast<double>(n - k + i) / static_cast<double>(i) * p;
  }
  return product;
}

// Decides most tests of few bad events without the incomplete beta function: the tail is at least
// its first term, and its terms fall at least as fast as a geometric series,
//   P(X = k) <= P(X >= k) <= P(X = k) / (1 - r),   r = (n - k) p / ((k + 1) (1 - p)).
// nullopt if alpha lies between, or too near for the rounding of these lines.
// Worked: n = 20, k = 3, p = 0.0144, alpha = 0.01: P(X = 3) = 0.00266, r = 0.062, so the tail is
// at most 0.00284: below.
std::optional<bool> small_tail_below(Counts counts, double p, double alpha) {
  constexpr std::int64_t kFew = 24;
  constexpr double kMargin = 1e-9;
  const std::int64_t n = counts.total();
  const std::int64_t k = counts.bad;
  if (k > kFew || p <= 0 || p >= 1) return std::nullopt;
  const double first = probability_of(n, k, p);
  if (first > alpha * (1 + kMargin)) return false;
  const double ratio = static_cast<double>(n - k) * p / (static_cast<double>(k + 1) * (1 - p));
  if (ratio < 1 && first < alpha * (1 - ratio) * (1 - kMargin)) return true;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(AlertSeverity severity) {
  switch (severity) {
    case AlertSeverity::Page:
      return "page";
    case AlertSeverity::Ticket:
      return "ticket";
  }
  return {};
}

std::vector<AlertPair> standard_pairs(Duration slo_window) {
  FUSEBOX_ASSERT(slo_window <= kSloWindowMax);
  std::vector<AlertPair> pairs;
  for (const StandardPair& row : kStandardPairs) {
    const Duration length = length_of(row.long_window);
    if (length > slo_window) continue;
    // At most 10 x 31 d over 100 x 3 d in nanoseconds: both below 2^55.
    const Ratio factor =
        make_ratio(row.share.num * slo_window.count(), row.share.den * length.count());
    pairs.push_back({row.long_window, row.short_window, factor, row.severity});
  }
  return pairs;
}

Ratio largest_burn_rate(Ratio target) {
  FUSEBOX_ASSERT(target < (Ratio{1, 1}));
  return make_ratio(target.den, target.den - target.num);
}

bool reachable(Ratio factor, Ratio target) { return factor < largest_burn_rate(target); }

double binomial_tail(std::int64_t trials, std::int64_t successes, double p) {
  FUSEBOX_ASSERT(successes >= 0);
  FUSEBOX_ASSERT(successes <= trials);
  FUSEBOX_ASSERT(p >= 0 && p <= 1);
  if (successes == 0 || p == 1) return 1;
  if (p == 0) return 0;
  // P(X >= k) = I_p(k, n - k + 1), the regularised incomplete beta function.
  return boost::math::ibeta(static_cast<double>(successes),
                            static_cast<double>(trials - successes) + 1, p, NoThrow{});
}

bool enough_evidence(const LowTrafficRule& rule, Counts counts, Ratio target, Ratio factor) {
  if (counts.total() < rule.min_events || counts.bad < rule.min_bad) return false;
  if (rule.alpha >= (Ratio{1, 1})) return true;
  const double p = error_ratio_at(factor, target);
  const double alpha = rule.alpha.to_double();
  if (surely_below(counts, p, alpha)) return true;
  if (const auto below = small_tail_below(counts, p, alpha)) return *below;
  return binomial_tail(counts.total(), counts.bad, p) < alpha;
}

}  // namespace fusebox::slo
