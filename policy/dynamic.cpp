#include "policy/dynamic.hpp"

#include "base/assert.hpp"

namespace fusebox::policy {

const DynamicNode* find_member(const DynamicNode& node, std::string_view key) {
  if (node.kind != DynamicKind::Map) return nullptr;
  const DynamicNode* child = &node + 1;
  for (std::uint32_t i = 0; i < node.children; ++i) {
    if (child->key == key) return child;
    child += 1 + child->descendants;
  }
  return nullptr;
}

const DynamicNode* find_element(const DynamicNode& node, std::int64_t index) {
  if (node.kind != DynamicKind::List) return nullptr;
  if (index < 0 || index >= std::int64_t{node.children}) return nullptr;
  const DynamicNode* child = &node + 1;
  for (std::int64_t i = 0; i < index; ++i) child += 1 + child->descendants;
  return child;
}

void write_scalar(JsonWriter& json, const DynamicNode& node) {
  switch (node.kind) {
    case DynamicKind::Null:
      return json.null();
    case DynamicKind::Bool:
      return json.boolean(node.boolean);
    case DynamicKind::Int:
      return json.integer(node.integer);
    case DynamicKind::Double:
      return json.number(node.number);
    case DynamicKind::String:
      return json.string(node.text);
    case DynamicKind::List:
    case DynamicKind::Map:
      FUSEBOX_ASSERT(false);
  }
}

}  // namespace fusebox::policy
