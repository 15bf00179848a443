#include "sre/config/journal_text.hpp"

#include <algorithm>
#include <array>

#include "base/json_writer.hpp"
#include "sre/config/detail/document.hpp"
#include "sre/config/detail/yaml.hpp"

namespace fusebox::config {
namespace {

using namespace detail;

// Of a Config document's spec, and of its `telemetry`.
constexpr std::array<std::string_view, 2> kSpecKeys{"telemetry", "presets"};
constexpr std::array<std::string_view, 2> kTelemetryKeys{"lateness", "silence"};

template <std::size_t N>
bool is_among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Plain where it was plain: a number in quotes is a text. Anything that flow style could read
// otherwise was a text all along, and may stand in quotes.
bool stays_plain(const Node& scalar) {
  constexpr std::string_view kHarmless =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+%/-";
  return !scalar.quoted && !scalar.text.empty() &&
         scalar.text.find_first_not_of(kHarmless) == std::string::npos;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  return out + "\"";
}

// Flow style on one line.
void write(std::string& out, const Node& node) {
  switch (node.kind) {
    case NodeKind::Null:
      out += "null";
      return;
    case NodeKind::Scalar:
      out += stays_plain(node) ? node.text : in_quotes(node.text);
      return;
    case NodeKind::List: {
      out += '[';
      for (const Node& item : node.items) {
        if (&item != &node.items.front()) out += ", ";
        write(out, item);
      }
      out += ']';
      return;
    }
    case NodeKind::Map: {
      out += '{';
      for (const Entry& entry : node.entries) {
        if (&entry != &node.entries.front()) out += ", ";
        out += in_quotes(entry.key) + ": ";
        write(out, entry.value);
      }
      out += '}';
      return;
    }
  }
}

template <std::size_t N>
void keep_only(Node* map, const std::array<std::string_view, N>& names) {
  if (map == nullptr) return;
  std::erase_if(map->entries, [&](const Entry& entry) { return !is_among(names, entry.key); });
}

Node* value_of(Node& map, std::string_view key) {
  for (Entry& entry : map.entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

bool decides(std::string_view kind) {
  return kind != name_of(Kind::PolicyTest) && kind != name_of(Kind::Scenario);
}

void keep_what_decides(Node& config) {
  Node* const spec = value_of(config, "spec");
  keep_only(spec, kSpecKeys);
  if (spec != nullptr) keep_only(value_of(*spec, "telemetry"), kTelemetryKeys);
}

}  // namespace

std::vector<telemetry::ConfigText> journal_text(const std::vector<Source>& sources) {
  std::vector<telemetry::ConfigText> texts;
  for (const Source& source : sources) {
    Diagnostics ignored;  // the sources are valid
    Report report(source.name, source.text, ignored);
    telemetry::ConfigText& text = texts.emplace_back(telemetry::ConfigText{source.name, {}});
    for (Node& document : parse_yaml(report)) {
      const Node* const kind = value_of(document, "kind");
      if (kind == nullptr || !decides(kind->text)) continue;
      if (kind->text == name_of(Kind::Config)) keep_what_decides(document);
      text.text += "---\n";
      write(text.text, document);
      text.text += '\n';
    }
  }
  return texts;
}

}  // namespace fusebox::config
