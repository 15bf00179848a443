#include "policy/detail/lexer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include "policy/detail/string_literal.hpp"

namespace fusebox::policy::detail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) { return is_name_start(c) || is_digit(c); }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

struct Spelling {
  std::string_view text;
  TokenKind kind;
};

// Longer spellings first.
constexpr std::array<Spelling, 22> kPunctuation{{
    {"||", TokenKind::Or},          {"&&", TokenKind::And},       {"==", TokenKind::Equal},
    {"!=", TokenKind::NotEqual},    {"<=", TokenKind::LessEqual}, {">=", TokenKind::GreaterEqual},
    {"<", TokenKind::Less},         {">", TokenKind::Greater},    {"!", TokenKind::Not},
    {"(", TokenKind::LeftParen},    {")", TokenKind::RightParen}, {"[", TokenKind::LeftBracket},
    {"]", TokenKind::RightBracket}, {".", TokenKind::Dot},        {",", TokenKind::Comma},
    {"?", TokenKind::Question},     {":", TokenKind::Colon},      {"+", TokenKind::Plus},
    {"-", TokenKind::Minus},        {"*", TokenKind::Star},       {"/", TokenKind::Slash},
    {"%", TokenKind::Percent},
}};

constexpr std::array<Spelling, 4> kWords{{
    {"true", TokenKind::True},
    {"false", TokenKind::False},
    {"null", TokenKind::Null},
    {"in", TokenKind::In},
}};

struct Confusion {
  std::string_view text;
  std::string_view hint;
};

// What people type who think of another language, or whose editor is too clever.
constexpr std::array<Confusion, 8> kConfusions{{
    {"=", "write == to compare"},
    {"&", "write && for and"},
    {"|", "write || for or"},
    {"`", "write [\"name\"] for a member with an unusual name"},
    {"{", "there are no map literals here"},
    {"\u201C", "write a plain \" as quote"},
    {"\u201D", "write a plain \" as quote"},
    {"\u2019", "write a plain ' as quote"},
}};

std::string_view hint_for(std::string_view rest) {
  for (const Confusion& confusion : kConfusions) {
    if (rest.starts_with(confusion.text)) return confusion.hint;
  }
  return {};
}

// A character for a message; control characters by their number.
std::string describe(std::string_view character) {
  const auto byte = static_cast<unsigned char>(character.front());
  if (byte >= 0x20 && byte != 0x7F) return quoted(character);
  constexpr std::string_view kHex = "0123456789abcdef";
  return std::string("byte 0x") + kHex[byte >> 4] + kHex[byte & 0xF];
}

class Lexer {
 public:
  Lexer(std::string_view text, Mistakes& mistakes) : text_(text), mistakes_(mistakes) {}

  std::vector<Token> run() && {
    for (skip_blank(); pos_ < text_.size(); skip_blank()) take_token();
    tokens_.push_back({.kind = TokenKind::End, .begin = text_.size(), .end = text_.size()});
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
  }

  // White space, and comments to the end of the line.
  void skip_blank() {
    for (; pos_ < text_.size(); ++pos_) {
      if (text_.substr(pos_).starts_with("//"))
        pos_ = std::min(text_.find('\n', pos_), text_.size());
      if (!is_space(peek())) return;
    }
  }

  void take_token();
  void take_name();
  void take_string(std::size_t begin);
  void take_number();
  bool skip_hex_digits();
  bool skip_decimal();
  void skip_digits();
  void reject_number(std::size_t begin);
  void take_integer(std::size_t begin, std::size_t digits, int base);
  void take_double(std::size_t begin);
  void take_punctuation();
  void take_unexpected();

  void push(TokenKind kind, std::size_t begin) {
    tokens_.push_back({.kind = kind, .begin = begin, .end = pos_});
  }
  void reject(std::size_t begin, std::string what, std::string expected, std::string hint) {
    mistakes_.add({.code = ErrorCode::ConditionSyntax,
                   .offset = begin,
                   .what = std::move(what),
                   .expected = std::move(expected),
                   .hint = std::move(hint)});
    push(TokenKind::Invalid, begin);
  }

  std::string_view text_;
  Mistakes& mistakes_;
  std::size_t pos_ = 0;
  std::vector<Token> tokens_;
};

void Lexer::take_token() {
  const char c = peek();
  if (is_name_start(c)) return take_name();
  if (c == '"' || c == '\'') return take_string(pos_);
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return take_number();
  take_punctuation();
}

void Lexer::take_name() {
  const std::size_t begin = pos_;
  while (is_name(peek())) ++pos_;
  const std::string_view name = text_.substr(begin, pos_ - begin);
  const bool quote_follows = peek() == '"' || peek() == '\'';
  if (quote_follows && name.size() <= 2 &&
      name.find_first_not_of("rRbB") == std::string_view::npos) {
    return take_string(begin);
  }
  for (const Spelling& word : kWords) {
    if (name == word.text) return push(word.kind, begin);
  }
  push(TokenKind::Identifier, begin);
}

// `pos_` stands at the quote; what is between `begin` and it is the prefix.
void Lexer::take_string(std::size_t begin) {
  const std::string_view prefix = text_.substr(begin, pos_ - begin);
  const bool raw = prefix == "r" || prefix == "R";
  StringLiteral literal = scan_string(text_, pos_, raw, mistakes_);
  pos_ = literal.end;
  if (!prefix.empty() && !raw) {
    return reject(begin, "bytes literals are not part of this language", "expected a string",
                  "leave out the prefix " + quoted(prefix));
  }
  push(literal.valid ? TokenKind::Text : TokenKind::Invalid, begin);
  tokens_.back().text = std::move(literal.text);
}

void Lexer::take_number() {
  const std::size_t begin = pos_;
  const bool hex = peek() == '0' && (peek(1) == 'x' || peek(1) == 'X');
  if (hex) pos_ += 2;
  const std::size_t digits = pos_;
  const bool integral = hex ? skip_hex_digits() : skip_decimal();
  if (is_name(peek()) || pos_ == digits) return reject_number(begin);
  if (integral) {
    take_integer(begin, digits, hex ? 16 : 10);
  } else {
    take_double(begin);
  }
}

bool Lexer::skip_hex_digits() {
  while (is_digit(peek()) || (peek() >= 'a' && peek() <= 'f') || (peek() >= 'A' && peek() <= 'F')) {
    ++pos_;
  }
  return true;
}

// Returns whether the number is an integer. A dot without a digit behind it is not part of it.
bool Lexer::skip_decimal() {
  skip_digits();
  const std::size_t integer_end = pos_;
  if (peek() == '.' && is_digit(peek(1))) {
    ++pos_;
    skip_digits();
  }
  const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
  if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
    pos_ += 1 + sign;
    skip_digits();
  }
  return pos_ == integer_end;
}

void Lexer::skip_digits() {
  while (is_digit(peek())) ++pos_;
}

void Lexer::reject_number(std::size_t begin) {
  const std::size_t suffix = pos_;
  while (is_name(peek())) ++pos_;
  const std::string_view letters = text_.substr(suffix, pos_ - suffix);
  const bool is_unsigned = letters == "u" || letters == "U";
  reject(begin, "no such number: " + quoted(text_.substr(begin, pos_ - begin)), "expected a number",
         is_unsigned ? "there are no unsigned numbers here, leave out the u"
                     : "numbers carry no unit, the field's name does");
}

void Lexer::take_integer(std::size_t begin, std::size_t digits, int base) {
  std::uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(text_.data() + digits, text_.data() + pos_, magnitude, base);
  if (error != std::errc{} || end != text_.data() + pos_) {
    return reject(begin, "the number does not fit 64 bits", "expected -2^63 to 2^63 - 1", {});
  }
  push(TokenKind::Integer, begin);
  tokens_.back().magnitude = magnitude;
}

void Lexer::take_double(std::size_t begin) {
  double number = 0;
  const auto [end, error] = std::from_chars(text_.data() + begin, text_.data() + pos_, number);
  if (error != std::errc{} || end != text_.data() + pos_) {
    return reject(begin, "the number does not fit a double", "expected about 1e-308 to 1e308", {});
  }
  push(TokenKind::Double, begin);
  tokens_.back().number = number;
}

void Lexer::take_punctuation() {
  for (const Spelling& spelling : kPunctuation) {
    if (!text_.substr(pos_).starts_with(spelling.text)) continue;
    const std::size_t begin = pos_;
    pos_ += spelling.text.size();
    return push(spelling.kind, begin);
  }
  take_unexpected();
}

void Lexer::take_unexpected() {
  const std::size_t begin = pos_;
  const std::string_view hint = hint_for(text_.substr(begin));
  do {
    ++pos_;
  } while (is_continuation(peek()));
  reject(begin, "unexpected " + describe(text_.substr(begin, pos_ - begin)), {}, std::string(hint));
}

}  // namespace

std::vector<Token> lex(std::string_view text, Mistakes& mistakes) {
  return Lexer(text, mistakes).run();
}

}  // namespace fusebox::policy::detail
