#include "telemetry/prices.hpp"

#include <algorithm>

#include "base/ratio.hpp"

namespace fusebox::telemetry {

MicroUsd cost_of(const ModelPrice& price, const TokenUse& use) {
  constexpr Int128 kTokensPerPrice = 1'000'000;
  const auto product = [](std::int64_t tokens, MicroUsd per_million) {
    return static_cast<Int128>(tokens) * per_million.value;
  };
  const std::int64_t cached = std::min(use.cached_in, use.in);
  const Int128 total = product(use.in - cached, price.in) +
                       product(cached, price.cached_in.value_or(price.in)) +
                       product(use.out, price.out);
  const Int128 rounded = (total + kTokensPerPrice / 2) / kTokensPerPrice;
  return MicroUsd{static_cast<std::int64_t>(std::min<Int128>(rounded, kMoneyMax.value))};
}

const ModelPrice* PriceTable::find(std::string_view model) const {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [model](const PriceRow& row) {
    return matches_glob(row.pattern, model);
  });
  return found == rows_.end() ? nullptr : &found->price;
}

// Only the last star needs to be tried again: what the ones before it took was the least they
// could take.
bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;  // where the text behind the last star begins
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace fusebox::telemetry
