#include <algorithm>

#include "chaos/detail/figures.hpp"
#include "chaos/detail/markup.hpp"
#include "chaos/detail/report_parts.hpp"
#include "chaos/report.hpp"

namespace fusebox::chaos {
namespace {

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + escape_markup(value) + "\"";
}

std::int64_t count(const RunResult& result, FindingState state) {
  return std::count_if(result.findings.begin(), result.findings.end(),
                       [state](const Finding& finding) { return finding.state == state; });
}

// Whether the cases of the findings already say that this run is not to be taken for a pass.
bool findings_say_so(const RunResult& result) {
  switch (result.verdict) {
    case Verdict::Pass:
      return true;
    case Verdict::Inconclusive:
      return count(result, FindingState::Inconclusive) > 0;
    case Verdict::Fail:
    case Verdict::NotTriggered:
    case Verdict::Unsteady:
    case Verdict::Aborted:
    case Verdict::Refused:
    case Verdict::HarnessError:
    case Verdict::RollbackUnverified:
      return count(result, FindingState::Fail) > 0;
  }
  return false;
}

std::string outcome(const Finding& finding) {
  const std::string message = attribute("message", finding.text);
  switch (finding.state) {
    case FindingState::Pass:
      return "      <system-out>" + escape_markup(finding.text) + "</system-out>\n";
    case FindingState::Inconclusive:
      return "      <skipped" + message + "/>\n";
    case FindingState::Fail:
      return "      <failure" + message + attribute("type", title_of(finding.kind)) + "/>\n";
  }
  return {};
}

std::string test_case(const RunResult& result, std::string_view kind, std::string_view name,
                      const std::string& content) {
  return "    <testcase" + attribute("classname", result.scenario.name + "." + std::string(kind)) +
         attribute("name", name) + " time=\"0\">\n" + content + "    </testcase>\n";
}

std::string property(std::string_view name, std::string_view value) {
  return "      <property" + attribute("name", name) + attribute("value", value) + "/>\n";
}

std::string properties(const RunResult& result) {
  std::string out =
      "    <properties>\n" + property("verdict", name_of(result.verdict)) +
      property("reason", result.reason) + property("seed", std::to_string(result.seed)) +
      property("configuration", result.configuration) +
      property("scenario_hash", result.scenario.hash) + property("run_hash", result.run_hash);
  if (result.score) out += property("score_lower", fixed(result.score->lower, 1));
  return out + "    </properties>\n";
}

std::string counts(const RunResult& result, std::int64_t errors) {
  const auto cases = static_cast<std::int64_t>(result.findings.size()) + errors;
  return attribute("tests", std::to_string(cases)) +
         attribute("failures", std::to_string(count(result, FindingState::Fail))) +
         attribute("errors", std::to_string(errors)) +
         attribute("skipped", std::to_string(count(result, FindingState::Inconclusive)));
}

}  // namespace

std::string report_junit(const RunResult& result) {
  const std::int64_t errors = findings_say_so(result) ? 0 : 1;
  const std::string tail = counts(result, errors);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + tail +
                    ">\n  <testsuite" + attribute("name", result.scenario.name) + tail + ">\n" +
                    properties(result);
  for (const Finding& finding : result.findings) {
    const auto kind = kFindingKindNames[static_cast<std::size_t>(finding.kind)];
    out += test_case(result, kind, finding.name, outcome(finding));
  }
  if (errors > 0) {
    out += test_case(result, "run", "verdict",
                     "      <error" + attribute("message", result.reason) +
                         attribute("type", name_of(result.verdict)) + "/>\n");
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace fusebox::chaos
