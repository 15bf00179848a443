#include <algorithm>

#include "chaos/detail/figures.hpp"
#include "chaos/detail/report_parts.hpp"
#include "chaos/report.hpp"

namespace fusebox::chaos {
namespace {

// Columns of a terminal: code points, not bytes.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width - std::min(width, columns(text)), ' ');
}

std::string right(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, columns(text)), ' ') + std::string(text);
}

// As many bytes of `text` as fit into `width` columns.
std::size_t bytes_in(std::string_view text, std::size_t width) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) >> 6) != 2;
    if (begins && ++seen > width) break;
  }
  return end;
}

// Words in lines of at most `width` columns, all but the first indented; a word that is longer than
// a line is cut.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  while (indent + columns(text) > width) {
    const std::size_t room = bytes_in(text, width - indent);
    std::size_t cut = text.rfind(' ', room);
    if (cut == std::string_view::npos || cut == 0) cut = room;
    out += std::string(text.substr(0, cut)) + "\n" + std::string(indent, ' ');
    text.remove_prefix(cut);
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
  return out + std::string(text) + "\n";
}

// Names come from files, and a terminal obeys what it is sent.
std::string visible(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n') || byte == 0x7f) c = '?';
  }
  return text;
}

std::string arms(const RunResult& result) {
  constexpr std::size_t kTitle = 17;
  constexpr std::size_t kCell = 12;
  const ArmTable table = arm_table(result);
  std::string out = "  " + padded("under faults", kTitle);
  for (const Arm arm : table.arms) out += right(name_of(arm), kCell);
  out += "\n";
  for (const ArmTable::Row& row : table.rows) {
    out += "  " + padded(row.title, kTitle);
    for (const std::string& cell : row.cells) out += right(cell, kCell);
    out += "\n";
  }
  return out;
}

std::string finding_lines(const Finding& finding, std::size_t width) {
  constexpr std::size_t kIndent = 8;
  const std::string text = finding.name + ": " + finding.text;
  return "  " + padded(word_of(finding.state), kIndent - 2) + wrapped(text, kIndent, width);
}

std::string findings(const RunResult& result, std::size_t width) {
  std::string out;
  for (std::size_t kind = 0; kind < kFindingKindNames.size(); ++kind) {
    for (const Finding* finding : findings_of(result, static_cast<FindingKind>(kind))) {
      out += finding_lines(*finding, width);
    }
  }
  return out.empty() ? out : "\n" + out;
}

}  // namespace

std::string summary_text(const RunResult& result, std::size_t width) {
  width = std::max<std::size_t>(width, 60);
  std::string out = wrapped(verdict_words(result.verdict) + "  " + result.scenario.name + ", " +
                                result.configuration + ", seed " + std::to_string(result.seed),
                            2, width) +
                    "  " + wrapped(result.reason, 2, width);
  if (result.score) out += "  " + wrapped(score_text(result) + ".", 2, width);
  return visible(out + "\n" + arms(result) + findings(result, width));
}

}  // namespace fusebox::chaos
