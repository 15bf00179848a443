#include "policy/detail/string_literal.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace fusebox::policy::detail {
namespace {

constexpr std::uint32_t kLastCodePoint = 0x10FFFF;
constexpr std::uint32_t kFirstSurrogate = 0xD800;
constexpr std::uint32_t kLastSurrogate = 0xDFFF;

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

std::optional<char> simple_escape(char letter) {
  constexpr std::string_view kLetters = "\\?\"'`abfnrtv";
  constexpr std::string_view kMeanings = "\\?\"'`\a\b\f\n\r\t\v";
  const std::size_t at = kLetters.find(letter);
  if (at == std::string_view::npos) return std::nullopt;
  return kMeanings[at];
}

// How the digits of a numeric escape stand: \x41 \u0041 \U00000041 and octal \101.
struct NumericEscape {
  std::size_t skip;  // letters before the digits
  std::size_t digits;
  int base;
};

std::optional<NumericEscape> numeric_escape(char letter) {
  if (letter == 'x' || letter == 'X') return NumericEscape{.skip = 1, .digits = 2, .base = 16};
  if (letter == 'u') return NumericEscape{.skip = 1, .digits = 4, .base = 16};
  if (letter == 'U') return NumericEscape{.skip = 1, .digits = 8, .base = 16};
  if (letter >= '0' && letter <= '3') return NumericEscape{.skip = 0, .digits = 3, .base = 8};
  return std::nullopt;
}

std::optional<std::uint32_t> parse_code_point(std::string_view digits, int base) {
  std::uint32_t code = 0;
  const char* last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, code, base);
  if (error != std::errc{} || end != last || code > kLastCodePoint) return std::nullopt;
  if (code >= kFirstSurrogate && code <= kLastSurrogate) return std::nullopt;
  return code;
}

// Decodes the escape whose letter stands at the front of `rest`; returns how many bytes it took
// behind the backslash, or nullopt if there is no such escape.
std::optional<std::size_t> decode_escape(std::string_view rest, std::string& out) {
  if (rest.empty()) return std::nullopt;
  if (const std::optional<char> simple = simple_escape(rest.front())) {
    out += *simple;
    return 1;
  }
  const std::optional<NumericEscape> form = numeric_escape(rest.front());
  if (!form || rest.size() < form->skip + form->digits) return std::nullopt;
  const auto code = parse_code_point(rest.substr(form->skip, form->digits), form->base);
  if (!code) return std::nullopt;
  append_utf8(out, *code);
  return form->skip + form->digits;
}

// Reads one literal from its opening quote on.
class StringScanner {
 public:
  StringScanner(std::string_view source, std::size_t quote, bool raw, Mistakes& mistakes)
      : source_(source), raw_(raw), mistakes_(mistakes) {
    const std::string_view triple = source.substr(quote, 3);
    const bool multiline = triple == "\"\"\"" || triple == "'''";
    delimiter_ = source.substr(quote, multiline ? 3 : 1);
    pos_ = quote + delimiter_.size();
    quote_ = quote;
  }

  StringLiteral scan() && {
    while (!at_delimiter()) {
      if (at_end()) return unterminated();
      if (source_[pos_] == '\\' && !raw_) {
        take_escape();
      } else {
        text_ += source_[pos_++];
      }
    }
    return {.end = pos_ + delimiter_.size(), .valid = valid_, .text = std::move(text_)};
  }

 private:
  [[nodiscard]] bool at_delimiter() const {
    return source_.substr(pos_, delimiter_.size()) == delimiter_;
  }
  [[nodiscard]] bool at_end() const {
    if (pos_ >= source_.size()) return true;
    return delimiter_.size() == 1 && (source_[pos_] == '\n' || source_[pos_] == '\r');
  }

  void take_escape() {
    const std::optional<std::size_t> taken = decode_escape(source_.substr(pos_ + 1), text_);
    if (!taken) report_escape();
    pos_ += 1 + taken.value_or(pos_ + 1 < source_.size() ? 1 : 0);
  }

  void report_escape() {
    valid_ = false;
    mistakes_.add({.code = ErrorCode::ConditionSyntax,
                   .offset = pos_,
                   .what = "no such escape in a string",
                   .expected = "expected one of \\\\ \\\" \\' \\` \\? \\a \\b \\f \\n \\r \\t \\v, "
                               "\\xHH, \\uHHHH, \\UHHHHHHHH or octal \\OOO",
                   .hint = "in a pattern write \\\\ for a backslash, or r\"…\""});
  }

  StringLiteral unterminated() {
    mistakes_.add({.code = ErrorCode::ConditionSyntax,
                   .offset = quote_,
                   .what = "the string has no end",
                   .expected = "expected a closing " + std::string(delimiter_),
                   .hint = {}});
    return {.end = pos_, .valid = false, .text = {}};
  }

  std::string_view source_;
  bool raw_;
  Mistakes& mistakes_;
  std::string_view delimiter_;
  std::size_t quote_ = 0;
  std::size_t pos_ = 0;
  bool valid_ = true;
  std::string text_;
};

}  // namespace

StringLiteral scan_string(std::string_view source, std::size_t quote, bool raw,
                          Mistakes& mistakes) {
  return StringScanner(source, quote, raw, mistakes).scan();
}

}  // namespace fusebox::policy::detail
