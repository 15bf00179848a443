#include "telemetry/prices.hpp"

#include <gtest/gtest.h>

namespace fusebox::telemetry {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

struct CostRow {
  const char* name;
  ModelPrice price;
  TokenUse use;
  std::int64_t micros;
};

TEST(Prices, MultiplyFirstAndRoundOnce) {
  const ModelPrice usual{{2'500'000}, MicroUsd{1'250'000}, {10'000'000}};
  const ModelPrice cheap{{150'000}, std::nullopt, {600'000}};
  const ModelPrice dear{kMoneyMax, kMoneyMax, kMoneyMax};
  for (const CostRow& row : {
           CostRow{"Nothing", usual, {}, 0},
           CostRow{"WorkedExample", usual, {1000, 400, 20}, 2200},
           CostRow{"AllCached", usual, {1000, 1000, 0}, 1250},
           CostRow{"MoreCachedThanAll", usual, {1000, 5000, 0}, 1250},
           CostRow{"CachedWithoutPrice", cheap, {1000, 1000, 0}, 150},
           CostRow{"BelowHalf", cheap, {3, 0, 0}, 0},
           CostRow{"AboveHalf", cheap, {4, 0, 0}, 1},
           CostRow{"ExactHalf", {{500'000}, {}, {0}}, {1, 0, 0}, 1},
           CostRow{"SmallPartsAddUp", cheap, {3, 0, 1}, 1},
           CostRow{"Largest", dear, {kMax, kMax, kMax}, kMoneyMax.value},
       }) {
    EXPECT_EQ(cost_of(row.price, row.use).value, row.micros) << row.name;
  }
}

TEST(Prices, TheFirstPatternThatMatchesCounts) {
  const PriceTable table(
      {{"m1-mini", {{1}, {}, {}}}, {"m1*", {{2}, {}, {}}}, {"*turbo*", {{3}, {}, {}}}});
  const auto price = [&table](std::string_view model) {
    const ModelPrice* const found = table.find(model);
    return found == nullptr ? 0 : found->in.value;
  };
  EXPECT_EQ(price("m1-mini"), 1);
  EXPECT_EQ(price("m1-mini-turbo"), 2);
  EXPECT_EQ(price("m2-turbo-x"), 3);
  EXPECT_EQ(price("m2"), 0);
  EXPECT_EQ(price(""), 0);
  EXPECT_TRUE(PriceTable().empty());
}

// Every pattern over {a, b, *} against every text over {a, b}, with the obvious recursion.
bool matches_slowly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return matches_slowly(pattern.substr(1), text) ||
           (!text.empty() && matches_slowly(pattern, text.substr(1)));
  }
  return !text.empty() && pattern[0] == text[0] &&
         matches_slowly(pattern.substr(1), text.substr(1));
}

std::vector<std::string> words(std::string_view letters, std::size_t longest) {
  std::vector<std::string> all{""};
  for (std::size_t i = 0; i < all.size() && all[i].size() < longest; ++i) {
    for (const char letter : letters) all.push_back(all[i] + letter);
  }
  return all;
}

TEST(Prices, GlobsMatchAsTheObviousRecursionDoes) {
  for (const std::string& pattern : words("ab*", 5)) {
    for (const std::string& text : words("ab", 5)) {
      ASSERT_EQ(matches_glob(pattern, text), matches_slowly(pattern, text))
          << pattern << " on " << text;
    }
  }
}

}  // namespace
}  // namespace fusebox::telemetry
