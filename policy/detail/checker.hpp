// Types and literals against the schema, in one walk over the tree.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "policy/detail/ast.hpp"
#include "policy/detail/mistakes.hpp"
#include "policy/detail/pattern.hpp"

namespace fusebox::policy::detail {

// Reports every mistake, fills the nodes' `map_key` and `pattern`, and returns the patterns. An
// operand that is wrong counts as dynamic from there on, so that one mistake is one message.
// Recursion is bounded by kConditionDepthMax.
class Checker {
 public:
  Checker(Ast& ast, Mistakes& mistakes) : ast_(ast), mistakes_(mistakes) {}

  [[nodiscard]] Patterns run() &&;

 private:
  // The tree's structure, members and logic: checker.cpp.
  Type check(AstIndex index);
  Type check_node(AstNode& node);
  void check_operands(const AstNode& node);
  Type check_list(const AstNode& node);
  Type check_symbol(const AstNode& node);
  Type check_select(AstNode& node);
  Type check_index(AstNode& node);
  Type check_negation(const AstNode& node);
  Type check_logical(const AstNode& node, std::string_view spelling);
  Type check_conditional(const AstNode& node);

  // Operators and calls: operator_checks.cpp.
  Type check_binary(AstNode& node);
  void check_equality(const AstNode& node, Type left, Type right);
  void check_order(const AstNode& node, Type left, Type right);
  Type check_arithmetic(const AstNode& node, Type left, Type right);
  void check_in(AstNode& node);
  void check_in_list(const AstNode& needle, Type type, const AstNode& list);
  Type check_call(AstNode& node);
  void check_has(const AstNode& node);
  void check_size(const AstNode& node);
  void check_method(AstNode& node);
  void compile(AstNode& call, const AstNode& pattern);

  void check_enum(const AstNode& name, const AstNode& literal);
  std::optional<std::size_t> key_of(const AstNode& map, std::string_view key, std::size_t place);
  std::optional<std::size_t> literal_key_of(const AstNode& map, const AstNode& key);
  void require_condition(const AstNode& node, Type type, std::string_view where);
  void report_misfit(const AstNode& node, Type left, Type right, std::string expected,
                     std::string hint);
  [[nodiscard]] bool fits_operands(const AstNode& first, Type left, const AstNode& second,
                                   Type right) const;

  [[nodiscard]] Type element_of(const AstNode& container) const {
    return container.kind == AstKind::Symbol ? container.symbol->element : Type::Dynamic;
  }
  [[nodiscard]] static std::string_view name_for(const AstNode& node, Type type) {
    return is_null(node) ? "null" : name_of(type);
  }
  void report(ErrorCode code, std::size_t place, std::string what, std::string expected,
              std::string hint = {}) {
    mistakes_.add({.code = code,
                   .offset = place,
                   .what = std::move(what),
                   .expected = std::move(expected),
                   .hint = std::move(hint)});
  }

  Ast& ast_;
  Mistakes& mistakes_;
  Patterns patterns_;
};

}  // namespace fusebox::policy::detail
