#include <algorithm>

#include "chaos/detail/figures.hpp"
#include "chaos/detail/forest.hpp"
#include "chaos/detail/html_lanes.hpp"
#include "chaos/detail/html_style.hpp"
#include "chaos/detail/markup.hpp"
#include "chaos/detail/report_parts.hpp"
#include "chaos/report.hpp"

namespace fusebox::chaos {
namespace {

constexpr std::size_t kMomentsShown = 300;
constexpr std::size_t kMomentsOpen = 20;  // more are folded away until asked for

const char* style_of(Tone tone) {
  switch (tone) {
    case Tone::Good:
      return "good";
    case Tone::Open:
      return "open-tone";
    case Tone::Bad:
      return "bad";
  }
  return "";
}

const char* sign_of(Tone tone) {
  switch (tone) {
    case Tone::Good:
      return "✓";
    case Tone::Open:
      return "?";
    case Tone::Bad:
      return "✗";
  }
  return "";
}

std::string element(const std::string& tag, std::string_view text) {
  return "<" + tag + ">" + escape_markup(text) + "</" + tag + ">";
}

std::string badge(Tone tone, std::string_view words) {
  return "<span class=\"badge " + std::string(style_of(tone)) + "\">" + sign_of(tone) + " " +
         escape_markup(words) + "</span>";
}

std::string fact(std::string_view name, std::string_view value) {
  if (value.empty()) return {};
  return "<div>" + element("dt", name) + element("dd", value) + "</div>";
}

std::string facts(const RunResult& result, std::string_view version) {
  const Scenario& scenario = result.scenario;
  return "<dl>" + fact("scenario", scenario.name) + fact("configuration", result.configuration) +
         fact("seed", std::to_string(result.seed)) + fact("length", in_words(result.length)) +
         fact("owner", scenario.owner) + fact("incident behind it", scenario.incident) +
         fact("run hash", result.run_hash) + fact("fusebox", version) + "</dl>";
}

std::string score(const RunResult& result) {
  if (!result.score) return "<div></div>";
  return "<div class=\"score\"><b>" + fixed(result.score->lower, 1) + "</b>of 100 kept at least (" +
         fixed(result.score->value, 1) + " measured)</div>";
}

std::string head(const RunResult& result, std::string_view version) {
  const Tone tone = tone_of(result.verdict);
  return "<header class=\"" + std::string(style_of(tone)) + "\"><div>" +
         badge(tone, verdict_words(result.verdict)) + element("h1", result.scenario.title) +
         "<p class=\"reason\">" + escape_markup(result.reason) + "</p></div>" + score(result) +
         facts(result, version) + "</header>\n";
}

std::string arms(const RunResult& result) {
  const ArmTable table = arm_table(result);
  std::string out =
      "<section><h2>Both arms, tasks begun under faults</h2><table><thead><tr><th></th>";
  for (const Arm arm : table.arms) {
    const std::string name(name_of(arm));
    out += "<th class=\"number key " + name + "\">" + name + "</th>";
  }
  out += "</tr></thead><tbody>\n";
  for (const ArmTable::Row& row : table.rows) {
    out += "<tr><th>" + escape_markup(row.title) + "</th>";
    for (const std::string& cell : row.cells) out += "<td class=\"number\">" + cell + "</td>";
    out += "</tr>\n";
  }
  return out + "</tbody></table></section>\n";
}

std::string claim(const Finding& finding, const std::string& drawing) {
  return "<li>" + badge(tone_of(finding.state), word_of(finding.state)) + "<div><b>" +
         escape_markup(finding.name) + "</b> <small>" + std::string(title_of(finding.kind)) +
         "</small>" + element("p", finding.text) + "</div>" + drawing + "</li>\n";
}

// What failed comes first, then what is open. Findings of comparisons stand in the order of the
// hypothesis.
std::string claims(const RunResult& result) {
  if (result.findings.empty()) return {};
  const std::vector<Comparison>& compare = result.scenario.hypothesis.compare;
  std::array<std::string, kFindingStateNames.size()> by_state;
  std::size_t compared = 0;
  for (const Finding& finding : result.findings) {
    std::string drawing;
    if (finding.kind == FindingKind::Comparison && compared < compare.size()) {
      drawing = forest_svg(finding, compare[compared++].kind);
    }
    by_state[static_cast<std::size_t>(finding.state)] += claim(finding, drawing);
  }
  return "<section><h2>What was claimed</h2><ul class=\"claims\">\n" + by_state[2] + by_state[1] +
         by_state[0] + "</ul></section>\n";
}

std::string lanes(const RunResult& result) {
  return "<section><h2>What happened</h2><p class=\"legend\">"
         "<span><i class=\"experiment\"></i>experiment</span>"
         "<span><i class=\"control\"></i>control</span>"
         "<span><i class=\"target\"></i>target</span>"
         "<span><i class=\"injecting\"></i>faults injected</span></p>\n" +
         html_lanes(result) + "</section>\n";
}

std::string moment_row(const Moment& moment) {
  return "<tr><td class=\"number\">" + clock_text(moment.at) + "</td>" +
         element("td", title_of(moment.kind)) + element("td", subject_of(moment)) +
         element("td", moment.state) + "<td class=\"wide\">" + escape_markup(moment.text) +
         "</td></tr>\n";
}

std::string moments(const RunResult& result) {
  const std::vector<const Moment*> told = told_moments(result);
  if (told.empty()) return {};
  const std::size_t shown = std::min(told.size(), kMomentsShown);
  std::string out = "<section><details" + std::string(told.size() <= kMomentsOpen ? " open" : "") +
                    "><summary>Moments (" + grouped(static_cast<std::int64_t>(told.size())) +
                    ")</summary><table><thead><tr><th class=\"number\">at</th><th>what</th>"
                    "<th>subject</th><th>state</th><th class=\"wide\"></th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < shown; ++i) out += moment_row(*told[i]);
  out += "</tbody></table>";
  const auto hidden = static_cast<std::int64_t>(told.size() - shown) + result.moments_left_out;
  if (hidden > 0) out += "<p class=\"dim\">and " + grouped(hidden) + " more</p>";
  return out + "</details></section>\n";
}

std::string foot(const RunResult& result) {
  const std::string sure = percent(result.scenario.hypothesis.confidence.to_double(), 1);
  return "<footer><p>Bounds are one-sided at " + sure +
         ", from a bootstrap over units. The same scenario, configuration and seed give the same "
         "run hash.</p><p><code>" +
         escape_markup(result.scenario.hash) + "</code></p></footer>\n";
}

}  // namespace

std::string report_html(const RunResult& result, std::string_view version) {
  const std::string title =
      verdict_words(result.verdict) + ": " + result.scenario.name + ", " + result.configuration;
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" "
         "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n" +
         element("title", title) + "\n<style>" + std::string(kReportStyle) +
         "</style></head>\n<body><main>\n" + head(result, version) + lanes(result) +
         claims(result) + arms(result) + moments(result) + foot(result) + "</main></body></html>\n";
}

}  // namespace fusebox::chaos
