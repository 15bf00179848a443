#include <limits>

#include "policy/detail/names.hpp"
#include "policy/detail/parser.hpp"

namespace fusebox::policy::detail {

AstIndex Parser::member() {
  AstIndex node = primary();
  while (true) {
    if (accept(TokenKind::Dot)) {
      node = selection(node);
    } else if (accept(TokenKind::LeftBracket)) {
      node = subscript(node);
    } else {
      return node;
    }
  }
}

AstIndex Parser::selection(AstIndex operand) {
  if (peek().kind != TokenKind::Identifier) {
    return unexpected("expected the name of a member", "any name can stand in brackets: [\"in\"]");
  }
  if (peek(1).kind == TokenKind::LeftParen) return call(begin_of(operand), operand);
  const Token& token = next();
  return add({.kind = AstKind::Select,
              .place = token.begin,
              .begin = begin_of(operand),
              .end = token.end,
              .operands = {operand},
              .text = std::string(spelling(token))});
}

AstIndex Parser::subscript(AstIndex operand) {
  const std::size_t place = peek().begin;
  const AstIndex index = expression();
  expect(TokenKind::RightBracket, "expected `]`");
  return add({.kind = AstKind::Index,
              .place = place,
              .begin = begin_of(operand),
              .end = last_end_,
              .operands = {operand, index}});
}

AstIndex Parser::primary() {
  switch (peek().kind) {
    case TokenKind::Identifier:
      return peek(1).kind == TokenKind::LeftParen && !is_reserved(spelling(peek()))
                 ? call(peek().begin, std::nullopt)
                 : name();
    case TokenKind::LeftParen:
      return parenthesised();
    case TokenKind::LeftBracket:
      return list();
    case TokenKind::Minus:
    case TokenKind::Integer:
      return number();
    case TokenKind::Double:
      return literal(Value::of(peek().number));
    case TokenKind::Text:
      return literal(Value::of(std::string_view{}), peek().text);
    case TokenKind::True:
      return literal(Value::of(true));
    case TokenKind::False:
      return literal(Value::of(false));
    case TokenKind::Null:
      return literal(Value::null());
    case TokenKind::Invalid: {
      const Token& token = next();
      return add({.place = token.begin, .begin = token.begin, .end = token.end});
    }
    case TokenKind::End:
    case TokenKind::In:
    case TokenKind::RightParen:
    case TokenKind::RightBracket:
    case TokenKind::Dot:
    case TokenKind::Comma:
    case TokenKind::Question:
    case TokenKind::Colon:
    case TokenKind::Or:
    case TokenKind::And:
    case TokenKind::Not:
    case TokenKind::Equal:
    case TokenKind::NotEqual:
    case TokenKind::Less:
    case TokenKind::LessEqual:
    case TokenKind::Greater:
    case TokenKind::GreaterEqual:
    case TokenKind::Plus:
    case TokenKind::Star:
    case TokenKind::Slash:
    case TokenKind::Percent:
      return unexpected("expected a value");
  }
  return unexpected("expected a value");
}

AstIndex Parser::parenthesised() {
  const std::size_t begin = next().begin;
  const AstIndex inner = expression();
  expect(TokenKind::RightParen, "expected `)`");
  ast_.nodes[inner].begin = begin;
  ast_.nodes[inner].end = last_end_;
  return inner;
}

AstIndex Parser::list() {
  const std::size_t begin = next().begin;
  std::vector<AstIndex> elements = arguments(TokenKind::RightBracket);
  return add({.kind = AstKind::List,
              .place = begin,
              .begin = begin,
              .end = last_end_,
              .operands = std::move(elements)});
}

// An integer, or a number behind a minus, which belongs to it: -2^63 has no positive twin.
AstIndex Parser::number() {
  if (peek().kind == TokenKind::Minus && !at_negative_number())
    return unexpected("expected a value");
  const std::size_t begin = peek().begin;
  const bool negative = accept(TokenKind::Minus);
  if (peek().kind == TokenKind::Double) {
    const AstIndex node = literal(Value::of(-peek().number));
    ast_.nodes[node].place = ast_.nodes[node].begin = begin;
    return node;
  }
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t magnitude = peek().magnitude;
  if (magnitude > kMax + (negative ? 1 : 0)) {
    return give_up({.code = ErrorCode::ConditionSyntax,
                    .offset = begin,
                    .what = "the number does not fit 64 bits",
                    .expected = "expected -2^63 to 2^63 - 1",
                    .hint = {}});
  }
  const AstIndex node =
      literal(Value::of(static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude)));
  ast_.nodes[node].place = ast_.nodes[node].begin = begin;
  return node;
}

AstIndex Parser::literal(Value value, std::string text) {
  const Token& token = next();
  return add({.kind = AstKind::Literal,
              .place = token.begin,
              .begin = token.begin,
              .end = token.end,
              .literal = value,
              .text = std::move(text)});
}

// The longest run of dotted identifiers that is a symbol.
AstIndex Parser::name() {
  const Symbol* symbol = nullptr;
  std::size_t length = 0;
  std::string dotted(spelling(peek()));
  for (std::size_t ahead = 0;; ahead += 2) {
    if (const Symbol* found = find_symbol(schema_, dotted)) {
      symbol = found;
      length = ahead + 1;
    }
    const bool goes_on = peek(ahead + 1).kind == TokenKind::Dot &&
                         peek(ahead + 2).kind == TokenKind::Identifier &&
                         is_namespace(schema_, dotted);
    if (!goes_on) break;
    dotted += ".";
    dotted += spelling(peek(ahead + 2));
  }
  if (symbol == nullptr) return unresolved_name();
  const std::size_t begin = peek().begin;
  for (std::size_t i = 0; i < length; ++i) (void)next();
  return add({.kind = AstKind::Symbol,
              .place = begin,
              .begin = begin,
              .end = last_end_,
              .symbol = symbol});
}

AstIndex Parser::unresolved_name() {
  const std::string_view first = spelling(peek());
  if (is_reserved(first) || !hint_for_word(first).empty()) return unexpected("expected a value");
  const std::size_t begin = next().begin;
  const bool has_member = peek().kind == TokenKind::Dot && peek(1).kind == TokenKind::Identifier &&
                          peek(2).kind != TokenKind::LeftParen;
  std::string unknown(first);
  if (is_namespace(schema_, first) && has_member) {
    (void)next();
    unknown += "." + std::string(spelling(next()));
  }
  mistakes_.add(unknown_name(schema_, unknown, begin));
  return add({.place = begin, .begin = begin, .end = last_end_});
}

// At the function's name. What is not a call of a known function keeps its operands, so that their
// mistakes are found too.
AstIndex Parser::call(std::size_t begin, std::optional<AstIndex> receiver) {
  const Token& token = next();
  const FunctionSpec* spec = find_function(spelling(token));
  const bool known = spec != nullptr && spec->method == receiver.has_value();
  if (!known) {
    mistakes_.add(unknown_function(spelling(token), receiver.has_value(), token.begin));
  }
  (void)next();
  std::vector<AstIndex> operands = arguments(TokenKind::RightParen);
  const bool one_argument = operands.size() == 1;
  if (known && !one_argument && !gave_up_) {
    mistakes_.add({.code = ErrorCode::ConditionType,
                   .offset = token.begin,
                   .what = quoted(spelling(token)) + " takes one argument",
                   .expected = "expected 1, not " + std::to_string(operands.size()),
                   .hint = {}});
  }
  if (receiver) operands.insert(operands.begin(), *receiver);
  return add({.kind = known && one_argument ? AstKind::Call : AstKind::Invalid,
              .place = token.begin,
              .begin = begin,
              .end = last_end_,
              .operands = std::move(operands),
              .function = known ? spec->function : Function::Has});
}

// Expressions up to `close`, which is taken. A comma may stand behind the last element of a list.
std::vector<AstIndex> Parser::arguments(TokenKind close) {
  const bool is_list = close == TokenKind::RightBracket;
  std::vector<AstIndex> operands;
  if (accept(close)) return operands;
  do {
    if (is_list && !operands.empty() && peek().kind == close) break;
    operands.push_back(expression());
  } while (accept(TokenKind::Comma));
  expect(close, is_list ? "expected `,` or `]`" : "expected `,` or `)`");
  return operands;
}

}  // namespace fusebox::policy::detail
