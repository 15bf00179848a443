#include "sre/cli/load_files.hpp"

#include <iostream>

#include "sre/cli/output.hpp"

namespace fusebox::cli {

void print_error(const std::string& text) { std::cerr << "fusebox: " << text << "\n"; }

void print_diagnostics(const Diagnostics& diagnostics) {
  const bool colour = wants_colour(stderr);
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    const bool is_error = diagnostic.severity == Severity::Error;
    append_styled(out, format(diagnostic), is_error ? Style::Red : Style::Dim, colour);
    out += '\n';
  }
  std::cerr << out;
}

std::optional<config::Configuration> load_or_report(const std::vector<std::string>& paths) {
  if (paths.empty()) return config::built_in();
  Diagnostics diagnostics;
  const auto sources = config::read_sources(paths, diagnostics);
  std::optional<config::Configuration> loaded;
  if (!diagnostics.has_errors()) loaded = config::load(sources, diagnostics);
  diagnostics.sort();
  print_diagnostics(diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  return loaded;
}

}  // namespace fusebox::cli
