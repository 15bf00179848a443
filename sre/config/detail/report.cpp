#include "sre/config/detail/report.hpp"

#include <utility>

#include "base/json_writer.hpp"

namespace fusebox::config::detail {

Report::Report(std::string_view file, std::string_view text, Diagnostics& out)
    : file_(file), text_(text), out_(out) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
}

void Report::error(Position at, ErrorCode code, std::string what, std::string expected,
                   std::string hint) {
  if (full()) return;
  if (++errors_ > kMistakesMax) {
    out_.add({.severity = Severity::Error,
              .place = place({}),
              .code = ErrorCode::TooLarge,
              .what = "more than " + std::to_string(kMistakesMax) + " mistakes in one file",
              .expected = "the rest is not listed",
              .hint = {}});
    return;
  }
  out_.add({.severity = Severity::Error,
            .place = place(at),
            .code = code,
            .what = std::move(what),
            .expected = std::move(expected),
            .hint = std::move(hint)});
}

void Report::notice(Position at, ErrorCode code, std::string what, std::string expected) {
  out_.add({.severity = Severity::Notice,
            .place = place(at),
            .code = code,
            .what = std::move(what),
            .expected = std::move(expected),
            .hint = {}});
}

Place Report::place(Position at) const {
  return {.file = std::string(file_), .line = at.line, .column = at.column};
}

std::string comes_later(std::string_view what) {
  return quoted(what) + " is part of the contract and comes later";
}

std::string expecting(std::string_view what) { return "expected " + std::string(what); }

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 64;
  std::size_t length = text.size() <= kShown ? text.size() : kShown;
  while (length < text.size() && length > 0 &&
         (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) {
    --length;
  }
  std::string out = "`";
  for (const char c : text.substr(0, length)) {
    // JSON's escapes, but a quotation mark stays readable.
    if (c == '"' || c == '\\') {
      out += c;
    } else {
      append_json_escaped(out, std::string_view(&c, 1));
    }
  }
  return out + (length < text.size() ? "…`" : "`");
}

}  // namespace fusebox::config::detail
