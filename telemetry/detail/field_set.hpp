// The fields of one span or resource, found among its attributes by the table of aliases.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "telemetry/detail/conventions.hpp"

namespace fusebox::telemetry::detail {

// The value of an attribute as it stood on the wire. Lists, maps and bytes are None: no field has
// such a value, and what they hold is mostly content.
struct AttributeValue {
  enum class Type : std::uint8_t { None, Text, Bool, Int, Double };
  Type type = Type::None;
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;
  std::string_view text;
};

// What became of an attribute.
enum class Taken : std::uint8_t {
  Field,    // it is known and read, or another one of its field came before
  Unknown,  // no row names it, or its value does not fit any
  Content,  // nobody's business
  BadText,  // not UTF-8
};

// Texts longer than this are no names of anything, and no attributes that a rule would look at.
inline constexpr std::size_t kTextBytesMax = 1024;

// Whether `text` is UTF-8. ASCII, nearly all there is, costs an eighth of a step per byte.
[[nodiscard]] bool is_utf8(std::string_view text);

// Values are kept in their field's unit: counts, roles, verdicts and micro-dollars in `integer`;
// milliseconds, shares and rates in `number`. Texts view into the bytes that were decoded.
class FieldSet {
 public:
  FieldSet() { clear(); }
  void clear() { rows_.fill(kNoRow); }

  // `row` is find_row() of the attribute's name. Where one field has several attributes, the
  // earliest row of the table wins; a name that stands twice counts as it stood first.
  [[nodiscard]] Taken take(Row row, const AttributeValue& value);

  // Takes those fields of the span's resource that the span leaves open.
  void inherit(const FieldSet& resource);

  [[nodiscard]] bool has(Field field) const { return row_of(field) != kNoRow; }
  // Of a field that is there.
  [[nodiscard]] std::int64_t integer(Field field) const { return value_of(field).integer; }
  [[nodiscard]] double number(Field field) const { return value_of(field).number; }
  // "" if the field is not there.
  [[nodiscard]] std::string_view text(Field field) const {
    return has(field) ? value_of(field).text : std::string_view{};
  }

 private:
  // The member that the unit of the field's rows fills.
  union Value {
    std::string_view text{};
    std::int64_t integer;
    double number;
  };

  [[nodiscard]] static bool read(Unit unit, const AttributeValue& from, Value& to);

  [[nodiscard]] Row row_of(Field field) const { return rows_[static_cast<std::size_t>(field)]; }
  [[nodiscard]] const Value& value_of(Field field) const {
    return values_[static_cast<std::size_t>(field)];
  }

  std::array<Row, kFieldCount> rows_;      // that the value comes from; kNoRow without one
  std::array<Value, kFieldCount> values_;  // means nothing without a row
};

}  // namespace fusebox::telemetry::detail
