// Dynamic documents in an archive. The shape of the tree is rebuilt from the number of children of
// each node, so bytes cannot describe a tree that is none.
#pragma once

#include <cstddef>

#include "base/archive.hpp"
#include "policy/dynamic.hpp"

namespace fusebox::policy {

// As of the JSON decoder, which is where documents come from.
inline constexpr std::size_t kDocumentDepthMax = 64;
inline constexpr std::size_t kDocumentNodesMax = 1 << 16;

// Null is written as an empty document.
void save_document(ArchiveWriter& archive, const DynamicDocument* document);

// The texts are views of the bytes that are read. Fails the archive, and leaves the document empty,
// on anything but a map, too many or too deep nodes, and text that is not UTF-8.
void load_document(ArchiveReader& archive, DynamicDocument& document);

}  // namespace fusebox::policy
