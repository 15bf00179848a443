#include "exporters/prometheus/detail/page.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace fusebox::prometheus::detail {
namespace {

// Label values escape quotes as well, HELP must not.
void append_escaped(std::string& out, std::string_view text, std::string_view special) {
  while (true) {
    const std::size_t at = text.find_first_of(special);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return;
    out += '\\';
    out += text[at] == '\n' ? 'n' : text[at];
    text.remove_prefix(at + 1);
  }
}

// A line break has an escape of its own in the format, and a tab harms nobody.
bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
}

// Control characters as \u0000: readers of the format stumble over some of them. A backslash before
// a u is written that way, too, so that no two names become one.
std::string visible(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool imitates = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'u';
    if (!imitates && !is_control(text[i])) {
      out += text[i];
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    out.append("\\u00").append({kDigits[byte >> 4], kDigits[byte & 15]});
  }
  return out;
}

bool is_visible(std::string_view text) {
  return text.find("\\u") == std::string_view::npos &&
         std::none_of(text.begin(), text.end(), is_control);
}

std::string_view name_of(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Summary:
      return "summary";
  }
  return "";
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits;
  out.append(digits.data(), std::to_chars(digits.begin(), digits.end(), value).ptr);
}

// Shortest form that reads back as the same double.
void append_double(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    append_number(out, value);
  }
}

}  // namespace

void append_label(std::string& out, std::size_t begin, std::string_view name,
                  std::string_view value) {
  if (out.size() != begin) out += ',';
  out += name;
  out += "=\"";
  constexpr std::string_view kSpecial = "\\\"\n";
  if (is_visible(value)) {
    append_escaped(out, value, kSpecial);
  } else {
    append_escaped(out, visible(value), kSpecial);
  }
  out += '"';
}

std::string label(std::string_view name, std::string_view value) {
  std::string out;
  append_label(out, 0, name, value);
  return out;
}

std::vector<std::string> labels_of(std::string_view name,
                                   std::span<const std::string_view> values) {
  std::vector<std::string> out;
  for (const std::string_view value : values) out.push_back(label(name, value));
  return out;
}

std::vector<std::string> bucket_labels(std::span<const double> bounds) {
  std::vector<std::string> out;
  for (const double bound : bounds) {
    std::string text;
    append_double(text, bound);
    out.push_back(label("le", text));
  }
  out.push_back(label("le", "+Inf"));
  return out;
}

void Page::family(const Family& family) {
  name_ = family.name;
  out_ += "# HELP ";
  out_ += family.name;
  out_ += ' ';
  append_escaped(out_, family.help, "\\\n");
  out_ += "\n# TYPE ";
  out_ += family.name;
  out_ += ' ';
  out_ += name_of(family.type);
  out_ += '\n';
}

void Page::integer(const Labels& labels, std::int64_t value) {
  begin_line({}, labels);
  append_number(out_, value);
  out_ += '\n';
}

void Page::integer(const Labels& labels, std::uint64_t value) {
  begin_line({}, labels);
  end_line(value);
}

void Page::number(const Labels& labels, double value) {
  begin_line({}, labels);
  end_line(value);
}

void Page::begin_line(std::string_view suffix, const Labels& labels) {
  out_ += name_;
  out_ += suffix;
  if (!labels.key.empty() || !labels.last.empty()) {
    out_ += '{';
    out_ += labels.key;
    if (!labels.key.empty() && !labels.last.empty()) out_ += ',';
    out_ += labels.last;
    out_ += '}';
  }
  out_ += ' ';
}

void Page::end_line(std::uint64_t value) {
  append_number(out_, value);
  out_ += '\n';
}

void Page::end_line(double value) {
  append_double(out_, value);
  out_ += '\n';
}

}  // namespace fusebox::prometheus::detail
