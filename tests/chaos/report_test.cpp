// What must be true of every report, whatever the run came to and whatever things are called.
#include "chaos/report.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/chaos/sample_run.hpp"

namespace fusebox::chaos {
namespace {

constexpr const char* kVersion = "1.2.3";

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}

// Names that try to be markup, in every place that a file or an agent can name something.
RunResult hostile_run() {
  const std::string name = "</title><script>alert(1)</script>\"'&|`[x](http://evil)\x1b[2J";
  RunResult result = sample_run();
  result.configuration = name;
  result.reason = name;
  result.scenario.name = name;
  result.scenario.title = name;
  result.scenario.owner = name;
  result.scenario.incident = name;
  for (Stage& stage : result.scenario.stages) stage.name = name;
  for (Finding& finding : result.findings) finding.name = finding.text = name;
  for (FaultSummary& fault : result.faults) fault.id = fault.target = name;
  for (SliSeries& series : result.series) series.slo = name;
  for (Moment& moment : result.timeline) moment.subject = moment.text = moment.state = name;
  return result;
}

RunResult refused_run() {
  RunResult result;
  result.scenario = story_scenario();
  result.verdict = Verdict::Refused;
  result.reason = "The kill switch is tripped.";
  return result;
}

// The tags that are open at the end, or the first that closes what is not open.
std::string unbalanced(const std::string& page) {
  const std::vector<std::string> kVoid{"meta", "!doctype", "?xml"};
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = page.find('<', at)) != std::string::npos; ++at) {
    const std::size_t end = page.find('>', at);
    std::string tag = page.substr(at + 1, page.find_first_of(" >/\n?", at + 2) - at - 1);
    if (page[end - 1] == '/' || std::find(kVoid.begin(), kVoid.end(), tag) != kVoid.end()) continue;
    if (tag[0] != '/') {
      open.push_back(tag);
      continue;
    }
    if (open.empty() || "/" + open.back() != tag) return tag + " at " + std::to_string(at);
    open.pop_back();
  }
  return open.empty() ? "" : open.back();
}

TEST(ReportHtml, IsBalancedWhateverHappened) {
  for (const RunResult& result :
       {sample_run(), sample_run({.protection = false}), hostile_run(), refused_run()}) {
    EXPECT_EQ(unbalanced(report_html(result, kVersion)), "");
    EXPECT_EQ(unbalanced(report_junit(result)), "");
  }
}

TEST(ReportHtml, NeedsNothingButItself) {
  const std::string page = report_html(sample_run(), kVersion);
  for (const char* reference : {"http:", "https:", "//", "src=", "href=", "url(", "@import",
                                "<script", "<link", "onload"}) {
    EXPECT_FALSE(has(page, reference)) << reference;
  }
  EXPECT_TRUE(has(page, "default-src 'none'"));
}

TEST(ReportHtml, NamesStayNames) {
  const std::string page = report_html(hostile_run(), kVersion);
  EXPECT_FALSE(has(page, "<script"));
  EXPECT_FALSE(has(page, "\x1b"));
  EXPECT_EQ(count_of(page, "</title>"), count_of(page, "<title>"));
  EXPECT_TRUE(has(page, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
}

TEST(ReportHtml, SaysTheVerdictFirst) {
  const std::string page = report_html(sample_run({.protection = false}), kVersion);
  const std::size_t body = page.find("<body>");
  EXPECT_LT(page.find("✗ FAIL", body), page.find("<h1>", body));
  EXPECT_LT(page.find("class=\"reason\"", body), page.find("<section>", body));
}

TEST(ReportHtml, EveryDrawingHasATitleAndADescription) {
  const std::string page = report_html(sample_run(), kVersion);
  const std::size_t drawings = count_of(page, "<svg");
  EXPECT_GT(drawings, 9);
  EXPECT_EQ(count_of(page, "role=\"img\"><title>"), drawings);
  EXPECT_EQ(count_of(page, "<desc>"), drawings);
}

TEST(ReportHtml, ShowsWhatTheRunHad) {
  const RunResult result = sample_run();
  const std::string page = report_html(result, kVersion);
  for (const Finding& finding : result.findings) EXPECT_TRUE(has(page, finding.name));
  for (const Stage& stage : result.scenario.stages) EXPECT_TRUE(has(page, ">" + stage.name + "<"));
  for (const char* part : {"task-success budget", "breaker models", "path class=\"experiment\"",
                           "path class=\"control\"", "rect class=\"open\"", "rect class=\"half\"",
                           "class=\"forest\"", "rect class=\"injecting\""}) {
    EXPECT_TRUE(has(page, part)) << part;
  }
  EXPECT_TRUE(has(report_html(sample_run({.protection = false}), kVersion), "mark alert"));
}

TEST(ReportHtml, OneRunIsOnePage) {
  EXPECT_EQ(report_html(sample_run(), kVersion), report_html(sample_run(), kVersion));
}

TEST(ReportMarkdown, NamesStayNames) {
  const std::string text = report_markdown(hostile_run(), kVersion);
  EXPECT_FALSE(has(text, "<script"));
  EXPECT_FALSE(has(text, "[x]("));
  EXPECT_TRUE(has(text, "&lt;script\\>"));
}

TEST(SummaryText, NoLineIsLongerThanTheTerminal) {
  for (const std::size_t width : {60U, 72U, 100U, 200U}) {
    for (const RunResult& result : {sample_run(), hostile_run(), refused_run()}) {
      const std::string text = summary_text(result, width);
      EXPECT_FALSE(has(text, "\x1b"));
      std::size_t begin = 0;
      for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos;
           begin = end + 1) {
        const std::string line = text.substr(begin, end - begin);
        EXPECT_LE(line.size() - 2 * count_of(line, "–"), width) << line;
      }
    }
  }
}

// No pipeline may take a run for good that was not.
TEST(ReportJunit, OnlyAPassIsGreen) {
  for (std::size_t i = 0; i < kVerdictCount; ++i) {
    RunResult result = refused_run();
    result.verdict = static_cast<Verdict>(i);
    const std::string report = report_junit(result);
    EXPECT_EQ(has(report, "<error"), result.verdict != Verdict::Pass) << name_of(result.verdict);
    EXPECT_TRUE(has(report, "name=\"verdict\" value=\"" + std::string(name_of(result.verdict))));
  }
}

TEST(ReportJunit, AnOpenFindingIsSkippedWithItsMessage) {
  RunResult result = refused_run();
  result.verdict = Verdict::Inconclusive;
  result.findings = {{.kind = FindingKind::Comparison,
                      .state = FindingState::Inconclusive,
                      .name = "task-success",
                      .text = "too few tasks",
                      .estimate = {},
                      .margin = {}}};
  const std::string report = report_junit(result);
  EXPECT_TRUE(has(report, "<skipped message=\"too few tasks\"/>"));
  EXPECT_TRUE(has(report, "tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\""));
}

// For eyes: `REPORT_FOLDER=/some/where` leaves both pages there.
TEST(ReportHtml, CanBeLookedAt) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): tests have one thread
  const char* folder = std::getenv("REPORT_FOLDER");
  if (folder == nullptr) return;
  for (const bool protection : {true, false}) {
    const RunResult result = sample_run({.protection = protection, .unit = minutes{5}});
    std::ofstream(std::string(folder) + (protection ? "/protected" : "/unprotected") + ".html")
        << report_html(result, kVersion);
  }
}

}  // namespace
}  // namespace fusebox::chaos
