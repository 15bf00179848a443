// Operators on values. Pure; no allocation. An error operand gives that error; operands of types
// that do not fit give one.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "policy/condition.hpp"
#include "policy/detail/ast.hpp"
#include "policy/value.hpp"

namespace fusebox::policy::detail {

// The order of an int and a double as real numbers: 2^53 + 1 is above 2^53 as a double, and
// nothing is ordered with NaN.
[[nodiscard]] std::partial_ordering compare_exactly(std::int64_t left, double right);

// Equal at all types: values of different types are not equal, numbers compare as numbers, lists
// element by element. Two maps are an error, unless an element beside them differs already. Linear.
[[nodiscard]] Outcome equal(const Value& left, const Value& right);

// `==` to `>=`.
[[nodiscard]] Value compare(Operator op, const Value& left, const Value& right);

// `+` to `%`.
[[nodiscard]] Value calculate(Operator op, const Value& left, const Value& right);
[[nodiscard]] Value negate(const Value& operand);

// `left in right`: an element of a list, a key of a map. Linear.
[[nodiscard]] Value contained(const Value& left, const Value& right);

// container[key]
[[nodiscard]] Value element(const Value& container, const Value& key);

// container.name
[[nodiscard]] Value member(const Value& container, std::string_view name);

// True if `part` stands somewhere in `text`. Linear: both may come from whoever asks.
[[nodiscard]] bool contains(std::string_view text, std::string_view part);

// Code points of a string, elements of a list, members of a map.
[[nodiscard]] Value size(const Value& operand);

}  // namespace fusebox::policy::detail
