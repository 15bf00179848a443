#include "policy/detail/parser.hpp"

#include <array>

#include "policy/detail/names.hpp"

namespace fusebox::policy::detail {

Ast Parser::run() && {
  ast_.root = expression();
  if (peek().kind != TokenKind::End) (void)unexpected("expected an operator or the end");
  return std::move(ast_);
}

AstIndex Parser::expression() {
  if (nesting_ == kConditionDepthMax) return too_deep(peek().begin);
  ++nesting_;
  AstIndex node = disjunction();
  const std::size_t place = peek().begin;
  if (accept(TokenKind::Question)) {
    const AstIndex then = disjunction();
    expect(TokenKind::Colon, "expected the `:` of `? :`");
    const AstIndex otherwise = expression();
    node = add({.kind = AstKind::Conditional,
                .place = place,
                .begin = begin_of(node),
                .end = last_end_,
                .operands = {node, then, otherwise}});
  }
  --nesting_;
  return node;
}

AstIndex Parser::disjunction() {
  std::vector<AstIndex> operands{conjunction()};
  while (accept(TokenKind::Or)) operands.push_back(conjunction());
  return logical(AstKind::Or, std::move(operands));
}

AstIndex Parser::conjunction() {
  std::vector<AstIndex> operands{binary(Level::Relation)};
  while (accept(TokenKind::And)) operands.push_back(binary(Level::Relation));
  return logical(AstKind::And, std::move(operands));
}

// A chain is one node, however it was parenthesised: (a && b) && c and a && (b && c) are the same
// under absorption, and a flat chain costs no depth.
AstIndex Parser::logical(AstKind kind, std::vector<AstIndex> operands) {
  if (operands.size() == 1) return operands.front();
  std::vector<AstIndex> flat;
  for (const AstIndex operand : operands) {
    const AstNode& node = ast_.nodes[operand];
    if (node.kind == kind) {
      flat.insert(flat.end(), node.operands.begin(), node.operands.end());
    } else {
      flat.push_back(operand);
    }
  }
  const std::size_t begin = begin_of(operands.front());
  return add({.kind = kind,
              .place = begin,
              .begin = begin,
              .end = last_end_,
              .operands = std::move(flat)});
}

AstIndex Parser::binary(Level level) {
  const auto tighter = [&] {
    return level == Level::Product ? unary()
                                   : binary(static_cast<Level>(static_cast<int>(level) + 1));
  };
  AstIndex left = tighter();
  while (const BinarySpelling* found = find_binary(peek().kind, level)) {
    const std::size_t place = next().begin;
    const AstIndex right = tighter();
    left = add({.kind = AstKind::Binary,
                .place = place,
                .begin = begin_of(left),
                .end = last_end_,
                .operands = {left, right},
                .op = found->op});
  }
  return left;
}

AstIndex Parser::unary() {
  const TokenKind kind = peek().kind;
  if (kind != TokenKind::Not && kind != TokenKind::Minus) return member();
  std::vector<std::size_t> places;
  while (peek().kind == kind && !at_negative_number()) places.push_back(next().begin);
  AstIndex node = member();
  for (; !places.empty() && !gave_up_; places.pop_back()) {
    node = add({.kind = kind == TokenKind::Not ? AstKind::Not : AstKind::Negate,
                .place = places.back(),
                .begin = places.back(),
                .end = last_end_,
                .operands = {node}});
  }
  return node;
}

const Parser::BinarySpelling* Parser::find_binary(TokenKind token, Level level) {
  static constexpr std::array<BinarySpelling, 12> kBinary{{
      {TokenKind::Equal, Operator::Equal, Level::Relation},
      {TokenKind::NotEqual, Operator::NotEqual, Level::Relation},
      {TokenKind::Less, Operator::Less, Level::Relation},
      {TokenKind::LessEqual, Operator::LessEqual, Level::Relation},
      {TokenKind::Greater, Operator::Greater, Level::Relation},
      {TokenKind::GreaterEqual, Operator::GreaterEqual, Level::Relation},
      {TokenKind::In, Operator::In, Level::Relation},
      {TokenKind::Plus, Operator::Add, Level::Sum},
      {TokenKind::Minus, Operator::Subtract, Level::Sum},
      {TokenKind::Star, Operator::Multiply, Level::Product},
      {TokenKind::Slash, Operator::Divide, Level::Product},
      {TokenKind::Percent, Operator::Modulo, Level::Product},
  }};
  for (const BinarySpelling& spelling : kBinary) {
    if (spelling.token == token && spelling.level == level) return &spelling;
  }
  return nullptr;
}

// INVARIANT: no node is deeper than kConditionDepthMax, which bounds every later recursion.
AstIndex Parser::add(AstNode node) {
  for (const AstIndex operand : node.operands) {
    node.depth = std::max(node.depth, ast_.nodes[operand].depth + 1);
  }
  if (node.depth > kConditionDepthMax) return too_deep(node.place);
  if (ast_.nodes.size() >= kConditionNodesMax) return too_many_parts(node.place);
  ast_.nodes.push_back(std::move(node));
  return static_cast<AstIndex>(ast_.nodes.size() - 1);
}

AstIndex Parser::unexpected(std::string expected, std::string_view hint) {
  const Token& token = peek();
  const std::string_view word = spelling(token);
  const bool reserved = token.kind == TokenKind::Identifier && is_reserved(word);
  ConditionError mistake{.code = ErrorCode::ConditionSyntax,
                         .offset = token.begin,
                         .what = "unexpected " + quoted(word),
                         .expected = std::move(expected),
                         .hint = std::string(hint.empty() ? hint_for_word(word) : hint)};
  if (token.kind == TokenKind::End) mistake.what = "the condition ends too early";
  if (tokens_.size() == 1) mistake.what = "the condition is empty";
  if (reserved) mistake.what = quoted(word) + " is a reserved word";
  gave_up_ = gave_up_ || lexer_reported_;
  return give_up(std::move(mistake));
}

// Reports once, and moves to the end, where every loop stops.
AstIndex Parser::give_up(ConditionError mistake) {
  const std::size_t place = mistake.offset;
  if (!gave_up_) mistakes_.add(std::move(mistake));
  if (!ast_.cut) ast_.cut = last_end_;
  gave_up_ = true;
  cursor_ = tokens_.size() - 1;
  ast_.nodes.push_back({.place = place, .begin = place, .end = place});
  return static_cast<AstIndex>(ast_.nodes.size() - 1);
}

AstIndex Parser::too_deep(std::size_t place) {
  return give_up({.code = ErrorCode::ConditionCost,
                  .offset = place,
                  .what = "the condition is nested too deeply",
                  .expected = "expected at most " + std::to_string(kConditionDepthMax) + " levels",
                  .hint = "split it into several rules"});
}

AstIndex Parser::too_many_parts(std::size_t place) {
  return give_up({.code = ErrorCode::ConditionCost,
                  .offset = place,
                  .what = "the condition has too many parts",
                  .expected = "expected at most " + std::to_string(kConditionNodesMax) +
                              " names, literals and operators",
                  .hint = "split it into several rules"});
}

}  // namespace fusebox::policy::detail
