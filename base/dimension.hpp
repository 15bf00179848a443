// The dimensions of agent telemetry: what SLOs group by, breakers and limits are keyed by, and
// stop orders are scoped by. One list, so that a name means the same in all of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace fusebox {

enum class Dimension : std::uint8_t {
  Agent,
  Tenant,
  Environment,
  Version,
  User,
  Session,
  Task,
  ParentTask,
  RootTask,
  TraceId,
  Kind,
  Tool,
  Model,
  Provider,
  ToAgent,
  Domain,
  // The side of a chaos experiment: "experiment", "control", "outside"; "" without one. The host of
  // an experiment says it, never an agent or a file, so it is the one dimension that is not named.
  Arm,
};
inline constexpr std::size_t kDimensionCount = 17;
// Those that users can write and read: all but the last.
inline constexpr std::size_t kNamedDimensionCount = 16;

constexpr Dimension last_of(Dimension) { return Dimension::Arm; }

// "agent", "parent_task": as in YAML, JSON, conditions and metrics.
[[nodiscard]] std::string_view name_of(Dimension dimension);
// The named ones, in the order of the enum.
[[nodiscard]] std::optional<Dimension> parse_dimension(std::string_view name);
[[nodiscard]] std::span<const std::string_view> dimension_names();

// The value of each dimension of one event or check; "" where it is absent. The views belong to
// the bytes that the event was decoded from.
class Dimensions {
 public:
  [[nodiscard]] std::string_view operator[](Dimension dimension) const {
    return values_[static_cast<std::size_t>(dimension)];
  }
  [[nodiscard]] std::string_view& operator[](Dimension dimension) {
    return values_[static_cast<std::size_t>(dimension)];
  }

 private:
  std::array<std::string_view, kDimensionCount> values_{};
};

}  // namespace fusebox
