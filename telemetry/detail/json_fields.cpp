#include "telemetry/detail/json_fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/assert.hpp"
#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "telemetry/journal.hpp"

namespace fusebox::telemetry::detail {
namespace {

constexpr std::size_t kShownTextBytes = 48;  // of a value or a name, in an error
constexpr double kWeightMax = 1e12;
constexpr std::int64_t kTrustMax = 1000;

// At most kShownTextBytes of `text`, never half a character, escaped so that it stays on one line.
std::string shown(std::string_view text) {
  std::size_t end = std::min(text.size(), kShownTextBytes);
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  std::string out;
  append_json_escaped(out, text.substr(0, end));
  if (end < text.size()) out += "...";
  return out;
}

bool parse_whole(std::string_view text, std::int64_t& number) {
  if (text.size() > 4 && text[4] == '-') return false;  // a date, as nearly always
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return rest == end && error == std::errc{};
}

// Of a value that is one.
template <class T>
T as(Json value) {
  T out{};
  const auto code = value.get(out);
  FUSEBOX_ASSERT(code == simdjson::SUCCESS);
  return out;
}

std::string shown_number(double number) {
  std::string out;
  JsonWriter(out).number(number);
  return out;
}

}  // namespace

std::string join(Path path, std::string_view member) {
  std::string out;
  for (const std::string_view part : {path.outer, path.inner, member}) {
    if (part.empty()) continue;
    if (!out.empty()) out += '.';
    out += shown(part);
  }
  return out;
}

std::string describe(Json value) {
  using Type = Json::Type;
  switch (value.type()) {
    case Type::ARRAY:
      return "a list";
    case Type::OBJECT:
      return "an object";
    case Type::INT64:
      return std::to_string(as<std::int64_t>(value));
    case Type::UINT64:
      return std::to_string(as<std::uint64_t>(value));
    case Type::DOUBLE:
      return shown_number(as<double>(value));
    case Type::STRING:
      return '"' + shown(as<std::string_view>(value)) + '"';
    case Type::BOOL:
      return as<bool>(value) ? "true" : "false";
    case Type::NULL_VALUE:
      return "null";
  }
  FUSEBOX_ASSERT(false);
  return {};
}

Unexpected wrong_member(Path path, std::string_view name, Json value, std::string_view expected) {
  return {ErrorCode::InvalidField,
          join(path, name) + ": expected " + std::string(expected) + ", found " + describe(value)};
}

Unexpected later_member(Path path, std::string_view name, Json value) {
  return {ErrorCode::NotYetSupported,
          join(path, name) +
              ": named by the contract and not supported yet, it comes later; found " +
              describe(value)};
}

Unexpected duplicate_member(Path path, std::string_view name) {
  return {ErrorCode::InvalidField, join(path, name) + ": stands twice in one object"};
}

Unexpected missing_member(Path path, std::string_view name, std::string_view expected) {
  return {ErrorCode::InvalidField,
          join(path, name) + ": is missing; expected " + std::string(expected)};
}

Unexpected unknown_member(Path path, std::string_view name, std::span<const std::string_view> known,
                          ErrorCode code) {
  std::string message = join(path, name) + ": no such member";
  if (name.empty()) message = "a member of " + join(path, "the line") + " has an empty name";
  if (const std::string_view meant = nearest(name, known); !meant.empty()) {
    message += "; did you mean '" + std::string(meant) + "'?";
  }
  return {code, std::move(message)};
}

Unexpected parse_error(simdjson::error_code code) {
  if (code == simdjson::UTF8_ERROR) return {ErrorCode::InvalidUtf8, "the input is not valid UTF-8"};
  if (code == simdjson::DEPTH_ERROR) {
    return {ErrorCode::TooDeep,
            "the input is nested deeper than " + std::to_string(kJsonDepthMax) + " levels"};
  }
  if (code == simdjson::MEMALLOC || code == simdjson::CAPACITY) {
    return {ErrorCode::TooLarge, "no memory to parse the input"};
  }
  if (code == simdjson::EMPTY) return {ErrorCode::InvalidJson, "the input is empty"};
  if (code == simdjson::NUMBER_ERROR) {
    return {ErrorCode::InvalidJson, "the input has a number that is malformed or out of range"};
  }
  if (code == simdjson::STRING_ERROR || code == simdjson::UNCLOSED_STRING) {
    return {ErrorCode::InvalidJson, "the input has a string that is malformed or not closed"};
  }
  if (code == simdjson::UNESCAPED_CHARS) {
    return {ErrorCode::InvalidJson, "the input has a control character inside a string"};
  }
  return {ErrorCode::InvalidJson, "the input is not one JSON object"};
}

Reading read_text(Json value, std::string_view& out) {
  return value.get(out) == simdjson::SUCCESS ? Reading::Ok : Reading::Wrong;
}

Reading read_nonempty_text(Json value, std::string_view& out) {
  return value.get(out) == simdjson::SUCCESS && !out.empty() ? Reading::Ok : Reading::Wrong;
}

Reading read_count(Json value, std::optional<std::int64_t>& out) {
  std::int64_t count = 0;
  if (value.get(count) != simdjson::SUCCESS || count < 0) return Reading::Wrong;
  out = count;
  return Reading::Ok;
}

Reading read_trust(Json value, std::optional<std::int64_t>& out) {
  const Reading reading = read_count(value, out);
  return reading == Reading::Ok && *out > kTrustMax ? Reading::Wrong : reading;
}

Reading read_measure(Json value, std::optional<double>& out) {
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS || !std::isfinite(number) || number < 0) {
    return Reading::Wrong;
  }
  out = number + 0.0;  // -0.0 becomes 0.0
  return Reading::Ok;
}

Reading read_share(Json value, std::optional<double>& out) {
  const Reading reading = read_measure(value, out);
  return reading == Reading::Ok && *out > 1 ? Reading::Wrong : reading;
}

Reading read_usd(Json value, std::optional<MicroUsd>& out) {
  double number = 0;
  std::string_view text;
  if (value.get(number) == simdjson::SUCCESS) {
    const Result<MicroUsd> amount = usd_from_double(number);
    if (amount) out = *amount;
    return amount ? Reading::Ok : Reading::Wrong;
  }
  if (value.get(text) != simdjson::SUCCESS) return Reading::Wrong;
  const Result<MicroUsd> amount = parse_usd(text);
  if (amount) out = *amount;
  return amount ? Reading::Ok : Reading::Wrong;
}

Reading read_flag(Json value, bool& out) {
  return value.get(out) == simdjson::SUCCESS ? Reading::Ok : Reading::Wrong;
}

Reading read_weight(Json value, std::int64_t& out) {
  double weight = 0;
  if (value.get(weight) != simdjson::SUCCESS) return Reading::Wrong;
  if (!(weight > 0 && weight <= kWeightMax)) return Reading::Wrong;
  out = std::max<std::int64_t>(1, std::llround(weight));
  return Reading::Ok;
}

Reading read_time(Json value, std::optional<Instant>& out) {
  std::int64_t ns = 0;
  if (value.get(ns) != simdjson::SUCCESS) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return Reading::Wrong;
    if (!parse_whole(text, ns)) {
      const Result<Instant> parsed = parse_rfc3339(text);
      if (!parsed) return Reading::Wrong;
      ns = to_ns(*parsed);
    }
  }
  if (ns < 0 || from_ns(ns) >= kLatestInstant) return Reading::Wrong;
  out = from_ns(ns);
  return Reading::Ok;
}

Reading read_object(Json value, std::optional<JsonObject>& out) {
  JsonObject object;
  if (value.get(object) != simdjson::SUCCESS) return Reading::Wrong;
  out = object;
  return Reading::Ok;
}

}  // namespace fusebox::telemetry::detail
