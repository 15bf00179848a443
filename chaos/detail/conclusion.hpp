// From findings to the verdict and its sentence.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "chaos/result.hpp"

namespace fusebox::chaos {

// What a run came to that no finding says.
struct Course {
  std::optional<std::string> aborted;  // why
  bool unsteady = false;
  bool cut_short = false;  // the driver stopped before the end
};

struct Conclusion {
  Verdict verdict = Verdict::Pass;
  std::string reason;
};

// The severest of what applies (verdict.hpp). A failed comparison is named before a failed
// expectation: what users felt comes before what a device did.
[[nodiscard]] Conclusion conclude(std::span<const Finding> findings, const Course& course);

}  // namespace fusebox::chaos
