#include "policy/detail/checker.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "policy/detail/types.hpp"

namespace fusebox::policy::detail {
namespace {

// How a value that is no condition becomes one.
std::string comparison_hint(Type type) {
  if (type == Type::String) return "compare it, for example != \"\"";
  if (is_numeric(type)) return "compare it, for example > 0";
  return {};
}

}  // namespace

Patterns Checker::run() && {
  const Type type = check(ast_.root);
  require_condition(ast_.nodes[ast_.root], type, "a condition");
  return std::move(patterns_);
}

// What a syntax error cut off may have been about to become anything.
Type Checker::check(AstIndex index) {
  AstNode& node = ast_.nodes[index];
  const Type type = check_node(node);
  return ast_.cut == node.end ? Type::Dynamic : type;
}

Type Checker::check_node(AstNode& node) {
  switch (node.kind) {
    case AstKind::Invalid:
      check_operands(node);
      return Type::Dynamic;
    case AstKind::Literal:
      return literal_type(node);
    case AstKind::List:
      return check_list(node);
    case AstKind::Symbol:
      return check_symbol(node);
    case AstKind::Select:
      return check_select(node);
    case AstKind::Index:
      return check_index(node);
    case AstKind::Not:
      return check_logical(node, "!");
    case AstKind::Negate:
      return check_negation(node);
    case AstKind::Binary:
      return check_binary(node);
    case AstKind::And:
      return check_logical(node, "&&");
    case AstKind::Or:
      return check_logical(node, "||");
    case AstKind::Conditional:
      return check_conditional(node);
    case AstKind::Call:
      return check_call(node);
  }
  FUSEBOX_ASSERT(false);
  return Type::Dynamic;
}

void Checker::check_operands(const AstNode& node) {
  for (const AstIndex operand : node.operands) (void)check(operand);
}

Type Checker::check_list(const AstNode& node) {
  for (const AstIndex index : node.operands) {
    const AstNode& element = ast_.nodes[index];
    (void)check(index);
    const bool literal = element.kind == AstKind::Literal || element.kind == AstKind::List ||
                         element.kind == AstKind::Invalid;
    if (literal) continue;
    report(ErrorCode::ConditionType, element.begin, "a list holds literals, and this is none",
           "expected a literal", "write x == a || x == b");
  }
  return Type::List;
}

Type Checker::check_symbol(const AstNode& node) {
  if (!is_keyed_map(node)) return node.symbol->type;
  const std::string name(node.symbol->name);
  report(ErrorCode::ConditionType, node.place, quoted(name) + " has no value of its own",
         "expected one of its members",
         "write " + name + "[\"" + std::string(node.symbol->literals.front()) + "\"]");
  return Type::Dynamic;
}

Type Checker::check_select(AstNode& node) {
  const AstNode& operand = ast_.operand(node, 0);
  if (is_keyed_map(operand)) {
    node.map_key = key_of(operand, node.text, node.place);
    return operand.symbol->element;
  }
  const Type type = check(node.operands[0]);
  if (type == Type::Map || type == Type::Dynamic) return element_of(operand);
  report(ErrorCode::ConditionType, node.place,
         std::string(name_of(type)) + " has no member " + quoted(node.text), "expected a map");
  return Type::Dynamic;
}

Type Checker::check_index(AstNode& node) {
  const AstNode& operand = ast_.operand(node, 0);
  const AstNode& key = ast_.operand(node, 1);
  if (is_keyed_map(operand)) {
    node.map_key = literal_key_of(operand, key);
    return operand.symbol->element;
  }
  const Type type = check(node.operands[0]);
  const Type key_type = check(node.operands[1]);
  const bool by_text = type == Type::Map || type == Type::Dynamic;
  const bool by_number = type == Type::List || type == Type::Dynamic;
  if (!by_text && !by_number) {
    report(ErrorCode::ConditionType, node.place, std::string(name_of(type)) + " has no members",
           "expected a map or a list");
    return Type::Dynamic;
  }
  const bool fits = (by_text && key_type == Type::String) || (by_number && key_type == Type::Int) ||
                    key_type == Type::Dynamic;
  if (!fits || is_null(key)) {
    report(ErrorCode::ConditionType, key.place,
           std::string(name_of(type)) + " takes no " + std::string(name_for(key, key_type)) +
               " in brackets",
           by_text && by_number ? "expected a string or an int"
           : by_text            ? "expected a string"
                                : "expected an int");
  }
  return element_of(operand);
}

Type Checker::check_negation(const AstNode& node) {
  const Type type = check(node.operands[0]);
  if (is_numeric(type) || type == Type::Dynamic) return type;
  report(ErrorCode::ConditionType, node.place, "`-` does not fit " + std::string(name_of(type)),
         "expected a number");
  return Type::Dynamic;
}

Type Checker::check_logical(const AstNode& node, std::string_view spelling) {
  for (const AstIndex operand : node.operands) {
    require_condition(ast_.nodes[operand], check(operand), "an operand of " + quoted(spelling));
  }
  return Type::Bool;
}

Type Checker::check_conditional(const AstNode& node) {
  require_condition(ast_.operand(node, 0), check(node.operands[0]), "the choice of `? :`");
  const Type then = check(node.operands[1]);
  const Type otherwise = check(node.operands[2]);
  const std::optional<Type> type = common_type(then, otherwise);
  if (type) return *type;
  report(ErrorCode::ConditionType, node.place,
         "the branches of `? :` are " + std::string(name_of(then)) + " and " +
             std::string(name_of(otherwise)),
         "expected the same type in both");
  return Type::Dynamic;
}

// `node`, in the place that `where` names, must be true or false.
void Checker::require_condition(const AstNode& node, Type type, std::string_view where) {
  if (type == Type::Bool || (type == Type::Dynamic && !is_null(node))) return;
  report(ErrorCode::ConditionType, node.begin,
         std::string(where) + " is true or false, and this is " + std::string(name_for(node, type)),
         "expected bool", comparison_hint(type));
}

std::optional<std::size_t> Checker::literal_key_of(const AstNode& map, const AstNode& key) {
  if (is_text(key)) return key_of(map, key.text, key.place);
  report(ErrorCode::ConditionType, key.begin,
         "the key of " + quoted(map.symbol->name) + " is not a string literal",
         "expected " + join_or(map.symbol->literals));
  return std::nullopt;
}

std::optional<std::size_t> Checker::key_of(const AstNode& map, std::string_view key,
                                           std::size_t place) {
  const auto keys = map.symbol->literals;
  const auto found = std::find(keys.begin(), keys.end(), key);
  if (found != keys.end()) return static_cast<std::size_t>(found - keys.begin());
  report(ErrorCode::ConditionLiteral, place,
         quoted(map.symbol->name) + " has no member " + quoted(key), "expected " + join_or(keys),
         did_you_mean(nearest(key, keys)));
  return std::nullopt;
}

}  // namespace fusebox::policy::detail
