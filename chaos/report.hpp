// A run as text, for programs, pipelines, reviewers and people. Pure functions of the result: the
// same result gives the same bytes. `version` is the program's, as `fusebox version` prints it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "chaos/result.hpp"

namespace fusebox::chaos {

// report.json: one object, one line. Times in seconds since the start of the run, shares as 0..1,
// money in dollars. Fields are only ever added under one schema_version.
inline constexpr int kReportSchemaVersion = 1;
[[nodiscard]] std::string report_json(const RunResult& result, std::string_view version);

// JUnit XML: one test case for each finding, inconclusive ones skipped with their message, the
// verdict as a property. A verdict that is not a pass and that no failed finding shows becomes a
// case of its own, so that no run is green that should not be.
[[nodiscard]] std::string report_junit(const RunResult& result);

// For a pull request: the verdict, what was claimed, both arms, the moments that mattered.
[[nodiscard]] std::string report_markdown(const RunResult& result, std::string_view version);

// One page that needs nothing but itself: no network, no script; light and dark, wide and narrow.
[[nodiscard]] std::string report_html(const RunResult& result, std::string_view version);

// What a terminal shows after a run: no line longer than `width` (at least 60), no
// colour, control characters as question marks.
[[nodiscard]] std::string summary_text(const RunResult& result, std::size_t width);

}  // namespace fusebox::chaos
