// The last act of the tour: one incident in virtual time, with protection and without.
#pragma once

#include <string>

#include "base/result.hpp"
#include "chaos/result.hpp"

namespace fusebox::cli {

struct SideBySide {
  chaos::RunResult with;
  chaos::RunResult without;
  std::string report;  // path of the page about `with`; it stays
};

// Runs provider-brownout under both of its configurations at once, some seconds of two cores.
[[nodiscard]] Result<SideBySide> run_side_by_side();

// What a reader compares: a row for each, in the columns of a table of 80.
struct ComparedRow {
  std::string protection;  // "protected"
  std::string success;     // of the tasks of the experiment arm
  std::string control;     // of those of the control arm
  std::string cost;        // a task
  std::string recovery;    // in the words of the run; "" if nobody asked
};
[[nodiscard]] ComparedRow compared(std::string_view protection, const chaos::RunResult& result);

}  // namespace fusebox::cli
