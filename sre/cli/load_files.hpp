// Loading configuration for a command: what is wrong goes to standard error, all of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "sre/config/load.hpp"

namespace fusebox::cli {

// The configuration of these files, or the built-in one without any; nullopt after errors, which
// have been printed then. Notices are printed in any case.
[[nodiscard]] std::optional<config::Configuration> load_or_report(
    const std::vector<std::string>& paths);

// One diagnostic a line on standard error.
void print_diagnostics(const Diagnostics& diagnostics);

// "what: message" on standard error.
void print_error(const std::string& text);

}  // namespace fusebox::cli
