#include "slo/alerts.hpp"

#include <chrono>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

namespace fusebox::slo {
namespace {

using std::chrono::days;
using std::chrono::hours;

std::vector<std::string> factors_for(Duration window) {
  std::vector<std::string> factors;
  for (const AlertPair& pair : standard_pairs(window)) factors.push_back(format_ratio(pair.factor));
  return factors;
}

TEST(StandardPairs, FactorsAreThePublishedOnesFor30Days) {
  EXPECT_EQ(factors_for(days{30}), (std::vector<std::string>{"14.4", "6", "3", "1"}));
}

TEST(StandardPairs, FactorsAreThePublishedOnesFor28Days) {
  EXPECT_EQ(factors_for(days{28}), (std::vector<std::string>{"13.44", "5.6", "2.8", "14/15"}));
}

TEST(StandardPairs, PairsLongerThanTheSloWindowAreLeftOut) {
  EXPECT_EQ(factors_for(days{3}), (std::vector<std::string>{"1.44", "0.6", "0.3", "0.1"}));
  EXPECT_EQ(standard_pairs(days{3} - Duration{1}).size(), 3u);
  EXPECT_EQ(standard_pairs(hours{1}).size(), 1u);
  EXPECT_TRUE(standard_pairs(kSloWindowMin).empty());
}

TEST(StandardPairs, FirstTwoPageTheOthersOpenTickets) {
  const auto pairs = standard_pairs(days{30});
  ASSERT_EQ(pairs.size(), 4u);
  EXPECT_EQ(pairs[0].severity, AlertSeverity::Page);
  EXPECT_EQ(pairs[1].severity, AlertSeverity::Page);
  EXPECT_EQ(pairs[2].severity, AlertSeverity::Ticket);
  EXPECT_EQ(pairs[3].severity, AlertSeverity::Ticket);
}

TEST(StandardPairs, ShortWindowIsATwelfthOfTheLong) {
  for (const AlertPair& pair : standard_pairs(days{30})) {
    EXPECT_EQ(length_of(pair.short_window) * 12, length_of(pair.long_window));
  }
}

struct ReachRow {
  const char* claim;
  Ratio factor;
  Ratio target;
  bool reachable;
};

TEST(Reachability, NeedsAFullOutageToBurnFasterThanTheFactor) {
  const ReachRow rows[] = {
      {"14.4 just above 93.0556 %", {144, 10}, {930556, 1000000}, true},
      {"14.4 just below 93.0556 %", {144, 10}, {930555, 1000000}, false},
      {"6 just above 83.3333 %", {6, 1}, {833334, 1000000}, true},
      {"6 just below 83.3333 %", {6, 1}, {833333, 1000000}, false},
      {"3 just above 66.6667 %", {3, 1}, {666667, 1000000}, true},
      {"3 just below 66.6667 %", {3, 1}, {666666, 1000000}, false},
      {"1 at a target of 0: burning at 1 is not faster than 1", {1, 1}, {0, 1}, false},
      {"10 at 90 %: equality is not faster", {10, 1}, {9, 10}, false},
      {"a hair below 10 at 90 %", {9999999, 1000000}, {9, 10}, true},
  };
  for (const ReachRow& row : rows) {
    EXPECT_EQ(reachable(row.factor, row.target), row.reachable) << row.claim;
  }
}

TEST(Reachability, LargestBurnRateIsThatOfAFullOutage) {
  EXPECT_EQ(format_ratio(largest_burn_rate({9, 10})), "10");
  EXPECT_EQ(format_ratio(largest_burn_rate({999, 1000})), "1000");
  EXPECT_EQ(format_ratio(largest_burn_rate({0, 1})), "1");
}

struct TailRow {
  std::int64_t trials;
  std::int64_t successes;
  double p;
  double tail;  // summed in decimal arithmetic of 60 digits
};

TEST(BinomialTail, EqualsTheExactSum) {
  const TailRow rows[] = {
      {10, 1, 0.0144, 0.13501824263908482},
      {10, 2, 0.0144, 0.0086410378298602212},
      {50, 1, 0.0144, 0.5157888999102016},
      {50, 2, 0.0144, 0.16206325861083593},
      {50, 3, 0.0144, 0.03544555746390389},
      {100, 2, 0.0144, 0.42298384674275669},
      {100, 5, 0.0144, 0.01510978806677952},
      {1000, 14, 0.0144, 0.57831782934088016},
      {1000, 22, 0.0144, 0.03616268226312401},
      {100000, 1550, 0.0144, 0.0020160911140244503},
      {1000000, 14700, 0.0144, 0.0060907886309620931},
      {1000000, 1100, 0.001, 0.00095746697002854189},
      {20, 3, 0.5, 0.99979877471923828},
      {5, 5, 0.9, 0.59049000000000007},
  };
  for (const TailRow& row : rows) {
    EXPECT_NEAR(binomial_tail(row.trials, row.successes, row.p) / row.tail, 1, 1e-12)
        << row.trials << " " << row.successes << " " << row.p;
  }
}

TEST(BinomialTail, EdgesAreExact) {
  EXPECT_EQ(binomial_tail(10, 0, 0.5), 1);
  EXPECT_EQ(binomial_tail(0, 0, 0.5), 1);
  EXPECT_EQ(binomial_tail(10, 1, 0), 0);
  EXPECT_EQ(binomial_tail(10, 10, 1), 1);
}

// Rows of the reference for factor x (1 - target) = 0.0144, which is 14.4 at 99.9 %.
struct GateRow {
  std::int64_t total;
  std::int64_t bad;
  Ratio alpha;
  bool enough;
};

TEST(LowTrafficGate, HoldsAndFiresAsTheReferenceSays) {
  const GateRow rows[] = {
      {10, 1, {1, 100}, false},    {10, 2, {1, 100}, true},     {50, 1, {5, 100}, false},
      {50, 2, {5, 100}, false},    {50, 3, {5, 100}, true},     {50, 3, {1, 100}, false},
      {100, 2, {5, 100}, false},   {100, 5, {5, 100}, true},    {100, 5, {1, 100}, false},
      {1000, 14, {5, 100}, false}, {1000, 22, {5, 100}, true},  {1000, 22, {1, 100}, false},
      {1000, 30, {1, 100}, true},  {1000, 900, {1, 100}, true},
  };
  for (const GateRow& row : rows) {
    const LowTrafficRule rule{.min_events = 0, .min_bad = 0, .alpha = row.alpha};
    const Counts counts{.good = row.total - row.bad, .bad = row.bad};
    EXPECT_EQ(enough_evidence(rule, counts, {999, 1000}, {144, 10}), row.enough)
        << row.bad << " of " << row.total << " at " << format_ratio(row.alpha);
  }
}

TEST(LowTrafficGate, EachOfTheThreeRulesHoldsAlone) {
  const Counts counts{.good = 1, .bad = 3};
  const auto enough = [&](LowTrafficRule rule) {
    return enough_evidence(rule, counts, {99, 100}, {1, 1});
  };
  EXPECT_TRUE(enough({.min_events = 4, .min_bad = 3, .alpha = {1, 100}}));
  EXPECT_FALSE(enough({.min_events = 5, .min_bad = 3, .alpha = {1, 100}}));
  EXPECT_FALSE(enough({.min_events = 4, .min_bad = 4, .alpha = {1, 100}}));
  EXPECT_FALSE(enough({.min_events = 4, .min_bad = 3, .alpha = {1, 1'000'000}}));
}

TEST(LowTrafficGate, AlphaOfOneTurnsTheTestOff) {
  const LowTrafficRule rule{.min_events = 0, .min_bad = 1, .alpha = {1, 1}};
  EXPECT_TRUE(enough_evidence(rule, {.good = 0, .bad = 1}, {999, 1000}, {144, 10}));
}

// An error ratio cannot exceed 1, so a pair at its limit is no evidence of anything.
TEST(LowTrafficGate, UnreachableFactorNeverHasEvidence) {
  const LowTrafficRule rule{.min_events = 0, .min_bad = 0, .alpha = {1, 100}};
  EXPECT_FALSE(enough_evidence(rule, {.good = 0, .bad = 1'000'000}, {9, 10}, {144, 10}));
}

// The bound that spares the exact test may never say yes where the test says no.
TEST(LowTrafficGate, CheapBoundNeverContradictsTheExactTest) {
  const Ratio target{999, 1000};
  for (const Ratio factor : {Ratio{144, 10}, Ratio{6, 1}, Ratio{1, 1}, Ratio{900, 1}}) {
    const double p = factor.to_double() / 1000;
    for (const Ratio alpha : {Ratio{1, 2}, Ratio{1, 20}, Ratio{1, 100}, Ratio{1, 1000000}}) {
      for (const std::int64_t total : {1, 2, 3, 7, 20, 100, 1000, 20000}) {
        const LowTrafficRule rule{.min_events = 0, .min_bad = 0, .alpha = alpha};
        const auto likely = static_cast<std::int64_t>(static_cast<double>(total) * p);
        const std::int64_t reach = 10 + 12 * static_cast<std::int64_t>(std::sqrt(likely));
        for (std::int64_t bad = 0; bad <= std::min(total, likely + reach); ++bad) {
          const Counts counts{.good = total - bad, .bad = bad};
          EXPECT_EQ(enough_evidence(rule, counts, target, factor),
                    binomial_tail(total, bad, p) < alpha.to_double())
              << bad << " of " << total << " at " << format_ratio(factor);
        }
      }
    }
  }
}

TEST(AlertSeverity, NamesAreThoseOfTheLines) {
  EXPECT_EQ(name_of(AlertSeverity::Page), "page");
  EXPECT_EQ(name_of(AlertSeverity::Ticket), "ticket");
}

}  // namespace
}  // namespace fusebox::slo
