#include "base/dimension.hpp"

#include <algorithm>

namespace fusebox {
namespace {

constexpr std::array<std::string_view, kDimensionCount> kNames{
    "agent", "tenant",      "environment", "version",  "user", "session",
    "task",  "parent_task", "root_task",   "trace_id", "kind", "tool",
    "model", "provider",    "to_agent",    "domain",   "arm"};
constexpr std::span<const std::string_view> kNamed{kNames.data(), kNamedDimensionCount};

}  // namespace

std::string_view name_of(Dimension dimension) {
  return kNames[static_cast<std::size_t>(dimension)];
}

std::optional<Dimension> parse_dimension(std::string_view name) {
  const auto found = std::find(kNamed.begin(), kNamed.end(), name);
  if (found == kNamed.end()) return std::nullopt;
  return static_cast<Dimension>(found - kNamed.begin());
}

std::span<const std::string_view> dimension_names() { return kNamed; }

}  // namespace fusebox
