// Values of the condition language, and where they come from.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

#include "policy/dynamic.hpp"

namespace fusebox::policy {

// Static types. Dynamic is a value whose type is known only when it is there (inside `args`).
enum class Type : std::uint8_t { Bool, Int, Double, String, List, Map, Dynamic };

[[nodiscard]] std::string_view name_of(Type type);

// A value at evaluation time. Error is CEL's error value: what an absent number, a missing map key
// or an overflow gives; `&&` and `||` absorb it where the other side decides.
struct Value {
  enum class Kind : std::uint8_t { Error, Null, Bool, Int, Double, String, Dynamic };
  Kind kind = Kind::Error;
  union {
    bool boolean;
    std::int64_t integer = 0;
    double number;
    const DynamicNode* dynamic;  // a list or a map; scalars are unwrapped
  };
  std::string_view text;  // String; for Error a static phrase that says why

  [[nodiscard]] static Value error(std::string_view why) {
    Value value;
    value.text = why;
    return value;
  }
  [[nodiscard]] static Value null() {
    Value value;
    value.kind = Kind::Null;
    return value;
  }
  // A template, so that a `const char*` is text and never converts to bool.
  [[nodiscard]] static Value of(std::same_as<bool> auto boolean) {
    Value value;
    value.kind = Kind::Bool;
    value.boolean = boolean;
    return value;
  }
  [[nodiscard]] static Value of(std::int64_t integer) {
    Value value;
    value.kind = Kind::Int;
    value.integer = integer;
    return value;
  }
  [[nodiscard]] static Value of(double number) {
    Value value;
    value.kind = Kind::Double;
    value.number = number;
    return value;
  }
  [[nodiscard]] static Value of(std::string_view text) {
    Value value;
    value.kind = Kind::String;
    value.text = text;
    return value;
  }
  // A dynamic node: scalars come out as their own kind; null pointer as the error "absent".
  [[nodiscard]] static Value of(const DynamicNode* node);
};

// Number of a name within its schema.
using Slot = std::uint16_t;

// One name that a condition may use.
struct Symbol {
  std::string_view name;  // "tool", "slo.budget_remaining"
  Type type;
  Slot slot;
  // String: the only values it ever has (an enum), checked at load; empty means any text.
  // Map: the only keys it has, e.g. "5m" "1h" for slo.burn_rate; empty means any key.
  std::span<const std::string_view> literals = {};
  Type element = Type::Dynamic;  // Map and List: type of a member
};

// The names of one place where conditions stand, e.g. rules on `request`. `slots` refer to the
// Facts that the condition will be evaluated on.
struct Schema {
  std::string_view title;  // for errors: "rules on request"
  std::span<const Symbol> symbols;
};

// What a condition asks of its input. Implementations live beside the input's type. A get must be
// cheap and pure; the views it returns live at least as long as the evaluation.
class Facts {
 public:
  virtual ~Facts() = default;
  [[nodiscard]] virtual Value get(Slot slot) const = 0;
  // Member of a Map symbol by one of its declared literals (index into Symbol::literals).
  // Maps without literals are got as a dynamic node instead. A member that is not there is an
  // error value.
  [[nodiscard]] virtual Value member(Slot slot, std::size_t literal) const = 0;
};

}  // namespace fusebox::policy
