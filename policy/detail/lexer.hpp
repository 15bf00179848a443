// Text to tokens. Linear; every lexical mistake is reported and leaves a token the parser can use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/detail/mistakes.hpp"

namespace fusebox::policy::detail {

enum class TokenKind : std::uint8_t {
  End,
  Invalid,  // a literal that was reported; it parses as a value of any type
  Identifier,
  Integer,
  Double,
  Text,
  True,
  False,
  Null,
  In,
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  Dot,
  Comma,
  Question,
  Colon,
  Or,
  And,
  Not,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Plus,
  Minus,
  Star,
  Slash,
  Percent,
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::size_t begin = 0;  // byte offsets into the condition
  std::size_t end = 0;
  std::uint64_t magnitude = 0;  // Integer: without its sign
  double number = 0;            // Double
  std::string text = {};        // Text: decoded
};

// The tokens of `text`, which is valid UTF-8; the last is End.
[[nodiscard]] std::vector<Token> lex(std::string_view text, Mistakes& mistakes);

}  // namespace fusebox::policy::detail
