// What every document has: apiVersion, kind, metadata and spec.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ratio.hpp"
#include "sre/config/detail/field.hpp"
#include "sre/config/detail/yaml.hpp"

namespace fusebox::config::detail {

enum class Kind : std::uint8_t {
  Config,
  Policy,
  Breaker,
  Limit,
  PolicyTest,
  Slo,
  Sli,
  Service,
  Scenario,
};

// As in YAML: "Breaker", "SLO".
[[nodiscard]] std::string_view name_of(Kind kind);

// One document whose frame is right. Views and references belong to the parsed tree.
struct Document {
  Kind kind;
  std::string name;  // metadata.name; "" if it was wrong, which has been reported
  Position name_at;
  Field spec;
  const Node* annotations;  // of metadata; null without
};

// Reads the frame of one parsed document. nullopt if the kind is unknown or comes later, or if
// there is no spec to read; each with its report.
[[nodiscard]] std::optional<Document> read_document(const Node& root, Report& report);

// metadata.labels and metadata.annotations of anything in the OpenSLO format.
struct Metadata {
  std::string name;
  Position name_at;
  const Node* annotations = nullptr;
};
[[nodiscard]] Metadata read_metadata(const Field& field);

// Refuses fusebox.dev/ annotations, on documents that have none.
void refuse_own_annotations(const Node* annotations, Report& report);

inline constexpr std::string_view kOwnPrefix = "fusebox.dev/";

}  // namespace fusebox::config::detail
