#include "telemetry/detail/plain_json.hpp"

#include <bit>
#include <cstring>

namespace fusebox::telemetry::detail {
namespace {

using Kind = PlainNode::Kind;

// An event with a map in its attributes has a depth of four.
constexpr std::size_t kDepthMax = 8;
// No sum of so many digits overflows 64 bits.
constexpr std::ptrdiff_t kDigitsMax = 18;
// Numerator and power of ten are doubles exactly, so their quotient is rounded once: the nearest
// double, which is what every correct parser finds.
constexpr std::ptrdiff_t kDecimalDigitsMax = 15;
constexpr std::array<double, kDecimalDigitsMax + 1> kPowersOfTen{
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

// The high bit of each byte that ends plain text: a quote, a backslash, a control character or one
// outside ASCII. Only the lowest is sure, because the borrow of a byte that was found runs on.
std::uint64_t ends_of_text(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const auto zeros = [](std::uint64_t word) { return (word - kOnes) & ~word; };
  const std::uint64_t controls = bytes - kOnes * 0x20;
  const std::uint64_t quotes = zeros(bytes ^ kOnes * '"');
  const std::uint64_t slashes = zeros(bytes ^ kOnes * '\\');
  return (controls | quotes | slashes | bytes) & kHighs;
}

// Recursive descent. Each step begins at `at` and returns where it ended, null if what stands there
// is not plain; a place handed from step to step stays in a register, a member would not. Every
// step stops at the NUL behind the text, so none asks for the end.

const char* after(char wanted, const char* at) { return *at == wanted ? at + 1 : nullptr; }

// One blank, where there is one.
const char* after_blank(const char* at) { return *at == ' ' ? at + 1 : at; }

const char* read_text(const char* at, std::string_view& out) {
  static_assert(std::endian::native == std::endian::little, "the lowest byte stands first");
  if (*at != '"') return nullptr;
  const char* const begin = ++at;
  for (;; at += sizeof(std::uint64_t)) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof bytes);
    const std::uint64_t ends = ends_of_text(bytes);
    if (ends == 0) continue;
    at += std::countr_zero(ends) / 8;
    out = {begin, static_cast<std::size_t>(at - begin)};
    return after('"', at);
  }
}

const char* read_word(const char* at, std::string_view word) {
  return std::strncmp(at, word.data(), word.size()) == 0 ? at + word.size() : nullptr;
}

// Appends digits to `number`, which wraps where there are too many.
const char* add_digits(const char* at, std::uint64_t& number) {
  for (; *at >= '0' && *at <= '9'; ++at) {
    number = number * 10 + static_cast<std::uint64_t>(*at - '0');
  }
  return at;
}

// What follows a number must be a comma or a brace, so 1e5 and 1.2.3 are found not to be plain.
const char* read_number(const char* at, PlainNode& node) {
  std::uint64_t digits = 0;
  const char* const point = add_digits(at, digits);
  const std::ptrdiff_t whole = point - at;
  if (whole == 0 || whole > kDigitsMax || (*at == '0' && whole > 1)) return nullptr;
  if (*point != '.') {
    node.kind = Kind::Int;
    node.integer = static_cast<std::int64_t>(digits);
    return point;
  }
  const char* const end = add_digits(point + 1, digits);
  const std::ptrdiff_t fraction = end - point - 1;
  if (fraction == 0 || whole + fraction > kDecimalDigitsMax) return nullptr;
  node.kind = Kind::Double;
  node.number = static_cast<double>(digits) / kPowersOfTen[static_cast<std::size_t>(fraction)];
  return end;
}

const char* read_bool(const char* at, PlainNode& node) {
  node.kind = Kind::Bool;
  node.boolean = *at == 't';
  return read_word(at, node.boolean ? "true" : "false");
}

const char* read_object(const char* at, std::size_t depth, PlainNode& object, PlainNodes& nodes);

const char* read_value(const char* at, std::size_t depth, PlainNode& node, PlainNodes& nodes) {
  switch (*at) {
    case '"':
      node.kind = Kind::Text;
      return read_text(at, node.text);
    case '{':
      return depth < kDepthMax ? read_object(at, depth + 1, node, nodes) : nullptr;
    case 'n':
      return read_word(at, "null");
    case 't':
    case 'f':
      return read_bool(at, node);
    default:
      return read_number(at, node);
  }
}

const char* read_member(const char* at, std::size_t depth, PlainNodes& nodes) {
  PlainNode* const node = nodes.add();
  if (node == nullptr) return nullptr;
  at = read_text(at, node->name);
  if (at == nullptr || *at != ':') return nullptr;
  return read_value(after_blank(at + 1), depth, *node, nodes);
}

const char* read_object(const char* at, std::size_t depth, PlainNode& object, PlainNodes& nodes) {
  const std::size_t first = nodes.size();
  object.kind = Kind::Object;
  if (*at != '{') return nullptr;
  if (at[1] == '}') return at + 2;
  do {
    at = read_member(after_blank(at + 1), depth, nodes);
    if (at == nullptr) return nullptr;
  } while (*at == ',');
  object.descendants = static_cast<std::uint32_t>(nodes.size() - first);
  return after('}', at);
}

}  // namespace

bool read_plain(std::string_view text, PlainNodes& nodes) {
  nodes.clear();
  PlainNode* const root = nodes.add();
  return read_object(text.data(), 1, *root, nodes) == text.data() + text.size();
}

}  // namespace fusebox::telemetry::detail
