#include <algorithm>
#include <charconv>

#include "sre/config/detail/yaml.hpp"

namespace fusebox::config::detail {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t utf8_length(std::uint32_t code_point) {
  return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

// One step of the walk: bytes of the file and the bytes of the value that they stand for.
struct Step {
  std::size_t source = 1;
  std::size_t value = 1;
};

// An escape of a double-quoted scalar, `text` at its backslash.
Step escape_step(std::string_view text) {
  const char kind = text.size() > 1 ? text[1] : ' ';
  const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (digits > 0 && text.size() >= 2 + digits) {
    std::uint32_t code_point = 0;
    std::from_chars(text.data() + 2, text.data() + 2 + digits, code_point, 16);
    return {.source = 2 + digits, .value = utf8_length(code_point)};
  }
  // Next line and no-break space, line and paragraph separator, a line that goes on.
  const std::size_t length = kind == 'N' || kind == '_'   ? 2
                             : kind == 'L' || kind == 'P' ? 3
                             : kind == '\n'               ? 0
                                                          : 1;
  return {.source = 2, .value = length};
}

// The file and the value walked side by side: where they differ, it is by quotes, escapes,
// indentation or a folded line.
class Walk {
 public:
  Walk(std::string_view file_text, const Node& scalar)
      : text_(file_text), value_(scalar.text), source_(scalar.at.offset) {
    if (source_ >= text_.size() || !scalar.quoted) return;
    style_ = text_[source_++];
    if (style_ == '|' || style_ == '>') skip_line();
  }

  [[nodiscard]] std::size_t to(std::size_t offset) {
    std::size_t done = 0;
    while (done < offset && source_ < text_.size()) {
      const Step step = next(done);
      source_ += step.source;
      done += step.value;
    }
    while (source_ < text_.size() && is_blank(text_[source_]) && !stands_at(offset)) ++source_;
    return std::min(source_, text_.size());
  }

 private:
  void skip_line() {
    const std::size_t newline = text_.find('\n', source_);
    source_ = newline == std::string_view::npos ? text_.size() : newline + 1;
  }

  [[nodiscard]] bool stands_at(std::size_t done) const {
    return done < value_.size() && value_[done] == text_[source_];
  }

  [[nodiscard]] Step next(std::size_t done) const {
    const char c = text_[source_];
    if (style_ == '"' && c == '\\') return escape_step(text_.substr(source_));
    if (style_ == '\'' && c == '\'') return {.source = 2, .value = 1};
    if (stands_at(done)) return {};
    const bool folded = c == '\n' && done < value_.size() && value_[done] == ' ';
    return {.source = 1, .value = is_blank(c) && !folded ? std::size_t{0} : std::size_t{1}};
  }

  std::string_view text_;
  std::string_view value_;
  std::size_t source_;
  char style_ = ' ';  // plain
};

}  // namespace

Position place_within(std::string_view file_text, const Node& scalar, std::size_t offset) {
  const std::size_t begin = std::min<std::size_t>(scalar.at.offset, file_text.size());
  const std::size_t end = Walk(file_text, scalar).to(std::min(offset, scalar.text.size()));
  const std::string_view passed = file_text.substr(begin, end - begin);
  const std::size_t newline = passed.rfind('\n');
  const bool same_line = newline == std::string_view::npos;
  const auto lines = static_cast<std::uint32_t>(std::count(passed.begin(), passed.end(), '\n'));
  const std::size_t column = same_line ? scalar.at.column + passed.size() : passed.size() - newline;
  return {.line = scalar.at.line + lines,
          .column = static_cast<std::uint32_t>(column),
          .offset = static_cast<std::uint32_t>(end)};
}

}  // namespace fusebox::config::detail
