// What model calls cost: prices per million tokens by patterns of model names, in integers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.hpp"

namespace fusebox::telemetry {

// Prices of one million tokens, each 0..kMoneyMax.
struct ModelPrice {
  MicroUsd in;
  std::optional<MicroUsd> cached_in;  // absent: as `in`
  MicroUsd out;
};

// Tokens of one call, each >= 0. `cached_in` is part of `in`; more of them count as all of `in`.
struct TokenUse {
  std::int64_t in = 0;
  std::int64_t cached_in = 0;
  std::int64_t out = 0;
};

// Multiplies first and rounds once, half up; at most kMoneyMax. Example: 1,000 tokens in, 400 of
// them cached, and 20 out at 2.50, 1.25 and 10.00 USD are (600*2.5 + 400*1.25 + 20*10) micro-USD,
// 2,200, where rounding each token first would give 600*3 + 400*1 + 20*10.
[[nodiscard]] MicroUsd cost_of(const ModelPrice& price, const TokenUse& use);

// One row: which models, and what they cost.
struct PriceRow {
  std::string pattern;  // `*` stands for any run of characters, everything else for itself
  ModelPrice price;
};

// Rows in order; the first whose pattern matches counts.
class PriceTable {
 public:
  PriceTable() = default;
  explicit PriceTable(std::vector<PriceRow> rows) : rows_(std::move(rows)) {}

  // nullptr: nobody said what this model costs. Linear in the rows; allocates nothing.
  [[nodiscard]] const ModelPrice* find(std::string_view model) const;
  [[nodiscard]] bool empty() const { return rows_.empty(); }

 private:
  std::vector<PriceRow> rows_;
};

// Whether `text` matches the whole of `pattern`. At worst the product of the lengths.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace fusebox::telemetry
