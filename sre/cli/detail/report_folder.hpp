// The files that `--report DIR` asks for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "chaos/result.hpp"

namespace fusebox::cli {

// Writes report.json, report.xml, report.md and report.html into `folder`, which is made if it is
// not there, and journal.ndjson if there is a journal. Each is put in place whole. Errors: the
// folder or a file cannot be written.
[[nodiscard]] Result<void> write_report(const std::string& folder, const chaos::RunResult& result,
                                        std::optional<std::string_view> journal);

}  // namespace fusebox::cli
