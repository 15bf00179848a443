#include <algorithm>

#include "chaos/detail/figures.hpp"
#include "chaos/detail/report_parts.hpp"
#include "chaos/report.hpp"

namespace fusebox::chaos {
namespace {

constexpr std::size_t kMomentsShown = 40;

void append_plain(std::string& out, char c) {
  constexpr std::string_view kSpecial = "\\`*_[]>|#!~@";
  if (c == '<') {
    out += "&lt;";
  } else if (c == '&') {
    out += "&amp;";
  } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
    out += ' ';
  } else {
    if (kSpecial.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
}

// Text that stays text: nothing in it starts a link, a cell, emphasis or a tag.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) append_plain(out, c);
  return out;
}

std::string row(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += " " + cell + " |";
  return out + "\n";
}

std::string state_cell(FindingState state) {
  switch (state) {
    case FindingState::Pass:
      return "✅ pass";
    case FindingState::Inconclusive:
      return "❔ open";
    case FindingState::Fail:
      return "❌ **fail**";
  }
  return {};
}

std::string_view sign_of(Tone tone) {
  switch (tone) {
    case Tone::Good:
      return "✅";
    case Tone::Open:
      return "❔";
    case Tone::Bad:
      return "❌";
  }
  return "";
}

std::string head(const RunResult& result) {
  std::string out = "## " + std::string(sign_of(tone_of(result.verdict))) + " " +
                    verdict_words(result.verdict) + ": " + plain(result.scenario.title) + "\n\n" +
                    plain(result.reason) + "\n\n";
  if (result.score) out += "**" + score_text(result) + ".**\n\n";
  return out;
}

std::string findings(const RunResult& result) {
  if (result.findings.empty()) return {};
  std::string out = "### What was claimed\n\n" + row({"", "kind", "claim", "found"}) +
                    row({"---", "---", "---", "---"});
  for (const Finding& finding : result.findings) {
    out += row({state_cell(finding.state), std::string(title_of(finding.kind)), plain(finding.name),
                plain(finding.text)});
  }
  return out + "\n";
}

std::string arms(const RunResult& result) {
  const ArmTable table = arm_table(result);
  std::vector<std::string> titles{"tasks begun under faults"};
  std::vector<std::string> rule{"---"};
  for (const Arm arm : table.arms) {
    titles.emplace_back(name_of(arm));
    rule.emplace_back("--:");
  }
  std::string out = "### Both arms\n\n" + row(titles) + row(rule);
  for (const ArmTable::Row& line : table.rows) {
    std::vector<std::string> cells{line.title};
    cells.insert(cells.end(), line.cells.begin(), line.cells.end());
    out += row(cells);
  }
  return out + "\n";
}

std::string faults(const RunResult& result) {
  if (result.faults.empty()) return {};
  std::string out = "### Faults\n\n" + row({"fault", "type", "target", "injected", "of eligible"}) +
                    row({"---", "---", "---", "--:", "--:"});
  for (const FaultSummary& fault : result.faults) {
    out += row({plain(fault.id), plain(fault.type), plain(fault.target), grouped(fault.injected),
                grouped(fault.eligible)});
  }
  return out + "\n";
}

std::string moment_row(const Moment& moment) {
  return row({clock_text(moment.at), std::string(title_of(moment.kind)), plain(subject_of(moment)),
              plain(moment.state), plain(moment.text)});
}

std::string moments(const RunResult& result) {
  const std::vector<const Moment*> told = told_moments(result);
  if (told.empty()) return {};
  std::string out = "<details><summary>Moments</summary>\n\n" +
                    row({"at", "what", "subject", "state", ""}) +
                    row({"--:", "---", "---", "---", "---"});
  const std::size_t shown = std::min(told.size(), kMomentsShown);
  for (std::size_t i = 0; i < shown; ++i) out += moment_row(*told[i]);
  if (shown < told.size()) {
    const auto more = static_cast<std::int64_t>(told.size() - shown);
    out += "\n" + grouped(more) + " more in report.json.\n";
  }
  return out + "\n</details>\n\n";
}

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string foot(const RunResult& result, std::string_view version) {
  return "<sub>" + plain(result.scenario.name) + " with " + plain(result.configuration) +
         ", seed " + std::to_string(result.seed) + ", " + in_words(result.length) +
         " of virtual time; scenario " + code(result.scenario.hash) + ", run " +
         code(result.run_hash) + ", fusebox " + plain(version) + "</sub>\n";
}

}  // namespace

std::string report_markdown(const RunResult& result, std::string_view version) {
  return head(result) + findings(result) + arms(result) + faults(result) + moments(result) +
         foot(result, version);
}

}  // namespace fusebox::chaos
