#include "sre/config/detail/document.hpp"

#include <algorithm>
#include <array>

#include "sre/config/detail/map_reader.hpp"

namespace fusebox::config::detail {
namespace {

constexpr std::string_view kFusebox = "fusebox/v1";
constexpr std::string_view kOpenSlo = "openslo/v1";

struct KindRow {
  std::string_view name;
  std::string_view api_version;
  std::optional<Kind> kind;  // absent: comes later
};
constexpr std::array<KindRow, 15> kKinds{{
    {"Config", kFusebox, Kind::Config},
    {"Policy", kFusebox, Kind::Policy},
    {"Breaker", kFusebox, Kind::Breaker},
    {"Limit", kFusebox, Kind::Limit},
    {"PolicyTest", kFusebox, Kind::PolicyTest},
    {"SLO", kOpenSlo, Kind::Slo},
    {"SLI", kOpenSlo, Kind::Sli},
    {"Service", kOpenSlo, Kind::Service},
    {"Agent", kFusebox, std::nullopt},
    {"Gateway", kFusebox, std::nullopt},
    {"Scenario", kFusebox, Kind::Scenario},
    {"DataSource", kOpenSlo, std::nullopt},
    {"AlertPolicy", kOpenSlo, std::nullopt},
    {"AlertCondition", kOpenSlo, std::nullopt},
    {"AlertNotificationTarget", kOpenSlo, std::nullopt},
}};

constexpr std::array kDocumentKeys{required("apiVersion"), required("kind"), required("metadata"),
                                   required("spec")};
constexpr std::array kMetadataKeys{required("name"), optional("displayName"), optional("labels"),
                                   optional("annotations")};

constexpr std::size_t kTextMax = 1050;

std::array<std::string_view, kKinds.size()> kind_names() {
  std::array<std::string_view, kKinds.size()> names;
  for (std::size_t i = 0; i < kKinds.size(); ++i) names[i] = kKinds[i].name;
  return names;
}

// The row of the document's kind; null if it is unknown or comes later.
const KindRow* read_kind(const Field& field) {
  const auto text = as_text(field, kTextMax);
  if (!text) return nullptr;
  const auto row = std::find_if(kKinds.begin(), kKinds.end(),
                                [&](const KindRow& candidate) { return candidate.name == *text; });
  if (row == kKinds.end()) {
    field.error(
        ErrorCode::UnknownKind, quoted(*text) + " is not a kind of document",
        "expected Config, Policy, Breaker, Limit, PolicyTest, SLO, SLI, Service or Scenario",
        did_you_mean(*text, kind_names()));
    return nullptr;
  }
  if (!row->kind) {
    field.error(ErrorCode::NotYetSupported, "kind " + comes_later(*text));
    return nullptr;
  }
  return &*row;
}

void check_api_version(const Field& field, const KindRow& row) {
  const auto text = as_text(field, kTextMax);
  if (!text || *text == row.api_version) return;
  field.invalid(std::string(row.api_version) + " for kind " + std::string(row.name));
}

// A key of labels or annotations: `name`, or `dns.prefix/name`.
void check_metadata_key(const Entry& entry, Report& report) {
  constexpr std::size_t kNameMax = 63;
  constexpr std::size_t kPrefixMax = 253;
  const std::string_view key = entry.key;
  const std::size_t slash = key.find('/');
  const std::string_view prefix = slash == std::string_view::npos ? "" : key.substr(0, slash);
  const std::string_view name = slash == std::string_view::npos ? key : key.substr(slash + 1);
  if (name.empty() || name.size() > kNameMax || prefix.size() > kPrefixMax || slash == 0) {
    report.error(entry.key_at, ErrorCode::InvalidValue, quoted(key) + " is not a key of metadata",
                 "expected a name of at most 63 bytes, or prefix/name");
  }
  if (prefix == "openslo.com") {
    report.error(entry.key_at, ErrorCode::InvalidValue, quoted(key) + " has a reserved prefix",
                 "expected a prefix of your own");
  }
}

// Labels are texts or lists of texts, annotations are texts.
void check_metadata_map(const Field& map, bool lists) {
  if (map.node.kind != NodeKind::Map) {
    map.wrong_type("a map");
    return;
  }
  for (const Entry& entry : map.node.entries) {
    check_metadata_key(entry, map.report);
    const Field value{entry.key, entry.value, map.report};
    if (entry.value.kind == NodeKind::Scalar) continue;
    if (lists) {
      static_cast<void>(as_texts(value));
    } else {
      value.wrong_type("a text");
    }
  }
}

}  // namespace

std::string_view name_of(Kind kind) {
  const auto row = std::find_if(kKinds.begin(), kKinds.end(),
                                [&](const KindRow& candidate) { return candidate.kind == kind; });
  return row->name;
}

Metadata read_metadata(const Field& field) {
  const MapReader reader(field, kMetadataKeys);
  Metadata metadata{.name = {}, .name_at = field.node.at, .annotations = nullptr};
  static_cast<void>(reader.get("displayName", as_text, kTextMax));
  if (const auto labels = reader.field("labels")) check_metadata_map(*labels, true);
  if (const auto annotations = reader.field("annotations")) {
    check_metadata_map(*annotations, false);
    if (annotations->node.kind == NodeKind::Map) metadata.annotations = &annotations->node;
  }
  const auto name = reader.field("name");
  if (!name) return metadata;
  metadata.name_at = name->node.at;
  const auto text = as_text(*name, kTextMax);
  if (!text) return metadata;
  if (is_label(*text)) {
    metadata.name = *text;
  } else {
    name->invalid("lower-case letters, digits and inner hyphens, at most 63");
  }
  return metadata;
}

void refuse_own_annotations(const Node* annotations, Report& report) {
  if (annotations == nullptr) return;
  for (const Entry& entry : annotations->entries) {
    if (!entry.key.starts_with(kOwnPrefix)) continue;
    report.error(entry.key_at, ErrorCode::UnknownKey, "unknown annotation " + quoted(entry.key),
                 "fusebox.dev/ annotations stand on SLO documents");
  }
}

std::optional<Document> read_document(const Node& root, Report& report) {
  const Field field{"document", root, report};
  // The kind first: a document that comes later is named once, and its keys are not judged.
  const KindRow* row = nullptr;
  const Entry* kind = root.find("kind");
  if (kind != nullptr) {
    row = read_kind({kind->key, kind->value, report});
    if (row == nullptr) return std::nullopt;
  }
  const MapReader reader(field, kDocumentKeys);
  if (row == nullptr) return std::nullopt;
  if (const auto version = reader.field("apiVersion")) check_api_version(*version, *row);
  Metadata metadata;
  if (const auto value = reader.field("metadata")) metadata = read_metadata(*value);
  if (*row->kind != Kind::Slo) refuse_own_annotations(metadata.annotations, report);
  const auto spec = reader.field("spec");
  if (!spec) return std::nullopt;
  return Document{.kind = *row->kind,
                  .name = std::move(metadata.name),
                  .name_at = metadata.name_at,
                  .spec = *spec,
                  .annotations = metadata.annotations};
}

}  // namespace fusebox::config::detail
