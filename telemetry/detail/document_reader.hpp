// JSON values that nobody declared (`args`, `attributes`) as dynamic documents.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "policy/dynamic.hpp"
#include "telemetry/detail/json_fields.hpp"

namespace fusebox::telemetry::detail {

// Values in one document. A node takes ten times the bytes of the shortest JSON value, so without
// a bound one line could hold tens of megabytes.
inline constexpr std::size_t kDocumentNodesMax = 1 << 16;

// A member that goes to `attributes` because its object does not know it.
struct ExtraMember {
  std::string_view name;
  Json value;
};

// Fills documents and reuses its memory. A name that stands twice in one object is an error at any
// depth: a rule that looks at the first one must not differ from a tool that takes the last.
class DocumentReader {
 public:
  // `object` as a map. `path` is where it stands.
  [[nodiscard]] Result<void> read(JsonObject object, Path path, policy::DynamicDocument& out);

  // The members of `object` (absent: none) and behind them those of `extras` that are not null and
  // that it does not name, as one map. `extras` stand in the object `path.outer`; what is left out
  // is erased from them.
  [[nodiscard]] Result<void> read_merged(const std::optional<JsonObject>& object, Path path,
                                         std::vector<ExtraMember>& extras,
                                         policy::DynamicDocument& out);

 private:
  using Nodes = std::vector<policy::DynamicNode>;

  [[nodiscard]] Result<void> append(std::string_view key, Json value, Path path, Nodes& nodes);
  [[nodiscard]] Result<void> append_list(simdjson::dom::array list, Path path, Nodes& nodes);
  [[nodiscard]] Result<void> append_members(JsonObject object, Path path, Nodes& nodes);
  [[nodiscard]] Result<void> append_extras(std::vector<ExtraMember>& extras, Path path,
                                           Nodes& nodes);

  std::vector<std::string_view> names_;  // of the map finished last, sorted
};

}  // namespace fusebox::telemetry::detail
