#include "policy/dynamic_archive.hpp"

#include "base/text.hpp"

namespace fusebox::policy {
namespace {

// What a node holds besides its key and its place in the tree. Serves both directions.
template <class Archive, class Node>
void visit_value(Archive& archive, Node& node) {
  switch (node.kind) {
    case DynamicKind::Null:
      return;
    case DynamicKind::Bool:
      return archive(node.boolean);
    case DynamicKind::Int:
      return archive(node.integer);
    case DynamicKind::Double:
      return archive(node.number);
    case DynamicKind::String:
      return archive(node.text);
    case DynamicKind::List:
    case DynamicKind::Map:
      return archive(node.children);
  }
}

class Loader {
 public:
  Loader(ArchiveReader& archive, std::vector<DynamicNode>& nodes)
      : archive_(archive), nodes_(nodes) {}

  // Recursion is bounded by kDocumentDepthMax.
  void load(bool has_key, std::size_t depth) {
    const std::size_t place = nodes_.size();
    if (depth > kDocumentDepthMax || place >= kDocumentNodesMax) return archive_.fail();
    DynamicNode node;
    archive_(node.kind);
    if (has_key) archive_(node.key);
    visit_value(archive_, node);
    if (find_invalid_utf8(node.key) || find_invalid_utf8(node.text)) return archive_.fail();
    nodes_.push_back(node);
    for (std::uint32_t i = 0; i < node.children && !archive_.failed(); ++i) {
      load(node.kind == DynamicKind::Map, depth + 1);
    }
    nodes_[place].descendants = static_cast<std::uint32_t>(nodes_.size() - place - 1);
  }

 private:
  ArchiveReader& archive_;
  std::vector<DynamicNode>& nodes_;
};

// Writes one node and what is below it; the node behind them.
const DynamicNode* save_node(ArchiveWriter& archive, const DynamicNode* node, bool has_key) {
  archive(node->kind);
  if (has_key) archive(node->key);
  visit_value(archive, *node);
  const DynamicNode* next = node + 1;
  for (std::uint32_t i = 0; i < node->children; ++i) {
    next = save_node(archive, next, node->kind == DynamicKind::Map);
  }
  return next;
}

}  // namespace

void save_document(ArchiveWriter& archive, const DynamicDocument* document) {
  const DynamicNode* root = document == nullptr ? nullptr : document->root();
  archive(root != nullptr);
  if (root != nullptr) save_node(archive, root, false);
}

void load_document(ArchiveReader& archive, DynamicDocument& document) {
  document.clear();
  bool present = false;
  archive(present);
  if (!present || archive.failed()) return;
  Loader(archive, document.nodes).load(false, 0);
  if (!archive.failed() && document.root()->kind == DynamicKind::Map) return;
  archive.fail();
  document.clear();
}

}  // namespace fusebox::policy
