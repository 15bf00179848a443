// YAML text to a strict tree with places. Everything outside the subset (anchors, aliases, tags,
// merge keys, duplicate keys, directives) is a mistake at its place; depth, nodes and documents
// are counted while parsing, so a hostile file is refused before it has grown.
//
// Scalars stay text: what `012`, `yes` or `1e3` mean is decided by who reads the field, and not by
// YAML 1.1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sre/config/detail/report.hpp"

namespace fusebox::config::detail {

enum class NodeKind : std::uint8_t { Null, Scalar, List, Map };

struct Entry;

struct Node {
  NodeKind kind = NodeKind::Null;
  bool quoted = false;         // Scalar: "…", '…', | or >; never a number or a boolean
  Position at;                 // of a null value: its key's
  std::string text;            // Scalar; "null" or nothing reads as Null
  std::vector<Node> items;     // List
  std::vector<Entry> entries;  // Map, in the order of the file; keys are unique

  // The value of a key; null pointer if there is none. Linear.
  [[nodiscard]] const Entry* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  Position key_at;
  Node value;
};

// The documents of one file, without empty ones. A document with a syntax error is left out and
// the next one is read; a file over a limit gives nothing.
[[nodiscard]] std::vector<Node> parse_yaml(Report& report);

// Where byte `offset` of a scalar's text stands in the file: exact within a line, past escapes,
// quotes and indentation.
[[nodiscard]] Position place_within(std::string_view file_text, const Node& scalar,
                                    std::size_t offset);

}  // namespace fusebox::config::detail
