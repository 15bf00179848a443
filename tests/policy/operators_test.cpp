#include "policy/detail/operators.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/policy/sample_facts.hpp"

namespace fusebox::policy::detail {
namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();
constexpr double kTwoTo63 = 9223372036854775808.0;

// The slow obvious way: long double has 64 bits of fraction on the machines of record, so every
// int64 and every double is exact in it.
std::partial_ordering compare_wide(std::int64_t left, double right) {
  static_assert(std::numeric_limits<long double>::digits >= 64);
  return static_cast<long double>(left) <=> static_cast<long double>(right);
}

TEST(CompareExactly, AgreesWithWiderArithmeticAtEveryEdge) {
  std::vector<std::int64_t> integers{0, 1, -1, kLargest, kLargest - 1, kSmallest, kSmallest + 1};
  std::vector<double> doubles{0.0,
                              -0.0,
                              0.5,
                              -0.5,
                              kTwoTo63,
                              -kTwoTo63,
                              1e300,
                              -1e300,
                              std::numeric_limits<double>::infinity(),
                              -std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::denorm_min()};
  for (int bit = 0; bit < 63; ++bit) {
    for (const std::int64_t step : {-1, 0, 1}) {
      const std::int64_t value = (std::int64_t{1} << bit) + step;
      integers.push_back(value);
      integers.push_back(-value);
      doubles.push_back(static_cast<double>(value));
      doubles.push_back(-static_cast<double>(value));
      doubles.push_back(std::nextafter(static_cast<double>(value), 1e300));
      doubles.push_back(std::nextafter(static_cast<double>(value), -1e300));
    }
  }
  for (const std::int64_t left : integers) {
    for (const double right : doubles) {
      ASSERT_EQ(compare_exactly(left, right), compare_wide(left, right)) << left << " " << right;
    }
  }
}

TEST(Equal, WalksListsOfAnyDepthWithoutRecursion) {
  DynamicDocument deep;
  constexpr std::uint32_t kDepth = 1'000'000;
  for (std::uint32_t i = 0; i < kDepth; ++i) {
    deep.nodes.push_back({.kind = DynamicKind::List, .children = 1, .descendants = kDepth - i});
  }
  deep.nodes.push_back({.kind = DynamicKind::Int, .integer = 1});
  DynamicDocument other = deep;
  EXPECT_EQ(equal(Value::of(deep.root()), Value::of(other.root())), Outcome::True);
  other.nodes.back().integer = 2;
  EXPECT_EQ(equal(Value::of(deep.root()), Value::of(other.root())), Outcome::False);
}

TEST(Equal, MapsInListsAreAnErrorUnlessAnotherElementDiffers) {
  using testing::flatten;
  using testing::integer;
  using testing::list;
  using testing::map;
  const DynamicDocument small = flatten(list({map({{"a", integer(1)}}), integer(2)}));
  const DynamicDocument large =
      flatten(list({map({{"a", integer(1)}, {"b", list({integer(3)})}}), integer(2)}));
  const DynamicDocument differs = flatten(list({map({}), integer(3)}));
  EXPECT_EQ(equal(Value::of(small.root()), Value::of(large.root())), Outcome::Error);
  EXPECT_EQ(equal(Value::of(large.root()), Value::of(small.root())), Outcome::Error);
  EXPECT_EQ(equal(Value::of(large.root()), Value::of(differs.root())), Outcome::False);
  EXPECT_EQ(equal(Value::of(differs.root()), Value::of(large.root())), Outcome::False);
}

TEST(Contains, AgreesWithTheStandardLibraryOnShortTexts) {
  const auto spelled = [](unsigned bits, std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += (bits >> i & 1U) != 0 ? 'b' : 'a';
    return text;
  };
  for (unsigned text_bits = 0; text_bits < 64; ++text_bits) {
    for (std::size_t part_size = 0; part_size <= 4; ++part_size) {
      for (unsigned part_bits = 0; part_bits < 16; ++part_bits) {
        const std::string text = spelled(text_bits, 6);
        const std::string part = spelled(part_bits, part_size);
        ASSERT_EQ(contains(text, part), text.find(part) != std::string::npos) << text << part;
      }
    }
  }
  EXPECT_TRUE(contains("", ""));
  EXPECT_FALSE(contains("", "a"));
  EXPECT_TRUE(contains(std::string_view("a\0b", 3), std::string_view("\0b", 2)));
}

}  // namespace
}  // namespace fusebox::policy::detail
