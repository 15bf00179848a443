// Dynamic values: what `args` and `attributes` hold, and nobody declared. A document is one flat
// array of nodes over text that somebody else owns, so that a decoder fills it again and again
// without allocating.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/json_writer.hpp"

namespace fusebox::policy {

enum class DynamicKind : std::uint8_t { Null, Bool, Int, Double, String, List, Map };
constexpr DynamicKind last_of(DynamicKind) { return DynamicKind::Map; }

// Children of a list or map follow their parent in preorder. In a map each child carries its key.
struct DynamicNode {
  DynamicKind kind = DynamicKind::Null;
  bool boolean = false;
  std::uint32_t children = 0;     // List and Map: number of direct children
  std::uint32_t descendants = 0;  // nodes in this subtree besides the node itself
  std::int64_t integer = 0;
  double number = 0;
  std::string_view key = {};   // the member name, if the parent is a map
  std::string_view text = {};  // String
};

// A document whose first node is the root; empty means absent.
class DynamicDocument {
 public:
  std::vector<DynamicNode> nodes;  // the decoder's to fill, in preorder

  [[nodiscard]] const DynamicNode* root() const { return nodes.empty() ? nullptr : &nodes.front(); }
  void clear() { nodes.clear(); }
};

// The member `key` of a map node; null if there is none. Linear in the number of direct children.
// `node` must stand in a DynamicDocument, because children are found behind it.
[[nodiscard]] const DynamicNode* find_member(const DynamicNode& node, std::string_view key);

// The element `index` of a list node; null if it is out of range. Linear.
[[nodiscard]] const DynamicNode* find_element(const DynamicNode& node, std::int64_t index);

// Writes a node that is neither list nor map: how those are walked is the caller's.
void write_scalar(JsonWriter& json, const DynamicNode& node);

}  // namespace fusebox::policy
