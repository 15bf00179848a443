// Which static types an operator takes. A dynamic operand fits wherever some type would.
#pragma once

#include <optional>

#include "policy/detail/ast.hpp"
#include "policy/value.hpp"

namespace fusebox::policy::detail {

// The type of a literal or a list of them; null is dynamic, as is what did not parse.
[[nodiscard]] Type literal_type(const AstNode& node);

[[nodiscard]] bool is_numeric(Type type);

// `==` and `!=`: the same type, numbers with each other; maps never compare.
[[nodiscard]] bool fits_equality(Type left, Type right);

// `<` and its like: numbers with each other, strings, bools.
[[nodiscard]] bool fits_order(Type left, Type right);

// The type of `left op right` for arithmetic operators; nullopt if they do not fit.
[[nodiscard]] std::optional<Type> arithmetic_type(Operator op, Type left, Type right);

// The type that both branches of `? :` share; nullopt if there is none.
[[nodiscard]] std::optional<Type> common_type(Type left, Type right);

}  // namespace fusebox::policy::detail
