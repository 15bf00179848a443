#include "base/money.hpp"

#include <cmath>

namespace fusebox {
namespace {

constexpr std::size_t kMicroDigits = 6;

Unexpected invalid_money(std::string_view text) {
  return {ErrorCode::InvalidMoney, "'" + std::string(text.substr(0, 64)) +
                                       "' is not an amount in USD: a decimal from 0 to 1e9"};
}

}  // namespace

Result<MicroUsd> parse_usd(std::string_view text) {
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  const auto digits_only = [](std::string_view part) {
    return part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (whole.empty() || whole.size() > 10 || decimals.size() > 64 || !digits_only(whole) ||
      !digits_only(decimals) || (point != std::string_view::npos && decimals.empty())) {
    return invalid_money(text);
  }
  std::int64_t micros = 0;
  for (const char c : whole) micros = micros * 10 + (c - '0');
  for (std::size_t i = 0; i < kMicroDigits; ++i) {
    micros = micros * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  }
  if (decimals.size() > kMicroDigits && decimals[kMicroDigits] >= '5') ++micros;
  if (micros > kMoneyMax.value) return invalid_money(text);
  return MicroUsd{micros};
}

Result<MicroUsd> usd_from_double(double usd) {
  if (!std::isfinite(usd) || usd < 0 || usd > to_usd(kMoneyMax)) {
    return invalid_money(std::to_string(usd));
  }
  return MicroUsd{static_cast<std::int64_t>(std::floor(usd * 1e6 + 0.5))};
}

std::string format_usd(MicroUsd amount) {
  const std::int64_t whole = amount.value / 1'000'000;
  std::string decimals = std::to_string(amount.value % 1'000'000 + 1'000'000).substr(1);
  while (!decimals.empty() && decimals.back() == '0') decimals.pop_back();
  return std::to_string(whole) + (decimals.empty() ? "" : "." + decimals);
}

}  // namespace fusebox
