#include "base/json_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace fusebox {
namespace {

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// Whether any of eight bytes needs an escape, with the usual bit tricks: a byte is below n if
// subtracting n borrows, and zero if subtracting one does.
bool any_needs_escape(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const auto zeros = [](std::uint64_t word) { return (word - kOnes) & ~word; };
  const std::uint64_t controls = (bytes - kOnes * 0x20) & ~bytes;
  const std::uint64_t quotes = zeros(bytes ^ kOnes * '"');
  const std::uint64_t slashes = zeros(bytes ^ kOnes * '\\');
  return ((controls | quotes | slashes) & kHighs) != 0;
}

// Copies one word; false if a byte of it needs an escape.
template <class Word>
bool copy_word(char* to, const char* from) {
  constexpr std::uint64_t kBlanks = 0x2020202020202020;
  Word word;
  std::memcpy(&word, from, sizeof word);
  std::memcpy(to, &word, sizeof word);
  if constexpr (sizeof word == sizeof kBlanks) return !any_needs_escape(word);
  constexpr std::uint64_t kRest = kBlanks << (sizeof word % sizeof kBlanks * 8);
  return !any_needs_escape(kRest | word);
}

// Copies the text, in whole words from the front and one that ends with it; false if it needs an
// escape. Without a call: names and values are short.
bool copy_if_plain(char* to, std::string_view text) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  const auto both_ends = [=]<class Word>(Word) {
    const std::size_t last = size - sizeof(Word);
    return copy_word<Word>(to, from) && copy_word<Word>(to + last, from + last);
  };
  if (size > 8) {
    for (std::size_t at = 8; at + 8 < size; at += 8) {
      if (!copy_word<std::uint64_t>(to + at, from + at)) return false;
    }
  }
  if (size >= 8) return both_ends(std::uint64_t{});
  if (size >= 4) return both_ends(std::uint32_t{});
  if (size >= 2) return both_ends(std::uint16_t{});
  return size == 0 || copy_word<std::uint8_t>(to, from);
}

// By length: given two pointers libstdc++ replaces an empty range, at thrice the cost.
void append(std::string& out, const char* begin, const char* end) {
  out.append(begin, static_cast<std::size_t>(end - begin));
}

// A few tokens, put together beside the output and appended at once: nearly every name and value is
// short and has nothing to escape, and to grow a string costs more than they do.
class Piece {
 public:
  explicit Piece(bool comma) {
    if (comma) *end_++ = ',';
  }

  void put(char c) { *end_++ = c; }
  // False, with nothing put, if the text is long or needs an escape.
  bool quote(std::string_view text) {
    if (text.size() > kTextMax || !copy_if_plain(end_ + 1, text)) return false;
    *end_ = '"';
    end_ += text.size() + 1;
    *end_++ = '"';
    return true;
  }
  void integer(std::int64_t number) { end_ = std::to_chars(end_, end_ + kDigitsMax, number).ptr; }
  void append_to(std::string& out) const { append(out, bytes_.data(), end_); }

 private:
  static constexpr std::size_t kTextMax = 60;
  static constexpr std::size_t kDigitsMax = 20;  // of the lowest number, with its sign

  std::array<char, 2 * (kTextMax + 4)> bytes_;  // two texts; never read before written
  char* end_ = bytes_.data();
};

// How many bytes at the front need no escape.
std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  for (std::uint64_t bytes = 0; length + sizeof bytes <= text.size(); length += sizeof bytes) {
    std::memcpy(&bytes, text.data() + length, sizeof bytes);
    if (any_needs_escape(bytes)) break;
  }
  while (length < text.size() && !needs_escape(text[length])) ++length;
  return length;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

}  // namespace

void JsonWriter::separate() {
  if (need_comma_) out_ += ',';
  need_comma_ = true;
}

void JsonWriter::begin_object() {
  separate();
  out_ += '{';
  need_comma_ = false;
}

void JsonWriter::end_object() {
  out_ += '}';
  need_comma_ = true;
}

void JsonWriter::begin_array() {
  separate();
  out_ += '[';
  need_comma_ = false;
}

void JsonWriter::end_array() {
  out_ += ']';
  need_comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  Piece piece(need_comma_);
  need_comma_ = false;
  if (piece.quote(name)) {
    piece.put(':');
    piece.append_to(out_);
    return;
  }
  piece.append_to(out_);
  append_quoted(name);
  out_ += ':';
}

void JsonWriter::string(std::string_view text) {
  Piece piece(need_comma_);
  need_comma_ = true;
  const bool whole = piece.quote(text);
  piece.append_to(out_);
  if (!whole) append_quoted(text);
}

void JsonWriter::field(std::string_view name, std::string_view text) {
  Piece piece(need_comma_);
  if (!piece.quote(name)) {
    key(name);
    string(text);
    return;
  }
  need_comma_ = true;
  piece.put(':');
  const bool whole = piece.quote(text);
  piece.append_to(out_);
  if (!whole) append_quoted(text);
}

void JsonWriter::field(std::string_view name, std::int64_t value) {
  Piece piece(need_comma_);
  if (!piece.quote(name)) {
    key(name);
    integer(value);
    return;
  }
  need_comma_ = true;
  piece.put(':');
  piece.integer(value);
  piece.append_to(out_);
}

void JsonWriter::append_quoted(std::string_view text) {
  out_ += '"';
  append_json_escaped(out_, text);
  out_ += '"';
}

void JsonWriter::integer(std::int64_t number) {
  Piece piece(need_comma_);
  need_comma_ = true;
  piece.integer(number);
  piece.append_to(out_);
}

void JsonWriter::number(double number) {
  if (!std::isfinite(number)) {
    null();
    return;
  }
  separate();
  std::array<char, 32> digits;
  append(out_, digits.data(),
         std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void JsonWriter::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  out_ += "null";
}

void JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
}

void JsonWriter::field(std::string_view name, Instant at) {
  key(name);
  separate();
  out_ += '"';
  append_rfc3339(out_, at);
  out_ += '"';
}

void append_json_escaped(std::string& out, std::string_view text) {
  for (std::size_t plain = plain_length(text); plain < text.size(); plain = plain_length(text)) {
    out += text.substr(0, plain);
    append_escape(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out += text;
}

}  // namespace fusebox
