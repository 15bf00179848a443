#include "chaos/detail/figures.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace fusebox::chaos {
namespace {

std::string two_digits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

// Commas between each three of the digits before the point.
std::string with_commas(std::string number) {
  const std::size_t point = number.find('.');
  std::size_t end = point == std::string::npos ? number.size() : point;
  const std::size_t first = number.starts_with('-') ? 1 : 0;
  while (end > first + 3) {
    end -= 3;
    number.insert(end, 1, ',');
  }
  return number;
}

}  // namespace

std::string fixed(double number, int digits) {
  if (std::isinf(number)) return number > 0 ? "infinite" : "-infinite";
  std::array<char, 400> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number,
                                 std::chars_format::fixed, digits);
  std::string out(text.data(), end.ptr);
  const bool is_zero = out.find_first_not_of("-0.") == std::string::npos;
  return is_zero && out.starts_with('-') ? out.substr(1) : out;
}

std::string grouped(std::int64_t number) { return with_commas(std::to_string(number)); }

std::string percent(double share, int digits) { return fixed(100 * share, digits) + " %"; }

std::string points(double difference) { return fixed(100 * difference, 2) + " points"; }

std::string rounded(double number) {
  const double size = std::abs(number);
  return with_commas(fixed(number, size < 10 ? 2 : size < 100 ? 1 : 0));
}

std::string in_words(Duration duration) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  if (duration < seconds{1}) return std::to_string(duration / milliseconds{1}) + "ms";
  const std::int64_t all = duration / seconds{1};
  std::string out;
  if (all >= 3600) out += std::to_string(all / 3600) + "h ";
  if (all / 60 % 60 > 0) out += std::to_string(all / 60 % 60) + "m ";
  if (all % 60 > 0) out += std::to_string(all % 60) + "s ";
  out.pop_back();
  return out;
}

std::string clock_text(Duration since_start) {
  const std::int64_t all = since_start / std::chrono::seconds{1};
  const std::string seconds = two_digits(all % 60);
  if (all < 3600) return std::to_string(all / 60) + ":" + seconds;
  return std::to_string(all / 3600) + ":" + two_digits(all / 60 % 60) + ":" + seconds;
}

std::string dollars(double usd) {
  const std::string amount = with_commas(fixed(std::abs(usd), std::abs(usd) < 1 ? 4 : 2));
  return (usd < 0 ? "-$" : "$") + amount;
}

std::string count_of(std::int64_t number, const char* thing) {
  return grouped(number) + " " + thing + (number == 1 ? "" : "s");
}

}  // namespace fusebox::chaos
