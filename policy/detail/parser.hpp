// Tokens to a syntax tree by recursive descent over CEL's grammar. Names are resolved on the way,
// because only the schema knows how many dots belong to one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/detail/ast.hpp"
#include "policy/detail/lexer.hpp"
#include "policy/detail/mistakes.hpp"

namespace fusebox::policy::detail {

// The tree is well-formed even after mistakes: what did not parse is Invalid. Recursion is bounded
// by kConditionDepthMax, work by the number of tokens. The first syntax error ends the parse;
// mistakes in names do not.
class Parser {
 public:
  Parser(std::string_view text, const std::vector<Token>& tokens, const Schema& schema,
         Mistakes& mistakes)
      : text_(text),
        tokens_(tokens),
        schema_(schema),
        mistakes_(mistakes),
        lexer_reported_(!mistakes.empty()) {}

  [[nodiscard]] Ast run() &&;

 private:
  // Binary operators by level, loosest first; all associate to the left.
  enum class Level : std::uint8_t { Relation, Sum, Product };
  struct BinarySpelling {
    TokenKind token;
    Operator op;
    Level level;
  };
  static const BinarySpelling* find_binary(TokenKind token, Level level);

  // Operators, loosest first: parser.cpp.
  AstIndex expression();
  AstIndex disjunction();
  AstIndex conjunction();
  AstIndex binary(Level level);
  AstIndex unary();
  // What operators stand between: operands.cpp.
  AstIndex member();
  AstIndex selection(AstIndex operand);
  AstIndex subscript(AstIndex operand);
  AstIndex primary();
  AstIndex parenthesised();
  AstIndex list();
  AstIndex number();
  AstIndex literal(Value value, std::string text = {});
  AstIndex name();
  AstIndex unresolved_name();
  AstIndex call(std::size_t begin, std::optional<AstIndex> receiver);
  std::vector<AstIndex> arguments(TokenKind close);

  // Building nodes, and the ways to fail. Each returns a node, Invalid if need be.
  AstIndex logical(AstKind kind, std::vector<AstIndex> operands);
  AstIndex add(AstNode node);
  AstIndex unexpected(std::string expected, std::string_view hint = {});
  AstIndex give_up(ConditionError mistake);
  AstIndex too_deep(std::size_t place);
  AstIndex too_many_parts(std::size_t place);

  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(cursor_ + ahead, tokens_.size() - 1)];
  }
  const Token& next() {
    const Token& token = peek();
    cursor_ = std::min(cursor_ + 1, tokens_.size() - 1);
    last_end_ = token.end;
    return token;
  }
  bool accept(TokenKind kind) {
    if (peek().kind != kind) return false;
    (void)next();
    return true;
  }
  void expect(TokenKind kind, std::string expected) {
    if (!accept(kind)) (void)unexpected(std::move(expected));
  }
  [[nodiscard]] bool at_negative_number() const {
    const TokenKind follows = peek(1).kind;
    return peek().kind == TokenKind::Minus &&
           (follows == TokenKind::Integer || follows == TokenKind::Double);
  }
  [[nodiscard]] std::string_view spelling(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }
  [[nodiscard]] std::size_t begin_of(AstIndex node) const { return ast_.nodes[node].begin; }

  std::string_view text_;
  const std::vector<Token>& tokens_;
  const Schema& schema_;
  Mistakes& mistakes_;
  bool lexer_reported_;  // then a syntax error is most likely its echo, and stays unsaid
  bool gave_up_ = false;
  std::size_t cursor_ = 0;
  std::size_t last_end_ = 0;  // end of the token taken last
  std::size_t nesting_ = 0;
  Ast ast_;
};

}  // namespace fusebox::policy::detail
