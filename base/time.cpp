#include "base/time.hpp"

#include <array>
#include <charconv>

namespace fusebox {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

struct Unit {
  std::string_view suffix;
  Duration length;
};
constexpr std::array<Unit, 8> kUnits{{{"ns", std::chrono::nanoseconds{1}},
                                      {"us", std::chrono::microseconds{1}},
                                      {"ms", std::chrono::milliseconds{1}},
                                      {"s", std::chrono::seconds{1}},
                                      {"m", std::chrono::minutes{1}},
                                      {"h", std::chrono::hours{1}},
                                      {"d", days{1}},
                                      {"w", std::chrono::weeks{1}}}};
constexpr Duration kLongestDuration = days{36'525};

// Reads exactly `width` digits at `pos` and moves on; nullopt if they are not all digits.
template <std::size_t width>
std::optional<int> take_digits(std::string_view text, std::size_t& pos) {
  if (pos + width > text.size()) return std::nullopt;
  unsigned value = 0;
  bool digits = true;
  for (std::size_t i = 0; i < width; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[pos + i]) - unsigned{'0'};
    digits &= digit <= 9;
    value = value * 10 + digit;
  }
  if (!digits) return std::nullopt;
  pos += width;
  return static_cast<int>(value);
}

bool take(std::string_view text, std::size_t& pos, char wanted) {
  if (pos >= text.size() || text[pos] != wanted) return false;
  ++pos;
  return true;
}

std::optional<sys_days> take_date(std::string_view text, std::size_t& pos) {
  const auto year = take_digits<4>(text, pos);
  if (!year || !take(text, pos, '-')) return std::nullopt;
  const auto month = take_digits<2>(text, pos);
  if (!month || !take(text, pos, '-')) return std::nullopt;
  const auto day = take_digits<2>(text, pos);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

std::optional<Duration> take_time_of_day(std::string_view text, std::size_t& pos) {
  const auto hour = take_digits<2>(text, pos);
  if (!hour || *hour > 23 || !take(text, pos, ':')) return std::nullopt;
  const auto minute = take_digits<2>(text, pos);
  if (!minute || *minute > 59 || !take(text, pos, ':')) return std::nullopt;
  const auto second = take_digits<2>(text, pos);
  if (!second || *second > 60) return std::nullopt;
  Duration time = std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                  std::chrono::seconds{*second == 60 ? 59 : *second};
  if (!take(text, pos, '.')) return time;
  constexpr std::array<std::int64_t, 10> kScales{
      1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  std::int64_t fraction = 0;
  std::size_t digits = 0;  // what stands behind nanoseconds is cut off
  const std::size_t begin = pos;
  for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos) {
    if (digits == kScales.size() - 1) continue;
    fraction = fraction * 10 + (text[pos] - '0');
    ++digits;
  }
  if (pos == begin) return std::nullopt;
  return time + Duration{fraction * kScales[digits]};
}

// "Z" or "+hh:mm"; the offset east of UTC.
std::optional<Duration> take_offset(std::string_view text, std::size_t& pos) {
  if (take(text, pos, 'Z') || take(text, pos, 'z')) return Duration{0};
  const bool east = take(text, pos, '+');
  if (!east && !take(text, pos, '-')) return std::nullopt;
  const auto hour = take_digits<2>(text, pos);
  if (!hour || *hour > 23 || !take(text, pos, ':')) return std::nullopt;
  const auto minute = take_digits<2>(text, pos);
  if (!minute || *minute > 59) return std::nullopt;
  const Duration offset = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
  return east ? offset : -offset;
}

Unexpected invalid_time(std::string_view text) {
  return {ErrorCode::InvalidTime,
          "'" + std::string(text.substr(0, 64)) + "' is not an RFC 3339 time of 1970 to 2199"};
}

// Writes exactly `width` digits of a number that has no more; the end of what was written.
template <std::size_t width>
char* put_digits(char* to, std::int64_t value) {
  for (std::size_t i = width; i > 0; --i, value /= 10)
    to[i - 1] = static_cast<char>('0' + value % 10);
  return to + width;
}

}  // namespace

void append_rfc3339(std::string& out, Instant at) {
  const std::chrono::sys_time<Duration> time{at.time_since_epoch()};
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, sizeof "2199-12-31T23:59:59.999999999Z"> text;
  char* end = put_digits<4>(text.data(), static_cast<int>(date.year()));
  *end++ = '-';
  end = put_digits<2>(end, static_cast<unsigned>(date.month()));
  *end++ = '-';
  end = put_digits<2>(end, static_cast<unsigned>(date.day()));
  *end++ = 'T';
  end = put_digits<2>(end, clock.hours().count());
  *end++ = ':';
  end = put_digits<2>(end, clock.minutes().count());
  *end++ = ':';
  end = put_digits<2>(end, clock.seconds().count());
  if (clock.subseconds().count() != 0) {
    *end++ = '.';
    end = put_digits<9>(end, clock.subseconds().count());
    while (end[-1] == '0') --end;
  }
  *end++ = 'Z';
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

std::string format_rfc3339(Instant at) {
  std::string out;
  append_rfc3339(out, at);
  return out;
}

Result<Instant> parse_rfc3339(std::string_view text) {
  std::size_t pos = 0;
  const auto date = take_date(text, pos);
  if (!date) return invalid_time(text);
  if (!take(text, pos, 'T') && !take(text, pos, 't') && !take(text, pos, ' ')) {
    return invalid_time(text);
  }
  const auto time = take_time_of_day(text, pos);
  if (!time) return invalid_time(text);
  const auto offset = take_offset(text, pos);
  if (!offset || pos != text.size()) return invalid_time(text);
  // Compared in whole days first: a four-digit year would overflow a count of nanoseconds. The
  // offset may still move the time by a day either way.
  constexpr auto kLatestDay =
      std::chrono::duration_cast<days>(kLatestInstant.time_since_epoch()) + days{1};
  const days day = date->time_since_epoch();
  if (day < days{-1} || day > kLatestDay) {
    return invalid_time(text);
  }
  const Instant at{Duration{day} + *time - *offset};
  if (at < from_ns(0) || at >= kLatestInstant) return invalid_time(text);
  return at;
}

Result<Duration> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view suffix = text.substr(static_cast<std::size_t>(rest - text.data()));
  for (const Unit& unit : kUnits) {
    if (suffix != unit.suffix || error != std::errc{} || text.starts_with('-')) continue;
    if (count > kLongestDuration / unit.length) {
      return Unexpected{ErrorCode::InvalidDuration,
                        "'" + std::string(text.substr(0, 64)) + "' is longer than 100 years"};
    }
    return unit.length * count;
  }
  return Unexpected{ErrorCode::InvalidDuration,
                    "'" + std::string(text.substr(0, 64)) +
                        "' is not an integer followed by ns, us, ms, s, m, h, d or w"};
}

std::string format_duration(Duration duration) {
  if (duration == Duration{0}) return "0s";
  for (auto unit = kUnits.rbegin(); unit != kUnits.rend(); ++unit) {
    if (duration % unit->length == Duration{0}) {
      return std::to_string(duration / unit->length) + std::string(unit->suffix);
    }
  }
  return std::to_string(duration.count()) + "ns";
}

}  // namespace fusebox
