#include <algorithm>

#include "chaos/detail/columns.hpp"
#include "chaos/detail/figures.hpp"
#include "chaos/detail/report_parts.hpp"
#include "chaos/report.hpp"

namespace fusebox::chaos {
namespace {

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
