#include "telemetry/detail/field_set.hpp"

#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "base/money.hpp"
#include "base/text.hpp"
#include "telemetry/detail/vocabulary.hpp"
#include "telemetry/event.hpp"

namespace fusebox::telemetry::detail {
namespace {

using Type = AttributeValue::Type;

constexpr std::int64_t kTrustMax = 1000;
constexpr double kSampleRateMax = 1e12;      // of an event's weight
constexpr double kExactIntegerMax = 0x1p53;  // above it a double has lost its last digits

std::optional<double> number_of(const AttributeValue& value) {
  if (value.type == Type::Int) return static_cast<double>(value.integer);
  if (value.type == Type::Double && std::isfinite(value.number)) return value.number;
  return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (rest != end || error != std::errc{}) return std::nullopt;
  return number;
}

std::optional<std::int64_t> count_of(const AttributeValue& value) {
  std::optional<std::int64_t> count;
  if (value.type == Type::Int) count = value.integer;
  if (value.type == Type::Text) count = parse_integer(value.text);
  if (value.type == Type::Double && std::abs(value.number) <= kExactIntegerMax &&
      std::trunc(value.number) == value.number) {
    count = static_cast<std::int64_t>(value.number);
  }
  if (!count || *count < 0) return std::nullopt;
  return count;
}

bool read_text(const AttributeValue& value, std::string_view& out) {
  if (value.type != Type::Text || value.text.empty() || value.text.size() > kTextBytesMax) {
    return false;
  }
  out = value.text;
  return true;
}

bool is_text(Unit unit) { return unit == Unit::Text || unit == Unit::ServiceName; }

// SDKs call a service that has no name "unknown_service:" and the program.
bool read_service_name(const AttributeValue& value, std::string_view& out) {
  return read_text(value, out) && !out.starts_with("unknown_service");
}

bool read_count(const AttributeValue& value, std::int64_t max, std::int64_t& out) {
  const std::optional<std::int64_t> count = count_of(value);
  if (!count || *count > max) return false;
  out = *count;
  return true;
}

bool read_number(const AttributeValue& value, double min, double max, double& out) {
  const std::optional<double> number = number_of(value);
  if (!number || *number < min || *number > max) return false;
  out = *number + 0.0;  // -0.0 becomes 0.0
  return true;
}

bool read_usd(const AttributeValue& value, std::int64_t& out) {
  const std::optional<double> number = number_of(value);
  if (!number && value.type != Type::Text) return false;
  const Result<MicroUsd> amount = number ? usd_from_double(*number) : parse_usd(value.text);
  if (!amount) return false;
  out = amount->value;
  return true;
}

bool read_role(const AttributeValue& value, std::int64_t& out) {
  if (value.type != Type::Text) return false;
  const std::optional<Role> role = role_of_word(value.text);
  if (!role) return false;
  out = static_cast<std::int64_t>(*role);
  return true;
}

bool read_outcome(const AttributeValue& value, std::int64_t& out) {
  if (value.type != Type::Text) return false;
  const std::optional<Outcome> outcome = parse_outcome(value.text);
  if (!outcome) return false;
  out = static_cast<std::int64_t>(*outcome);
  return true;
}

bool read_verdict(const AttributeValue& value, std::int64_t& out) {
  if (value.type == Type::Bool) {
    out = value.boolean ? 1 : 0;
    return true;
  }
  if (value.type != Type::Text) return false;
  out = is_refusal(value.text) ? 1 : 0;
  return true;
}

bool read_flag(const AttributeValue& value, std::int64_t& out) {
  const bool spelled = value.type == Type::Text && (value.text == "true" || value.text == "false");
  if (value.type != Type::Bool && !spelled) return false;
  out = value.boolean || value.text == "true" ? 1 : 0;
  return true;
}

}  // namespace

bool is_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  const auto word_at = [text](std::size_t pos, std::size_t size) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + pos, size);
    return word;
  };
  if (text.empty()) return true;
  std::uint64_t seen = 0;
  std::size_t pos = 0;
  for (; pos + 8 <= text.size(); pos += 8) seen |= word_at(pos, 8);
  // What is left is looked at with the bytes before it, or alone.
  seen |= text.size() >= 8 ? word_at(text.size() - 8, 8) : word_at(0, text.size());
  return (seen & kHighBits) == 0 || !find_invalid_utf8(text);
}

bool FieldSet::read(Unit unit, const AttributeValue& from, Value& to) {
  constexpr double kUnbounded = 1e300;
  constexpr double kMsPerSecond = 1e3;
  switch (unit) {
    case Unit::Text:
      return read_text(from, to.text);
    case Unit::ServiceName:
      return read_service_name(from, to.text);
    case Unit::Operation:
      return read_role(from, to.integer);
    case Unit::OutcomeName:
      return read_outcome(from, to.integer);
    case Unit::Verdict:
      return read_verdict(from, to.integer);
    case Unit::Flag:
      return read_flag(from, to.integer);
    case Unit::Count:
      return read_count(from, INT64_MAX, to.integer);
    case Unit::TrustScore:
      return read_count(from, kTrustMax, to.integer);
    case Unit::Share:
      return read_number(from, 0, 1, to.number);
    case Unit::Usd:
      return read_usd(from, to.integer);
    case Unit::Seconds:
      if (!read_number(from, 0, kUnbounded, to.number)) return false;
      to.number *= kMsPerSecond;
      return true;
    case Unit::Milliseconds:
      return read_number(from, 0, kUnbounded, to.number);
    case Unit::SampleRate:
      return read_number(from, 1, kSampleRateMax, to.number);
    case Unit::Nothing:
      return false;
  }
  return false;
}

Taken FieldSet::take(Row row, const AttributeValue& value) {
  if (row != kNoRow && alias_of(row).field == Field::Content) return Taken::Content;
  Taken taken = Taken::Unknown;
  for (; row != kNoRow; row = next_row(row)) {
    const Alias& alias = alias_of(row);
    Value fresh;
    if (!read(alias.unit, value, fresh)) continue;
    taken = Taken::Field;
    const auto field = static_cast<std::size_t>(alias.field);
    if (rows_[field] <= row) continue;
    if (is_text(alias.unit) && !is_utf8(fresh.text)) return Taken::BadText;
    rows_[field] = row;
    values_[field] = fresh;
  }
  return taken;
}

void FieldSet::inherit(const FieldSet& resource) {
  for (std::size_t field = 0; field < kInheritedFieldCount; ++field) {
    if (rows_[field] != kNoRow) continue;
    rows_[field] = resource.rows_[field];
    values_[field] = resource.values_[field];
  }
}

}  // namespace fusebox::telemetry::detail
