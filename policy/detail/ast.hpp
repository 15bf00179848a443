// The syntax tree of one condition: nodes in one vector, children before their parents. Lives from
// parse to lowering.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/value.hpp"

namespace fusebox::policy::detail {

enum class Operator : std::uint8_t {
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  In,
};

// "+", "==", "in": as in a condition.
[[nodiscard]] std::string_view spelling_of(Operator op);

enum class Function : std::uint8_t { Has, Size, StartsWith, EndsWith, Contains, Matches };

struct FunctionSpec {
  std::string_view name;
  Function function;
  bool method;  // x.f(y); otherwise f(x)
};
[[nodiscard]] const FunctionSpec* find_function(std::string_view name);

enum class AstKind : std::uint8_t {
  Invalid,  // reported; fits anywhere
  Literal,
  List,    // operands: elements
  Symbol,  // a name of the schema
  Select,  // operand `.text`
  Index,   // operand [operand]
  Not,
  Negate,
  Binary,
  And,  // two operands or more
  Or,
  Conditional,  // condition, then, else
  Call,         // a method's receiver is the first operand
};

using AstIndex = std::uint32_t;

struct AstNode {
  AstKind kind = AstKind::Invalid;
  std::size_t place = 0;  // where a mistake about this node stands: its operator, or its start
  std::size_t begin = 0;  // the source it spans
  std::size_t end = 0;
  std::size_t depth = 1;  // 1 for a leaf
  std::vector<AstIndex> operands = {};

  Operator op = Operator::Add;              // Binary
  Function function = Function::Has;        // Call
  Value literal = {};                       // Literal; text of a String is `text`
  std::string text = {};                    // Literal String; Select: the member
  const policy::Symbol* symbol = nullptr;   // Symbol
  std::optional<std::size_t> map_key = {};  // Select, Index, In: which literal of a map's keys
  std::size_t pattern = 0;                  // Call of matches: index into the checker's patterns
};

struct Ast {
  std::vector<AstNode> nodes;
  AstIndex root = 0;
  // Where a syntax error cut the parse off: a node that ends here may be a part of what was meant.
  std::optional<std::size_t> cut = {};

  [[nodiscard]] const AstNode& operand(const AstNode& node, std::size_t i) const {
    return nodes[node.operands[i]];
  }
};

[[nodiscard]] inline bool is_text(const AstNode& node) {
  return node.kind == AstKind::Literal && node.literal.kind == Value::Kind::String;
}
[[nodiscard]] inline bool is_null(const AstNode& node) {
  return node.kind == AstKind::Literal && node.literal.kind == Value::Kind::Null;
}
// A map symbol whose keys are declared: it has members, and no value of its own.
[[nodiscard]] inline bool is_keyed_map(const AstNode& node) {
  return node.kind == AstKind::Symbol && node.symbol->type == Type::Map &&
         !node.symbol->literals.empty();
}

}  // namespace fusebox::policy::detail
