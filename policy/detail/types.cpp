#include "policy/detail/types.hpp"

#include "base/assert.hpp"

namespace fusebox::policy::detail {
namespace {

bool is_ordered(Type type) {
  return is_numeric(type) || type == Type::String || type == Type::Bool || type == Type::Dynamic;
}

}  // namespace

Type literal_type(const AstNode& node) {
  if (node.kind == AstKind::List) return Type::List;
  switch (node.literal.kind) {
    case Value::Kind::Bool:
      return Type::Bool;
    case Value::Kind::Int:
      return Type::Int;
    case Value::Kind::Double:
      return Type::Double;
    case Value::Kind::String:
      return Type::String;
    case Value::Kind::Error:
    case Value::Kind::Null:
    case Value::Kind::Dynamic:
      return Type::Dynamic;
  }
  FUSEBOX_ASSERT(false);
  return Type::Dynamic;
}

bool is_numeric(Type type) { return type == Type::Int || type == Type::Double; }

bool fits_equality(Type left, Type right) {
  if (left == Type::Map && right == Type::Map) return false;
  if (left == Type::Dynamic || right == Type::Dynamic) return true;
  return left == right || (is_numeric(left) && is_numeric(right));
}

bool fits_order(Type left, Type right) {
  if (!is_ordered(left) || !is_ordered(right)) return false;
  return fits_equality(left, right);
}

std::optional<Type> arithmetic_type(Operator op, Type left, Type right) {
  const std::optional<Type> type = common_type(left, right);
  if (!type) return std::nullopt;
  const Type known = left == Type::Dynamic ? right : left;
  const bool fits = known == Type::Dynamic || known == Type::Int ||
                    (known == Type::Double && op != Operator::Modulo);
  if (!fits) return std::nullopt;
  return known;
}

std::optional<Type> common_type(Type left, Type right) {
  if (left == right) return left;
  if (left == Type::Dynamic || right == Type::Dynamic) return Type::Dynamic;
  return std::nullopt;
}

}  // namespace fusebox::policy::detail
