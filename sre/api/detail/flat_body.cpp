#include "sre/api/detail/flat_body.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <boost/json/basic_parser_impl.hpp>

#include "base/json_writer.hpp"
#include "base/money.hpp"
#include "base/overload.hpp"
#include "base/text.hpp"

namespace fusebox::api::detail {
namespace {

namespace json = boost::json;

constexpr std::size_t kShownBytes = 48;

// On one line, in pieces that are UTF-8.
std::string shown(std::string_view text) {
  std::size_t end = std::min(text.size(), kShownBytes);
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  std::string out;
  append_json_escaped(out, text.substr(0, end));
  return end < text.size() ? out + "..." : out;
}

std::string describe(const FlatValue& value) {
  return std::visit(Overload{[](std::nullptr_t) { return std::string("null"); },
                             [](bool flag) { return std::string(flag ? "true" : "false"); },
                             [](std::int64_t number) { return std::to_string(number); },
                             [](double number) {
                               std::string out;
                               JsonWriter(out).number(number);
                               return out;
                             },
                             [](const std::string& text) { return '"' + shown(text) + '"'; },
                             [](Nested nested) { return std::string(nested.what); }},
                    value);
}

// Collects the members of one object. Texts come in parts.
class Handler {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the library's names, as those of the functions
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  // NOLINTEND(readability-identifier-naming)

  struct Found {
    std::string name;
    FlatValue value;
  };
  std::vector<Found> found;
  bool is_object = false;
  bool too_many = false;

  // True goes on.
  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    if (depth_ == 0) is_object = true;
    if (depth_ == 1) put(Nested{"an object"});
    ++depth_;
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) { return --depth_, true; }
  bool on_array_begin(json::error_code&) {
    if (depth_ == 1) put(Nested{"a list"});
    ++depth_;
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) { return --depth_, true; }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    return text_.append(part.data(), part.size()), true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    if (depth_ == 1) name_ = text_;
    return text_.clear(), true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    return text_.append(part.data(), part.size()), true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    text_.append(part.data(), part.size());
    put(text_);
    return text_.clear(), true;
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
    return put(number), true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) {
    return put(static_cast<double>(number)), true;
  }
  bool on_double(double number, json::string_view, json::error_code&) { return put(number), true; }
  bool on_bool(bool flag, json::error_code&) { return put(flag), true; }
  bool on_null(json::error_code&) { return put(nullptr), true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  void put(FlatValue value) {
    if (depth_ != 1) return;
    too_many = too_many || found.size() == kMembersMax;
    if (!too_many) found.push_back({name_, std::move(value)});
  }

  std::size_t depth_ = 0;
  std::string text_;
  std::string name_;
};

Problem syntax(std::string detail, ErrorCode code) {
  return {.status = 400, .detail = std::move(detail), .field = {}, .code = code};
}

std::optional<Problem> parse(std::string_view text, Handler& handler, bool& too_deep) {
  json::parse_options options;
  options.max_depth = kBodyDepthMax;
  json::basic_parser<Handler> parser(options);
  json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  handler = std::move(parser.handler());
  too_deep = error == json::error::too_deep;
  if (too_deep) return syntax("the body is nested deeper than 64 levels", ErrorCode::TooDeep);
  if (error || used != text.size() || !parser.done()) {
    return syntax("the body is not one JSON object", ErrorCode::InvalidJson);
  }
  if (!handler.is_object) return syntax("the body is no JSON object", ErrorCode::InvalidInput);
  if (handler.too_many) return syntax("the body has too many members", ErrorCode::InvalidInput);
  return std::nullopt;
}

}  // namespace

FlatBody::FlatBody(std::string_view json) {
  Handler handler;
  bool too_deep = false;
  problem_ = parse(json, handler, too_deep);
  if (problem_) return;
  for (Handler::Found& each : handler.found) {
    const bool twice = std::any_of(members_.begin(), members_.end(),
                                   [&](const Member& other) { return other.name == each.name; });
    if (twice) reject(shown(each.name), "stands twice");
    members_.push_back({std::move(each.name), std::move(each.value)});
  }
}

const FlatValue* FlatBody::find(std::string_view name) {
  known_.push_back(name);
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [name](const Member& each) { return each.name == name; });
  if (problem_ || found == members_.end()) return nullptr;
  return std::holds_alternative<std::nullptr_t>(found->value) ? nullptr : &found->value;
}

void FlatBody::reject(std::string_view field, std::string detail) {
  if (problem_) return;
  problem_ = Problem{.status = 400,
                     .detail = std::string(field) + ": " + std::move(detail),
                     .field = std::string(field),
                     .code = ErrorCode::InvalidField};
}

void FlatBody::reject_value(std::string_view name, std::string_view expected,
                            const FlatValue& found) {
  reject(name, "expected " + std::string(expected) + ", found " + describe(found));
}

std::optional<std::string_view> FlatBody::optional_text(std::string_view name) {
  const FlatValue* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto* text = std::get_if<std::string>(value);
  if (text != nullptr && !text->empty()) return *text;
  reject_value(name, "a non-empty string", *value);
  return std::nullopt;
}

std::string_view FlatBody::any_text(std::string_view name) {
  const FlatValue* value = find(name);
  if (value == nullptr) return {};
  if (const auto* text = std::get_if<std::string>(value)) return *text;
  reject_value(name, "a string", *value);
  return {};
}

std::string_view FlatBody::text(std::string_view name) {
  const auto text = optional_text(name);
  if (!text) reject(name, "is missing; expected a non-empty string");
  return text.value_or("");
}

std::optional<std::size_t> FlatBody::find_choice(std::string_view name,
                                                 const std::vector<std::string_view>& names) {
  const FlatValue* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto* text = std::get_if<std::string>(value);
  const auto found = text == nullptr ? names.end() : std::find(names.begin(), names.end(), *text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  reject_value(name, join_or(names), *value);
  return std::nullopt;
}

std::size_t FlatBody::choice(std::string_view name, const std::vector<std::string_view>& names) {
  return find_choice(name, names).value_or(0);
}

std::size_t FlatBody::required_choice(std::string_view name,
                                      const std::vector<std::string_view>& names) {
  const auto found = find_choice(name, names);
  if (!found) reject(name, "is missing; expected " + join_or(names));
  return found.value_or(0);
}

std::optional<std::int64_t> FlatBody::integer(std::string_view name, std::int64_t min,
                                              std::int64_t max) {
  const FlatValue* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto* number = std::get_if<std::int64_t>(value);
  if (number != nullptr && *number >= min && *number <= max) return *number;
  reject_value(name, "an integer from " + std::to_string(min) + " to " + std::to_string(max),
               *value);
  return std::nullopt;
}

std::optional<Duration> FlatBody::duration(std::string_view name) {
  const FlatValue* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(value)) {
    const auto parsed = parse_duration(*text);
    if (parsed && *parsed > Duration{0}) return *parsed;
  }
  reject_value(name, "a duration above 0 such as \"1h\"", *value);
  return std::nullopt;
}

std::optional<Instant> FlatBody::time(std::string_view name) {
  const FlatValue* value = find(name);
  if (value == nullptr) return std::nullopt;
  std::optional<Instant> at;
  if (const auto* text = std::get_if<std::string>(value)) {
    if (const auto parsed = parse_rfc3339(*text)) at = *parsed;
  } else if (const auto* ns = std::get_if<std::int64_t>(value)) {
    at = from_ns(*ns);
  }
  if (at && *at >= Instant{} && *at < kLatestInstant) return at;
  reject_value(name, "an RFC 3339 time or integer nanoseconds, of 1970 to 2199", *value);
  return std::nullopt;
}

std::optional<std::int64_t> FlatBody::usd(std::string_view name) {
  const FlatValue* value = find(name);
  if (value == nullptr) return std::nullopt;
  Result<MicroUsd> amount = Unexpected{ErrorCode::InvalidMoney, ""};
  if (const auto* text = std::get_if<std::string>(value)) amount = parse_usd(*text);
  if (const auto* number = std::get_if<double>(value)) amount = usd_from_double(*number);
  if (const auto* number = std::get_if<std::int64_t>(value)) {
    amount = usd_from_double(static_cast<double>(*number));
  }
  if (amount) return amount->value;
  reject_value(name, "USD from 0 to 1e9, a number or a decimal string", *value);
  return std::nullopt;
}

std::optional<Problem> FlatBody::problem() {
  for (const Member& each : members_) {
    if (std::find(known_.begin(), known_.end(), each.name) != known_.end()) continue;
    const std::string_view meant = nearest(each.name, known_);
    reject(shown(each.name),
           "no such member" +
               (meant.empty() ? std::string() : "; did you mean '" + std::string(meant) + "'?"));
  }
  return problem_;
}

}  // namespace fusebox::api::detail
