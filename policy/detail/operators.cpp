#include "policy/detail/operators.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace fusebox::policy::detail {
namespace {

using Kind = Value::Kind;

constexpr std::string_view kNoSuchOverload = "the types do not fit";
constexpr std::string_view kOverflow = "integer overflow";
constexpr std::string_view kDivisionByZero = "division by zero";

bool is_numeric(const Value& value) {
  return value.kind == Kind::Int || value.kind == Kind::Double;
}

Outcome outcome_of(bool decided) { return decided ? Outcome::True : Outcome::False; }

std::partial_ordering reversed(std::partial_ordering order) {
  if (order == std::partial_ordering::less) return std::partial_ordering::greater;
  if (order == std::partial_ordering::greater) return std::partial_ordering::less;
  return order;
}

std::partial_ordering order_numbers(const Value& left, const Value& right) {
  if (left.kind == Kind::Int) {
    if (right.kind == Kind::Int) return left.integer <=> right.integer;
    return compare_exactly(left.integer, right.number);
  }
  if (right.kind == Kind::Double) return left.number <=> right.number;
  return reversed(compare_exactly(right.integer, left.number));
}

// nullopt if the two have no order.
std::optional<std::partial_ordering> order(const Value& left, const Value& right) {
  if (is_numeric(left) && is_numeric(right)) return order_numbers(left, right);
  if (left.kind != right.kind) return std::nullopt;
  if (left.kind == Kind::String) return left.text <=> right.text;
  if (left.kind == Kind::Bool) return left.boolean <=> right.boolean;
  return std::nullopt;
}

// Scalars and nodes that stand at the same place of two lists.
Outcome equal_nodes(const DynamicNode& left, const DynamicNode& right) {
  if (left.kind == DynamicKind::List && right.kind == DynamicKind::List) {
    return outcome_of(left.children == right.children);
  }
  if (left.kind == DynamicKind::Map && right.kind == DynamicKind::Map) return Outcome::Error;
  const bool nested = left.kind == DynamicKind::List || left.kind == DynamicKind::Map ||
                      right.kind == DynamicKind::List || right.kind == DynamicKind::Map;
  return nested ? Outcome::False : equal(Value::of(&left), Value::of(&right));
}

// Preorder and the number of children fix the shape, so two lists are walked side by side without
// recursion, however deep their maker nested them. Pairs of maps are stepped over.
Outcome equal_lists(const DynamicNode& left, const DynamicNode& right) {
  const DynamicNode* a = &left;
  const DynamicNode* const end = a + 1 + a->descendants;
  bool erred = false;
  for (const DynamicNode* b = &right; a < end;) {
    const Outcome same = equal_nodes(*a, *b);
    if (same == Outcome::False) return Outcome::False;
    const bool maps = same == Outcome::Error;
    erred = erred || maps;
    a += 1 + (maps ? a->descendants : 0);
    b += 1 + (maps ? b->descendants : 0);
  }
  return erred ? Outcome::Error : Outcome::True;
}

Value calculate_integers(Operator op, std::int64_t left, std::int64_t right) {
  std::int64_t result = 0;
  bool overflow = false;
  switch (op) {
    case Operator::Add:
      overflow = __builtin_add_overflow(left, right, &result);
      break;
    case Operator::Subtract:
      overflow = __builtin_sub_overflow(left, right, &result);
      break;
    case Operator::Multiply:
      overflow = __builtin_mul_overflow(left, right, &result);
      break;
    case Operator::Divide:
    case Operator::Modulo:
      if (right == 0) return Value::error(kDivisionByZero);
      // Also for `%`, as CEL has it: the quotient behind it does not exist.
      if (left == std::numeric_limits<std::int64_t>::min() && right == -1) {
        return Value::error(kOverflow);
      }
      result = op == Operator::Divide ? left / right : left % right;
      break;
    case Operator::Equal:
    case Operator::NotEqual:
    case Operator::Less:
    case Operator::LessEqual:
    case Operator::Greater:
    case Operator::GreaterEqual:
    case Operator::In:
      FUSEBOX_ASSERT(false);
  }
  return overflow ? Value::error(kOverflow) : Value::of(result);
}

Value calculate_doubles(Operator op, double left, double right) {
  switch (op) {
    case Operator::Add:
      return Value::of(left + right);
    case Operator::Subtract:
      return Value::of(left - right);
    case Operator::Multiply:
      return Value::of(left * right);
    case Operator::Divide:
      return Value::of(left / right);
    case Operator::Modulo:
      return Value::error(kNoSuchOverload);
    case Operator::Equal:
    case Operator::NotEqual:
    case Operator::Less:
    case Operator::LessEqual:
    case Operator::Greater:
    case Operator::GreaterEqual:
    case Operator::In:
      break;
  }
  FUSEBOX_ASSERT(false);
  return {};
}

bool holds(Operator op, std::partial_ordering order) {
  switch (op) {
    case Operator::Less:
      return order < 0;
    case Operator::LessEqual:
      return order <= 0;
    case Operator::Greater:
      return order > 0;
    case Operator::GreaterEqual:
      return order >= 0;
    case Operator::Equal:
    case Operator::NotEqual:
    case Operator::Add:
    case Operator::Subtract:
    case Operator::Multiply:
    case Operator::Divide:
    case Operator::Modulo:
    case Operator::In:
      break;
  }
  FUSEBOX_ASSERT(false);
  return false;
}

// The usual `in`, such as that of an outcome in a list of them: texts equal only texts.
bool contains_text(const DynamicNode& list, std::string_view text) {
  const DynamicNode* child = &list + 1;
  for (std::uint32_t i = 0; i < list.children; ++i, child += 1 + child->descendants) {
    if (child->kind == DynamicKind::String && same_text(child->text, text)) return true;
  }
  return false;
}

Value contained_in_list(const Value& needle, const DynamicNode& list) {
  if (needle.kind == Kind::String) return Value::of(contains_text(list, needle.text));
  const DynamicNode* child = &list + 1;
  bool erred = false;
  for (std::uint32_t i = 0; i < list.children; ++i) {
    const Outcome same = equal(needle, Value::of(child));
    if (same == Outcome::True) return Value::of(true);
    erred = erred || same == Outcome::Error;
    child += 1 + child->descendants;
  }
  return erred ? Value::error("maps do not compare") : Value::of(false);
}

}  // namespace

std::partial_ordering compare_exactly(std::int64_t left, double right) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(right)) return std::partial_ordering::unordered;
  if (right >= kTwoTo63) return std::partial_ordering::less;
  if (right < -kTwoTo63) return std::partial_ordering::greater;
  const auto whole = static_cast<std::int64_t>(right);  // towards zero, and exact by the range
  if (left != whole) return left <=> whole;
  return 0.0 <=> right - static_cast<double>(whole);
}

Outcome equal(const Value& left, const Value& right) {
  if (is_numeric(left) && is_numeric(right)) return outcome_of(order_numbers(left, right) == 0);
  if (left.kind != right.kind) return Outcome::False;
  switch (left.kind) {
    case Kind::Null:
      return Outcome::True;
    case Kind::Bool:
      return outcome_of(left.boolean == right.boolean);
    case Kind::String:
      return outcome_of(left.text == right.text);
    case Kind::Dynamic:
      if (left.dynamic->kind != right.dynamic->kind) return Outcome::False;
      return left.dynamic->kind == DynamicKind::List ? equal_lists(*left.dynamic, *right.dynamic)
                                                     : Outcome::Error;
    case Kind::Error:
    case Kind::Int:
    case Kind::Double:
      break;
  }
  FUSEBOX_ASSERT(false);
  return Outcome::Error;
}

Value compare(Operator op, const Value& left, const Value& right) {
  if (left.kind == Kind::Error) return left;
  if (right.kind == Kind::Error) return right;
  if (op == Operator::Equal || op == Operator::NotEqual) {
    const Outcome same = equal(left, right);
    if (same == Outcome::Error) return Value::error("maps do not compare");
    return Value::of((same == Outcome::True) == (op == Operator::Equal));
  }
  const std::optional<std::partial_ordering> found = order(left, right);
  return found ? Value::of(holds(op, *found)) : Value::error(kNoSuchOverload);
}

Value calculate(Operator op, const Value& left, const Value& right) {
  if (left.kind == Kind::Error) return left;
  if (right.kind == Kind::Error) return right;
  if (left.kind != right.kind) return Value::error(kNoSuchOverload);
  if (left.kind == Kind::Int) return calculate_integers(op, left.integer, right.integer);
  if (left.kind == Kind::Double) return calculate_doubles(op, left.number, right.number);
  return Value::error(kNoSuchOverload);
}

Value negate(const Value& operand) {
  if (operand.kind == Kind::Error) return operand;
  if (operand.kind == Kind::Double) return Value::of(-operand.number);
  if (operand.kind == Kind::Int) return calculate_integers(Operator::Subtract, 0, operand.integer);
  return Value::error(kNoSuchOverload);
}

Value contained(const Value& left, const Value& right) {
  if (left.kind == Kind::Error) return left;
  if (right.kind == Kind::Error) return right;
  if (right.kind != Kind::Dynamic) return Value::error(kNoSuchOverload);
  if (right.dynamic->kind == DynamicKind::List) return contained_in_list(left, *right.dynamic);
  if (left.kind != Kind::String) return Value::error(kNoSuchOverload);
  return Value::of(find_member(*right.dynamic, left.text) != nullptr);
}

Value element(const Value& container, const Value& key) {
  if (container.kind == Kind::Error) return container;
  if (key.kind == Kind::Error) return key;
  if (container.kind != Kind::Dynamic) return Value::error(kNoSuchOverload);
  const bool list = container.dynamic->kind == DynamicKind::List;
  if (list && key.kind == Kind::Int)
    return Value::of(find_element(*container.dynamic, key.integer));
  if (!list && key.kind == Kind::String)
    return Value::of(find_member(*container.dynamic, key.text));
  return Value::error(kNoSuchOverload);
}

Value member(const Value& container, std::string_view name) {
  return element(container, Value::of(name));
}

// Not string_view::find, which is quadratic for texts made to be so. glibc's memmem is two-way
// search: linear, and without memory of its own.
bool contains(std::string_view text, std::string_view part) {
  if (part.empty()) return true;
  if (part.size() > text.size()) return false;
  return memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

Value size(const Value& operand) {
  const auto starts_code_point = [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  };
  switch (operand.kind) {
    case Kind::Error:
      return operand;
    case Kind::String:
      return Value::of(
          std::int64_t{std::count_if(operand.text.begin(), operand.text.end(), starts_code_point)});
    case Kind::Dynamic:
      return Value::of(std::int64_t{operand.dynamic->children});
    case Kind::Null:
    case Kind::Bool:
    case Kind::Int:
    case Kind::Double:
      return Value::error(kNoSuchOverload);
  }
  FUSEBOX_ASSERT(false);
  return {};
}

}  // namespace fusebox::policy::detail
