#include "sre/config/detail/field.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/text.hpp"

namespace fusebox::config::detail {
namespace {

constexpr std::string_view kDigits = "0123456789";

std::string_view kind_text(const Node& node) {
  switch (node.kind) {
    case NodeKind::Null:
      return "empty";
    case NodeKind::Scalar:
      return "a value";
    case NodeKind::List:
      return node.items.empty() ? "an empty list" : "a list";
    case NodeKind::Map:
      return "a map";
  }
  return "";
}

// The text of a scalar; anything else is a WrongType that says what was expected.
const std::string* scalar_text(const Field& field, std::string_view expected) {
  if (field.node.kind == NodeKind::Scalar) return &field.node.text;
  field.wrong_type(expected);
  return nullptr;
}

// Numbers and booleans are plain: quotes make a text.
const std::string* plain_text(const Field& field, std::string_view expected) {
  const std::string* text = scalar_text(field, expected);
  if (text == nullptr || !field.node.quoted) return text;
  field.error(ErrorCode::WrongType, field.is() + ", a text", expecting(expected),
              "leave the quotes out");
  return nullptr;
}

std::string range_text(Range<std::int64_t> range) {
  return "an integer from " + std::to_string(range.min) + " to " + std::to_string(range.max);
}

bool is_decimal_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  return !text.empty() && !leading_zero &&
         text.find_first_not_of(kDigits) == std::string_view::npos;
}

std::string_view range_text(RatioRange range) {
  switch (range) {
    case RatioRange::Share:
      return "a ratio above 0 and up to 1, like 0.5 or 50%";
    case RatioRange::Target:
      return "a ratio from 0 and below 1, like 0.99 or 99%";
    case RatioRange::AtLeastOne:
      return "a ratio from 1 to 100, like 2 or 1.5";
  }
  return "";
}

bool contains(RatioRange range, Ratio ratio) {
  constexpr Ratio kZero{0, 1};
  constexpr Ratio kOne{1, 1};
  constexpr Ratio kHundred{100, 1};
  switch (range) {
    case RatioRange::Share:
      return kZero < ratio && ratio <= kOne;
    case RatioRange::Target:
      return ratio < kOne;
    case RatioRange::AtLeastOne:
      return kOne <= ratio && ratio <= kHundred;
  }
  return false;
}

template <class Contains>
std::optional<Ratio> ratio_if(const Field& field, std::string_view expected,
                              const Contains& contains) {
  const std::string* text = scalar_text(field, expected);
  if (text == nullptr) return std::nullopt;
  const auto ratio = parse_ratio(*text);
  if (!ratio) {
    field.error(ratio.error().code, field.is(), expecting(expected));
    return std::nullopt;
  }
  if (!contains(*ratio)) {
    field.invalid(expected);
    return std::nullopt;
  }
  return *ratio;
}

// Ends of ranges, which are short: "0.5", "1000".
std::string decimal_text(double value) {
  std::array<char, 32> buffer{};
  const auto [end, failure] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return {buffer.data(), end};
}

// Appends one dimension's name to `dimensions`; false if it is none, or stands there already.
bool add_dimension(std::string_view name, Position at, Report& report,
                   std::vector<Dimension>& dimensions) {
  const auto dimension = parse_dimension(name);
  if (!dimension) {
    report.error(at, ErrorCode::InvalidValue, quoted(name) + " is not a dimension",
                 expecting(join_or(dimension_names())), did_you_mean(name, dimension_names()));
    return false;
  }
  if (std::find(dimensions.begin(), dimensions.end(), *dimension) != dimensions.end()) {
    report.error(at, ErrorCode::InvalidValue, quoted(name) + " stands twice",
                 "expected each dimension at most once");
    return false;
  }
  dimensions.push_back(*dimension);
  return true;
}

}  // namespace

std::string Field::is() const {
  const std::string value =
      node.kind == NodeKind::Scalar ? quoted(node.text) : std::string(kind_text(node));
  return quoted(name) + " is " + value;
}

void Field::wrong_type(std::string_view expected) const {
  error(ErrorCode::WrongType, is(), expecting(expected));
}

void Field::invalid(std::string_view expected, std::string hint) const {
  error(ErrorCode::InvalidValue, is(), expecting(expected), std::move(hint));
}

void Field::refuse_later() const {
  const std::string value = node.kind == NodeKind::Scalar ? ": " + node.text : "";
  error(ErrorCode::NotYetSupported, comes_later(std::string(name) + value));
}

std::vector<ListItem> split_list(std::string_view text) {
  std::vector<ListItem> items;
  for (std::size_t pos = 0; pos <= text.size();) {
    const std::size_t comma = std::min(text.find(',', pos), text.size());
    const std::size_t begin = std::min(text.find_first_not_of(' ', pos), comma);
    std::size_t end = comma;
    while (end > begin && text[end - 1] == ' ') --end;
    items.push_back({text.substr(begin, end - begin), begin});
    pos = comma + 1;
  }
  return items;
}

std::string did_you_mean(std::string_view word, Names candidates) {
  const std::string_view near = nearest(word, candidates);
  return near.empty() ? "" : "did you mean " + quoted(near) + "?";
}

bool is_label(std::string_view text) {
  constexpr std::size_t kLabelMax = 63;
  const auto is_edge = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kLabelMax && is_edge(text.front()) &&
         is_edge(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_edge(c) || c == '-'; });
}

std::optional<std::string> as_text(const Field& field, std::size_t bytes_max) {
  const std::string expected = "a text of at most " + std::to_string(bytes_max) + " bytes";
  const std::string* text = scalar_text(field, expected);
  if (text == nullptr) return std::nullopt;
  if (text->empty() || text->size() > bytes_max) {
    field.invalid(text->empty() ? "a text that is not empty" : expected);
    return std::nullopt;
  }
  return *text;
}

std::optional<std::string> as_identifier(const Field& field, std::string_view marks) {
  constexpr std::size_t kIdentifierMax = 63;
  auto text = as_text(field, kIdentifierMax);
  if (!text) return std::nullopt;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const auto may_stand = [&](char c) { return is_word(c) || marks.find(c) != marks.npos; };
  if (is_word(text->front()) && std::all_of(text->begin(), text->end(), may_stand)) return text;
  std::string expected = "letters, digits";
  for (const char& mark : marks) {
    expected += (&mark == &marks.back() ? " and " : ", ") + quoted({&mark, 1});
  }
  field.invalid(expected + ", at most " + std::to_string(kIdentifierMax));
  return std::nullopt;
}

std::optional<bool> as_bool(const Field& field) {
  const std::string* text = plain_text(field, "true or false");
  if (text == nullptr) return std::nullopt;
  if (*text == "true") return true;
  if (*text == "false") return false;
  field.wrong_type("true or false");
  return std::nullopt;
}

std::optional<std::int64_t> as_int(const Field& field, Range<std::int64_t> range) {
  const std::string expected = range_text(range);
  const std::string* text = plain_text(field, expected);
  if (text == nullptr) return std::nullopt;
  if (!is_decimal_integer(*text)) {
    field.wrong_type(expected);
    return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (failure != std::errc{} || value < range.min || value > range.max) {
    field.invalid(expected);
    return std::nullopt;
  }
  return value;
}

std::optional<double> as_number(const Field& field) {
  constexpr std::string_view kExpected = "a decimal number";
  const std::string* text = plain_text(field, kExpected);
  if (text == nullptr) return std::nullopt;
  double value = 0;
  const char* const last = text->data() + text->size();
  const auto [end, failure] = std::from_chars(text->data(), last, value);
  // from_chars also takes `inf` and `nan`, which begin with neither a digit nor a minus and digit.
  const std::size_t first_digit = text->starts_with('-') ? 1 : 0;
  const bool digits = text->find_first_of(kDigits) == first_digit;
  if (failure != std::errc{} || end != last || !digits || !std::isfinite(value)) {
    field.wrong_type(kExpected);
    return std::nullopt;
  }
  return value;
}

std::optional<double> as_number_within(const Field& field, Range<double> range) {
  const auto value = as_number(field);
  if (!value || (*value >= range.min && *value <= range.max)) return value;
  field.invalid("a number from " + decimal_text(range.min) + " to " + decimal_text(range.max));
  return std::nullopt;
}

std::optional<Duration> as_duration(const Field& field, Range<Duration> range) {
  constexpr std::string_view kExpected = "a duration like 30s, 5m or 1h";
  const std::string* text = scalar_text(field, kExpected);
  if (text == nullptr) return std::nullopt;
  const auto duration = parse_duration(*text);
  if (!duration) {
    field.error(duration.error().code, field.is(), expecting(kExpected));
    return std::nullopt;
  }
  if (*duration < range.min || *duration > range.max) {
    field.invalid("a duration from " + format_duration(range.min) + " to " +
                  format_duration(range.max));
    return std::nullopt;
  }
  return *duration;
}

std::optional<Ratio> as_ratio(const Field& field, RatioRange range) {
  return ratio_if(field, range_text(range), [&](Ratio ratio) { return contains(range, ratio); });
}

std::optional<Ratio> as_ratio_within(const Field& field, Range<Ratio> range) {
  const std::string expected =
      "a ratio from " + format_ratio(range.min) + " to " + format_ratio(range.max);
  return ratio_if(field, expected,
                  [&](Ratio ratio) { return range.min <= ratio && ratio <= range.max; });
}

std::optional<MicroUsd> as_usd(const Field& field) {
  constexpr std::string_view kExpected = "an amount in USD above 0 and up to 1e9, like 0.50";
  const std::string* text = scalar_text(field, kExpected);
  if (text == nullptr) return std::nullopt;
  const auto amount = parse_usd(*text);
  if (!amount) {
    field.error(amount.error().code, field.is(), expecting(kExpected));
    return std::nullopt;
  }
  if (amount->value == 0) {
    field.invalid(kExpected);
    return std::nullopt;
  }
  return *amount;
}

std::optional<KeySpec> as_dimensions(const Field& field) {
  if (field.node.kind != NodeKind::List) {
    field.wrong_type("a list of dimensions like [agent, tool]");
    return std::nullopt;
  }
  std::vector<Dimension> dimensions;
  bool good = true;
  for (const Node& item : field.node.items) {
    const Field element{field.name, item, field.report};
    const std::string* name = scalar_text(element, "the name of a dimension");
    good = name != nullptr && add_dimension(*name, item.at, field.report, dimensions) && good;
  }
  if (!good) return std::nullopt;
  return KeySpec(std::move(dimensions));
}

std::optional<KeySpec> as_dimension_text(const Field& field) {
  const std::string* text = scalar_text(field, "dimensions in one text like `agent, tool`");
  if (text == nullptr) return std::nullopt;
  std::vector<Dimension> dimensions;
  bool good = true;
  for (const ListItem& item : split_list(*text)) {
    good = add_dimension(item.text, field.at(item.offset), field.report, dimensions) && good;
  }
  if (!good) return std::nullopt;
  return KeySpec(std::move(dimensions));
}

std::optional<std::vector<std::string>> as_texts(const Field& field) {
  constexpr std::size_t kBytesMax = 4096;
  std::vector<std::string> texts;
  if (field.node.kind == NodeKind::Map) {
    field.wrong_type("a text or a list of texts");
    return std::nullopt;
  }
  if (field.node.kind == NodeKind::Scalar) {
    auto text = as_text(field, kBytesMax);
    if (!text) return std::nullopt;
    texts.push_back(std::move(*text));
    return texts;
  }
  for (const Node& item : field.node.items) {
    auto text = as_text({field.name, item, field.report}, kBytesMax);
    if (!text) return std::nullopt;
    texts.push_back(std::move(*text));
  }
  return texts;
}

std::optional<policy::Condition> as_condition(const Field& field, const policy::Schema& schema) {
  const std::string* text = scalar_text(field, "a condition like kind == \"tool\"");
  if (text == nullptr) return std::nullopt;
  std::vector<policy::ConditionError> errors;
  auto condition = policy::Condition::compile(*text, schema, errors);
  for (policy::ConditionError& error : errors) {
    field.report.error(field.at(error.offset), error.code, std::move(error.what),
                       std::move(error.expected), std::move(error.hint));
  }
  return condition;
}

bool is_off(const Node& node) {
  return node.kind == NodeKind::Scalar && (node.text == "off" || node.text == "false");
}

std::optional<std::size_t> as_index(const Field& field, Names names, Names later) {
  const std::string expected = join_or(names);
  const std::string* text = scalar_text(field, expected);
  if (text == nullptr) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), *text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  if (std::find(later.begin(), later.end(), *text) != later.end()) {
    field.refuse_later();
  } else {
    field.invalid(expected, did_you_mean(*text, names));
  }
  return std::nullopt;
}

}  // namespace fusebox::config::detail
