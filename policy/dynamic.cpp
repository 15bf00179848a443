#include "policy/dynamic.hpp"

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

}  // namespace fusebox::policy
