// Configuration from arbitrary bytes. Besides not crashing: loading is a function of the bytes, a
// refusal has a diagnostic, and every diagnostic is valid text at a place within the file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "sre/config/load.hpp"

namespace {

using fusebox::Diagnostic;
using fusebox::Diagnostics;
using fusebox::config::Source;

std::string format_all(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) out += format(diagnostic) + "\n";
  return out;
}

void check_places(const Diagnostics& diagnostics, const std::string& text) {
  const auto lines = 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (diagnostic.place.file != "fuzz.yaml") continue;
    FUSEBOX_ASSERT(diagnostic.place.line <= lines);
    FUSEBOX_ASSERT(diagnostic.place.column <= text.size() + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Source source{"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)};
  Diagnostics first;
  const bool loaded = fusebox::config::load({source}, first).has_value();
  FUSEBOX_ASSERT(loaded == !first.has_errors());
  check_places(first, source.text);
  const std::string lines = format_all(first);
  FUSEBOX_ASSERT(!fusebox::find_invalid_utf8(lines));

  Diagnostics second;
  FUSEBOX_ASSERT(fusebox::config::load({source}, second).has_value() == loaded);
  FUSEBOX_ASSERT(format_all(second) == lines);

  Diagnostics tests;
  static_cast<void>(fusebox::config::load_policy_tests({source}, tests));
  return 0;
}
