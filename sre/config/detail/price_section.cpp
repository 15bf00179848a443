#include <algorithm>
#include <array>
#include <utility>

#include "sre/config/detail/config_sections.hpp"

namespace fusebox::config::detail {
namespace {

using telemetry::PriceRow;

constexpr std::array kRowKeys{required("model"), required("usd_per_million")};
constexpr std::array kPriceKeys{required("in"), optional("cached_in"), required("out")};
constexpr std::size_t kRowsMax = 1'000;
constexpr std::size_t kPatternMax = 256;

// Free is a price too.
std::optional<MicroUsd> as_price(const Field& field) {
  constexpr std::string_view kExpected = "USD for a million tokens, from 0 to 1e9, like 2.50";
  constexpr std::size_t kAmountMax = 64;
  const auto text = as_text(field, kAmountMax);
  if (!text) return std::nullopt;
  const auto amount = parse_usd(*text);
  if (amount) return *amount;
  field.error(amount.error().code, field.is(), expecting(kExpected));
  return std::nullopt;
}

// A pattern covers another one if it matches it as a text: a star in the text is then taken by a
// star, and so is whatever it stands for.
void check_is_reached(const MapReader& row, const std::vector<PriceRow>& before,
                      std::string_view pattern) {
  const auto cover = std::find_if(before.begin(), before.end(), [&](const PriceRow& other) {
    return telemetry::matches_glob(other.pattern, pattern);
  });
  if (cover == before.end()) return;
  row.field("model")->invalid("a pattern that no row above it covers",
                              quoted(cover->pattern) + " takes all of its models");
}

}  // namespace

telemetry::PriceTable read_prices(const MapReader& telemetry) {
  std::vector<PriceRow> rows;
  for (const Field& item : list_up_to(telemetry, "prices", kRowsMax)) {
    const MapReader row(item, kRowKeys);
    const auto pattern = row.get("model", as_text, kPatternMax);
    const auto price = row.map("usd_per_million", kPriceKeys);
    if (pattern) check_is_reached(row, rows, *pattern);
    if (!price) continue;
    const telemetry::ModelPrice read{.in = price->get("in", as_price).value_or(MicroUsd{}),
                                     .cached_in = price->get("cached_in", as_price),
                                     .out = price->get("out", as_price).value_or(MicroUsd{})};
    if (pattern) rows.push_back({.pattern = *pattern, .price = read});
  }
  return telemetry::PriceTable(std::move(rows));
}

}  // namespace fusebox::config::detail
