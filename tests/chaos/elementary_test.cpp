#include "chaos/detail/elementary.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace fusebox::chaos::detail {
namespace {

TEST(Elementary, LogarithmAgreesWithTheLibrary) {
  for (double x = 1e-300; x < 1e300; x *= 1.7) {
    EXPECT_NEAR(natural_log(x), std::log(x), 4e-16 * (1 + std::abs(std::log(x)))) << x;
  }
  EXPECT_EQ(natural_log(1), 0);
}

TEST(Elementary, ExponentialAgreesWithTheLibrary) {
  for (double x = -699; x < 699; x += 0.37) {
    EXPECT_NEAR(exponential(x) / std::exp(x), 1, 1e-15) << x;
  }
  EXPECT_EQ(exponential(0), 1);
  EXPECT_EQ(exponential(-1000), 0);
}

struct KnownQuantile {
  double p;
  double z;
};

// The values of published tables, and those that AS 241 gives as its own check.
TEST(Elementary, NormalQuantileHasItsKnownValues) {
  for (const KnownQuantile known :
       {KnownQuantile{0.5, 0}, KnownQuantile{0.25, -0.6744897501960817},
        KnownQuantile{0.975, 1.9599639845400545}, KnownQuantile{0.99, 2.3263478740408408},
        KnownQuantile{0.001, -3.0902323061678132}, KnownQuantile{1e-20, -9.262340089798408}}) {
    EXPECT_NEAR(normal_quantile(known.p), known.z, 2e-15 * (1 + std::abs(known.z))) << known.p;
  }
}

TEST(Elementary, NormalQuantileInvertsTheDistribution) {
  for (double p = 1e-12; p < 1; p = p < 0.1 ? p * 1.5 : p + 0.013) {
    const double z = normal_quantile(p);
    EXPECT_NEAR(std::erfc(-z / std::sqrt(2.0)) / 2 / p, 1, 1e-13) << p;
  }
}

}  // namespace
}  // namespace fusebox::chaos::detail
