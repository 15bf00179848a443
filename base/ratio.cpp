#include "base/ratio.hpp"

#include <charconv>
#include <numeric>

#include "base/assert.hpp"

namespace fusebox {
namespace {

constexpr std::size_t kMaxDecimals = 15;
constexpr std::size_t kMaxPlaces = kMaxDecimals + 2;  // of a percentage as a plain decimal

Unexpected invalid_ratio(std::string_view text) {
  return {ErrorCode::InvalidRatio,
          "'" + std::string(text.substr(0, 64)) + "' is not a ratio like 0.995 or 99.5%"};
}

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::int64_t to_int(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

Ratio make_ratio(std::int64_t num, std::int64_t den) {
  FUSEBOX_ASSERT(den != 0);
  if (den < 0) {
    num = -num;
    den = -den;
  }
  const std::int64_t divisor = std::gcd(num, den);
  return {num / divisor, den / divisor};
}

Ratio complement(Ratio ratio) { return make_ratio(ratio.den - ratio.num, ratio.den); }

Result<Ratio> parse_ratio(std::string_view text) {
  const std::string_view whole_text = text;
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view num = text.substr(0, slash);
    const std::string_view den = text.substr(slash + 1);
    if (num.empty() || den.empty() || num.size() > kMaxDecimals || den.size() > kMaxDecimals ||
        !all_digits(num) || !all_digits(den) || to_int(den) == 0) {
      return invalid_ratio(whole_text);
    }
    return make_ratio(to_int(num), to_int(den));
  }
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() || !all_digits(whole) || !all_digits(decimals) ||
      (point != std::string_view::npos && decimals.empty()) ||
      whole.size() + decimals.size() > kMaxDecimals) {
    return invalid_ratio(whole_text);
  }
  std::int64_t den = percent ? 100 : 1;
  for (std::size_t i = 0; i < decimals.size(); ++i) den *= 10;
  return make_ratio(to_int(std::string(whole) + std::string(decimals)), den);
}

std::string format_ratio(Ratio ratio) {
  std::int64_t scale = 1;
  for (std::size_t places = 0; places <= kMaxPlaces; ++places, scale *= 10) {
    if (scale % ratio.den != 0) continue;
    const Int128 scaled = static_cast<Int128>(ratio.num) * (scale / ratio.den);
    const auto whole = static_cast<std::int64_t>(scaled / scale);
    if (places == 0) return std::to_string(whole);
    const auto part = static_cast<std::int64_t>(scaled % scale);
    const std::string digits = std::to_string(part < 0 ? -part : part);
    const bool minus = ratio.num < 0 && whole == 0;
    return (minus ? "-" : "") + std::to_string(whole) + "." +
           std::string(places - digits.size(), '0') + digits;
  }
  return std::to_string(ratio.num) + "/" + std::to_string(ratio.den);
}

}  // namespace fusebox
