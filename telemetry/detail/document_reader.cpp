#include "telemetry/detail/document_reader.hpp"

#include <algorithm>

namespace fusebox::telemetry::detail {
namespace {

using policy::DynamicKind;
using policy::DynamicNode;

// Direct children of the container at `parent`, the last node of which is the end of `nodes`.
template <class Visit>
void for_each_child(const std::vector<DynamicNode>& nodes, std::size_t parent, Visit visit) {
  for (std::size_t i = parent + 1; i < nodes.size(); i += nodes[i].descendants + 1) {
    visit(nodes[i]);
  }
}

// Counts the children of the container at `parent`, now that all of them stand behind it.
void close_container(std::vector<DynamicNode>& nodes, std::size_t parent) {
  std::uint32_t children = 0;
  for_each_child(nodes, parent, [&children](const DynamicNode&) { ++children; });
  nodes[parent].children = children;
  nodes[parent].descendants = static_cast<std::uint32_t>(nodes.size() - parent - 1);
}

// A name that stands twice in `names`, which it sorts: not quadratic, whoever sends it.
std::optional<std::string_view> sort_and_find_duplicate(std::vector<std::string_view>& names) {
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return std::nullopt;
  return *twice;
}

// Fills a scalar node. An unsigned number above the range of int64 becomes the nearest double.
void set_scalar(DynamicNode& node, Json value) {
  if (value.get(node.text) == simdjson::SUCCESS) {
    node.kind = DynamicKind::String;
  } else if (value.get(node.integer) == simdjson::SUCCESS) {
    node.kind = DynamicKind::Int;
  } else if (value.get(node.number) == simdjson::SUCCESS) {
    node.kind = DynamicKind::Double;
  } else if (value.get(node.boolean) == simdjson::SUCCESS) {
    node.kind = DynamicKind::Bool;
  }
}

}  // namespace

Result<void> DocumentReader::append(std::string_view key, Json value, Path path, Nodes& nodes) {
  if (nodes.size() >= kDocumentNodesMax) {
    return Unexpected{ErrorCode::TooLarge, join(path, {}) + ": more than " +
                                               std::to_string(kDocumentNodesMax) + " values"};
  }
  DynamicNode& node = nodes.emplace_back();
  node.key = key;
  simdjson::dom::array list;
  if (value.get(list) == simdjson::SUCCESS) {
    node.kind = DynamicKind::List;
    return append_list(list, path, nodes);
  }
  JsonObject object;
  if (value.get(object) == simdjson::SUCCESS) {
    node.kind = DynamicKind::Map;
    return append_members(object, path, nodes);
  }
  set_scalar(node, value);
  return {};
}

Result<void> DocumentReader::append_list(simdjson::dom::array list, Path path, Nodes& nodes) {
  const std::size_t parent = nodes.size() - 1;
  for (const simdjson::dom::element element : list) {
    if (Result<void> done = append({}, element, path, nodes); !done) return done;
  }
  close_container(nodes, parent);
  return {};
}

Result<void> DocumentReader::append_members(JsonObject object, Path path, Nodes& nodes) {
  const std::size_t parent = nodes.size() - 1;
  for (const auto& [name, value] : object) {
    if (Result<void> done = append(name, value, path, nodes); !done) return done;
  }
  close_container(nodes, parent);
  names_.clear();
  for_each_child(nodes, parent, [this](const DynamicNode& child) { names_.push_back(child.key); });
  if (const auto twice = sort_and_find_duplicate(names_)) return duplicate_member(path, *twice);
  return {};
}

Result<void> DocumentReader::read(JsonObject object, Path path, policy::DynamicDocument& out) {
  out.clear();
  out.nodes.emplace_back().kind = DynamicKind::Map;
  return append_members(object, path, out.nodes);
}

Result<void> DocumentReader::read_merged(const std::optional<JsonObject>& object, Path path,
                                         std::vector<ExtraMember>& extras,
                                         policy::DynamicDocument& out) {
  out.clear();
  names_.clear();
  for (const ExtraMember& extra : extras) names_.push_back(extra.name);
  if (const auto twice = sort_and_find_duplicate(names_)) {
    return duplicate_member({path.outer, {}}, *twice);
  }
  if (!object && extras.empty()) return {};
  names_.clear();
  if (!object) {
    out.nodes.emplace_back().kind = DynamicKind::Map;
  } else if (Result<void> done = read(*object, path, out); !done) {
    return done;
  }
  return append_extras(extras, path, out.nodes);
}

// `names_` still holds the names of the root, which win over the extras. Null is absent here, as
// in every object with known members.
Result<void> DocumentReader::append_extras(std::vector<ExtraMember>& extras, Path path,
                                           Nodes& nodes) {
  std::erase_if(extras, [this](const ExtraMember& extra) {
    return extra.value.is_null() || std::binary_search(names_.begin(), names_.end(), extra.name);
  });
  for (const ExtraMember& extra : extras) {
    const Path here{path.outer, {}};
    if (Result<void> done = append(extra.name, extra.value, here, nodes); !done) return done;
  }
  close_container(nodes, 0);
  return {};
}

}  // namespace fusebox::telemetry::detail
