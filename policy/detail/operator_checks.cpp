#include <algorithm>
#include <variant>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "policy/detail/checker.hpp"
#include "policy/detail/types.hpp"

namespace fusebox::policy::detail {

Type Checker::check_binary(AstNode& node) {
  if (node.op == Operator::In) {
    check_in(node);
    return Type::Bool;
  }
  const Type left = check(node.operands[0]);
  const Type right = check(node.operands[1]);
  switch (node.op) {
    case Operator::Add:
    case Operator::Subtract:
    case Operator::Multiply:
    case Operator::Divide:
    case Operator::Modulo:
      return check_arithmetic(node, left, right);
    case Operator::Equal:
    case Operator::NotEqual:
      check_equality(node, left, right);
      return Type::Bool;
    case Operator::Less:
    case Operator::LessEqual:
    case Operator::Greater:
    case Operator::GreaterEqual:
      check_order(node, left, right);
      return Type::Bool;
    case Operator::In:
      break;
  }
  FUSEBOX_ASSERT(false);
  return Type::Bool;
}

Type Checker::check_arithmetic(const AstNode& node, Type left, Type right) {
  const bool null = is_null(ast_.operand(node, 0)) || is_null(ast_.operand(node, 1));
  const std::optional<Type> type = arithmetic_type(node.op, left, right);
  if (type && !null) return *type;
  std::string hint;
  if (is_numeric(left) && is_numeric(right) && left != right) {
    hint = "int and double compare with each other but do not mix here: write 1000.0 for 1000";
  } else if (node.op == Operator::Add && left == Type::String && right == Type::String) {
    hint = "strings are not joined in conditions";
  }
  report_misfit(
      node, left, right,
      node.op == Operator::Modulo ? "expected two ints" : "expected two ints or two doubles",
      std::move(hint));
  return Type::Dynamic;
}

void Checker::check_equality(const AstNode& node, Type left, Type right) {
  const AstNode& first = ast_.operand(node, 0);
  const AstNode& second = ast_.operand(node, 1);
  check_enum(first, second);
  check_enum(second, first);
  if (fits_operands(first, left, second, right)) return;
  std::string hint;
  if (left == Type::Map && right == Type::Map) {
    hint = "compare the members that matter";
  } else if (is_null(first) || is_null(second)) {
    hint = "an absent string is \"\", an absent number makes the condition an error";
  }
  report_misfit(node, left, right, "expected operands of one type", std::move(hint));
}

// Whether `==` can ever say true about the two. Only dynamic values are ever null.
bool Checker::fits_operands(const AstNode& first, Type left, const AstNode& second,
                            Type right) const {
  if (is_null(first)) return right == Type::Dynamic;
  if (is_null(second)) return left == Type::Dynamic;
  return fits_equality(left, right);
}

void Checker::check_order(const AstNode& node, Type left, Type right) {
  const bool null = is_null(ast_.operand(node, 0)) || is_null(ast_.operand(node, 1));
  if (!null && fits_order(left, right)) return;
  report_misfit(node, left, right, "expected two numbers, two strings or two bools", {});
}

void Checker::check_in(AstNode& node) {
  const AstNode& needle = ast_.operand(node, 0);
  const AstNode& container = ast_.operand(node, 1);
  const Type type = check(node.operands[0]);
  if (is_keyed_map(container)) {
    node.map_key = literal_key_of(container, needle);
    return;
  }
  const Type container_type = check(node.operands[1]);
  if (container.kind == AstKind::List) return check_in_list(needle, type, container);
  bool fits = container_type == Type::Dynamic && !is_null(container);
  if (container_type == Type::Map) fits = type == Type::String || type == Type::Dynamic;
  if (container_type == Type::List) fits = fits_equality(type, element_of(container));
  if (fits) return;
  report_misfit(node, type, container_type, "expected a list, or a string and a map",
                container_type == Type::String ? "write x.contains(y) for a part of a string" : "");
}

void Checker::check_in_list(const AstNode& needle, Type type, const AstNode& list) {
  for (const AstIndex index : list.operands) {
    const AstNode& element = ast_.nodes[index];
    const Type element_type = literal_type(element);
    check_enum(needle, element);
    if (fits_operands(needle, type, element, element_type)) continue;
    report(ErrorCode::ConditionType, element.place,
           "`in` compares " + std::string(name_for(needle, type)) + " with " +
               std::string(name_for(element, element_type)),
           "expected elements of the type on the left");
  }
}

// A string that only ever has some values never equals another.
void Checker::check_enum(const AstNode& name, const AstNode& literal) {
  if (name.kind != AstKind::Symbol || name.symbol->type != Type::String) return;
  const auto values = name.symbol->literals;
  if (values.empty() || !is_text(literal)) return;
  if (std::find(values.begin(), values.end(), literal.text) != values.end()) return;
  report(ErrorCode::ConditionLiteral, literal.place,
         quoted(name.symbol->name) + " is never " + quoted(literal.text),
         "expected " + join_or(values), did_you_mean(nearest(literal.text, values)));
}

Type Checker::check_call(AstNode& node) {
  switch (node.function) {
    case Function::Has:
      check_has(node);
      return Type::Bool;
    case Function::Size:
      check_size(node);
      return Type::Int;
    case Function::StartsWith:
    case Function::EndsWith:
    case Function::Contains:
    case Function::Matches:
      check_method(node);
      return Type::Bool;
  }
  FUSEBOX_ASSERT(false);
  return Type::Bool;
}

void Checker::check_has(const AstNode& node) {
  const AstNode& operand = ast_.operand(node, 0);
  (void)check(node.operands[0]);
  const bool dotted_symbol =
      operand.kind == AstKind::Symbol && operand.symbol->name.find('.') != std::string_view::npos;
  if (dotted_symbol || operand.kind == AstKind::Select || operand.kind == AstKind::Invalid) return;
  report(ErrorCode::ConditionType, operand.begin, "`has` asks whether a member is there",
         "expected a member, as in has(args.path)",
         operand.kind == AstKind::Index ? "write \"key\" in map" : "");
}

void Checker::check_size(const AstNode& node) {
  const AstNode& operand = ast_.operand(node, 0);
  const Type type = check(node.operands[0]);
  const bool sized = type == Type::String || type == Type::List || type == Type::Map ||
                     (type == Type::Dynamic && !is_null(operand));
  if (sized) return;
  report(ErrorCode::ConditionType, operand.begin,
         std::string(name_for(operand, type)) + " has no size", "expected a string, list or map");
}

void Checker::check_method(AstNode& node) {
  for (const AstIndex index : node.operands) {
    const AstNode& operand = ast_.nodes[index];
    const Type type = check(index);
    if (type == Type::String || (type == Type::Dynamic && !is_null(operand))) continue;
    report(ErrorCode::ConditionType, operand.begin,
           "a string function does not fit " + std::string(name_for(operand, type)),
           "expected string");
  }
  if (node.function == Function::Matches) compile(node, ast_.operand(node, 1));
}

void Checker::compile(AstNode& call, const AstNode& pattern) {
  if (pattern.kind == AstKind::Invalid) return;
  if (!is_text(pattern)) {
    return report(ErrorCode::ConditionType, pattern.begin,
                  "the pattern of `matches` is not a literal", "expected a string literal",
                  "it is compiled when the condition is loaded");
  }
  if (patterns_.size() == kConditionPatternsMax) {
    return report(ErrorCode::ConditionCost, pattern.begin, "the condition has too many patterns",
                  "expected at most " + std::to_string(kConditionPatternsMax),
                  "join patterns with | or split the rule");
  }
  auto compiled = compile_pattern(pattern.text);
  if (const std::string* why = std::get_if<std::string>(&compiled)) {
    return report(ErrorCode::ConditionRegex, pattern.begin, "no such pattern: " + *why,
                  "expected an RE2 regular expression", "a backslash in a string is written \\\\");
  }
  call.pattern = patterns_.size();
  patterns_.push_back(std::get<Pattern>(std::move(compiled)));
}

void Checker::report_misfit(const AstNode& node, Type left, Type right, std::string expected,
                            std::string hint) {
  report(ErrorCode::ConditionType, node.place,
         quoted(spelling_of(node.op)) + " does not fit " +
             std::string(name_for(ast_.operand(node, 0), left)) + " and " +
             std::string(name_for(ast_.operand(node, 1), right)),
         std::move(expected), std::move(hint));
}

}  // namespace fusebox::policy::detail
