// Rows of expectations: what is expected, what happens, how it must be judged.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/chaos/story.hpp"

namespace fusebox::chaos {

using Lines = std::vector<std::pair<Duration, telemetry::RecordBody>>;
using What = decltype(Expectation::what);

struct ExpectRow {
  const char* name;
  What expected;
  Lines lines;
  std::function<Fate(Arm, Duration, std::int64_t)> fate;  // absent: all goes well
  FindingState state;
  const char* text;  // a part of it
};

inline constexpr auto kPass = FindingState::Pass;
inline constexpr auto kFail = FindingState::Fail;

inline const Finding& the_expectation(const RunResult& result) {
  for (const Finding& finding : result.findings) {
    if (finding.kind == FindingKind::Expectation) return finding;
  }
  ADD_FAILURE() << "no expectation was judged: " << result.reason;
  return result.findings.front();
}

inline Played play(const ExpectRow& row) {
  Story story;
  story.scenario.expect = {{.text = row.name, .what = row.expected}};
  story.each_second = says(row.lines);
  if (row.fate) story.fate = row.fate;
  return play(story);
}

inline void check(std::span<const ExpectRow> rows) {
  for (const ExpectRow& row : rows) {
    const RunResult result = play(row).result;
    const Finding& finding = the_expectation(result);
    EXPECT_EQ(finding.state, row.state) << row.name << ": " << finding.text;
    EXPECT_NE(finding.text.find(row.text), std::string::npos) << row.name << ": " << finding.text;
    EXPECT_EQ(finding.name, row.name);
  }
}

}  // namespace fusebox::chaos
