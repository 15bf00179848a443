#include "breakers/subject.hpp"

#include <charconv>

namespace fusebox::breakers {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

// What RFC 3986 calls unreserved.
bool stands_for_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void append_encoded(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (stands_for_itself(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 0xF];
  }
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() != '%') {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::string_view digits = text.substr(1, 2);
    unsigned value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc{} || end != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(value);
    text.remove_prefix(3);
  }
  return out;
}

}  // namespace

std::string format_subject(std::string_view name, const KeySpec& spec, std::string_view key) {
  std::string out(name);
  const Dimensions values = spec.decode(key);
  for (const Dimension dimension : spec.dimensions()) {
    out += ':';
    append_encoded(out, values[dimension]);
  }
  return out;
}

std::optional<Subject> parse_subject(std::string_view text) {
  Subject subject;
  const std::size_t end = text.find(':');
  auto name = decoded(text.substr(0, end));
  if (!name) return std::nullopt;
  subject.name = std::move(*name);
  for (std::size_t at = end; at != std::string_view::npos;) {
    const std::size_t next = text.find(':', at + 1);
    auto value = decoded(text.substr(at + 1, next - at - 1));
    if (!value) return std::nullopt;
    subject.values.push_back(std::move(*value));
    at = next;
  }
  return subject;
}

std::optional<std::string> key_of(const Subject& subject, const KeySpec& spec) {
  if (subject.values.size() != spec.dimensions().size()) return std::nullopt;
  Dimensions values;
  for (std::size_t i = 0; i < subject.values.size(); ++i) {
    values[spec.dimensions()[i]] = subject.values[i];
  }
  KeyBuffer buffer;
  return std::string(spec.encode(values, buffer));
}

}  // namespace fusebox::breakers
