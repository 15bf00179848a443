#include "base/diagnostics.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace fusebox {

std::string format(const Diagnostic& diagnostic) {
  std::string out = diagnostic.place.file;
  if (diagnostic.place.line > 0) {
    out +=
        ":" + std::to_string(diagnostic.place.line) + ":" + std::to_string(diagnostic.place.column);
  }
  out += diagnostic.severity == Severity::Error ? ": error[" : ": notice[";
  out += code_text(diagnostic.code) + "]: " + diagnostic.what;
  if (!diagnostic.expected.empty()) out += "; " + diagnostic.expected;
  if (!diagnostic.hint.empty()) out += "; " + diagnostic.hint;
  return out;
}

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::Error) ++errors_;
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::sort() {
  std::stable_sort(all_.begin(), all_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.place.file, a.place.line, a.place.column) <
           std::tie(b.place.file, b.place.line, b.place.column);
  });
}

}  // namespace fusebox
