#include "sre/config/detail/json.hpp"

#include <algorithm>

#include "base/json_writer.hpp"

namespace fusebox::config::detail {
namespace {

std::size_t skip_digits(std::string_view text, std::size_t pos) {
  return std::min(text.find_first_not_of("0123456789", pos), text.size());
}

// JSON's grammar: -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
bool is_json_number(std::string_view text) {
  std::size_t pos = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = skip_digits(text, pos);
  if (whole == pos || (text[pos] == '0' && whole != pos + 1)) return false;
  pos = whole;
  if (pos < text.size() && text[pos] == '.') {
    const std::size_t end = skip_digits(text, pos + 1);
    if (end == pos + 1) return false;
    pos = end;
  }
  if (pos < text.size() && (text[pos] == 'e' || text[pos] == 'E')) {
    ++pos;
    if (pos < text.size() && (text[pos] == '+' || text[pos] == '-')) ++pos;
    const std::size_t end = skip_digits(text, pos);
    if (end == pos) return false;
    pos = end;
  }
  return pos == text.size();
}

void write_typed_scalar(JsonWriter& json, const Node& node) {
  const bool bare = node.text == "true" || node.text == "false" || is_json_number(node.text);
  if (!node.quoted && bare) {
    json.raw(node.text);
  } else {
    json.string(node.text);
  }
}

enum class Form : std::uint8_t { Typed, Canonical };

std::vector<const Entry*> entries_of(const Node& map, Form form) {
  std::vector<const Entry*> entries;
  entries.reserve(map.entries.size());
  for (const Entry& entry : map.entries) entries.push_back(&entry);
  if (form == Form::Canonical) {
    std::sort(entries.begin(), entries.end(),
              [](const Entry* a, const Entry* b) { return a->key < b->key; });
  }
  return entries;
}

void write(JsonWriter& json, const Node& node, Form form) {
  switch (node.kind) {
    case NodeKind::Null:
      json.null();
      return;
    case NodeKind::Scalar:
      if (form == Form::Typed) return write_typed_scalar(json, node);
      json.string(node.text);
      return;
    case NodeKind::List:
      json.begin_array();
      for (const Node& item : node.items) write(json, item, form);
      json.end_array();
      return;
    case NodeKind::Map:
      json.begin_object();
      for (const Entry* entry : entries_of(node, form)) {
        json.key(entry->key);
        write(json, entry->value, form);
      }
      json.end_object();
      return;
  }
}

std::string written(const Node& node, Form form) {
  std::string out;
  JsonWriter json(out);
  write(json, node, form);
  return out;
}

}  // namespace

std::string to_json(const Node& node) { return written(node, Form::Typed); }

std::string canonical_text(const Node& node) { return written(node, Form::Canonical); }

}  // namespace fusebox::config::detail
