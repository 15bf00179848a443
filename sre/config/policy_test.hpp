// `kind: PolicyTest`: requests and the decisions they must get, as files that stand beside the
// rules they test.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "sre/config/source.hpp"

namespace fusebox::config {

struct PolicyExpectation {
  std::string name;
  std::string check_json;  // body of a check
  // Each present field must be equal in the decision; at least one is present.
  std::optional<std::string> effect;
  std::optional<std::string> gate;
  std::optional<std::string> reason;
  std::optional<std::string> rule;
  Place place;
};

struct PolicyTestFile {
  std::string name;
  std::vector<std::string> config_paths;  // resolved from the test file's folder
  std::vector<PolicyExpectation> tests;
};

// The PolicyTest documents of all sources; documents of other kinds are load()'s and skipped.
// Complete exactly if `diagnostics` got no errors.
[[nodiscard]] std::vector<PolicyTestFile> load_policy_tests(const std::vector<Source>& sources,
                                                            Diagnostics& diagnostics);

}  // namespace fusebox::config
