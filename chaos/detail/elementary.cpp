#include "chaos/detail/elementary.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace fusebox::chaos::detail {
namespace {

constexpr double kSqrt2 = 1.4142135623730951;
// ln 2 in two parts, of which the first has enough zeros at its end to be multiplied exactly.
constexpr double kLn2High = 0x1.62e42feep-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr int kExponentBias = 1023;
constexpr int kMantissaBits = 52;

// 2^k for k in [-1022, 1023].
double power_of_two(int k) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + kExponentBias) << kMantissaBits);
}

// Coefficients by ascending power.
template <std::size_t N>
double polynomial(const std::array<double, N>& coefficients, double x) {
  double sum = 0;
  for (std::size_t i = N; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

struct Rational {
  std::array<double, 8> over;
  std::array<double, 8> under;

  double operator()(double x) const { return polynomial(over, x) / polynomial(under, x); }
};

// AS 241, PPND16: the middle, and two pieces of the tails.
constexpr Rational kMiddle{
    {3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
     1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
     3.3430575583588128105e+4, 2.5090809287301226727e+3},
    {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
     2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
     5.2264952788528545610e+3}};
constexpr Rational kTail{
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9}};
constexpr Rational kFarTail{
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15}};

}  // namespace

// With x = m 2^e and m around 1: ln x = e ln 2 + 2 artanh((m - 1) / (m + 1)). The argument of the
// series is below 0.172, so that its twelfth term is below 1e-18.
double natural_log(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> kMantissaBits) - kExponentBias;
  constexpr std::uint64_t kMantissa = (std::uint64_t{1} << kMantissaBits) - 1;
  double m = std::bit_cast<double>((bits & kMantissa) | std::bit_cast<std::uint64_t>(1.0));
  if (m > kSqrt2) {
    m /= 2;
    ++exponent;
  }
  const double z = (m - 1) / (m + 1);
  double series = 0;
  for (int odd = 25; odd >= 1; odd -= 2) series = series * (z * z) + 1.0 / odd;
  return exponent * kLn2High + (exponent * kLn2Low + 2 * z * series);
}

// With k = x / ln 2 rounded and r = x - k ln 2: e^x = 2^k e^r, |r| below 0.35, where fifteen terms
// of the series are exact to the last bit.
double exponential(double x) {
  if (x < -700) return 0;
  if (x > 700) x = 700;
  const double turns = x / (kLn2High + kLn2Low);
  const int k = static_cast<int>(turns + (turns >= 0 ? 0.5 : -0.5));
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double sum = 1;
  for (int term = 15; term >= 1; --term) sum = 1 + sum * r / term;
  return sum * power_of_two(k);
}

double normal_quantile(double p) {
  const double q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) return q * kMiddle(0.180625 - q * q);
  const double r = std::sqrt(-natural_log(q < 0 ? p : 1 - p));
  const double z = r <= 5 ? kTail(r - 1.6) : kFarTail(r - 5);
  return q < 0 ? -z : z;
}

}  // namespace fusebox::chaos::detail
