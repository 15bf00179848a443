// A file cut into its documents before any of them is parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sre/config/detail/report.hpp"

namespace fusebox::config::detail {

// One document's bytes, and where they begin in the file.
struct Chunk {
  std::string_view text;
  std::uint32_t first_line = 1;
  std::uint32_t offset = 0;
};

// Documents begin at a line `---` and end at a line `...`, wherever these stand: YAML forbids both
// inside of scalars. Splitting first means that a syntax error costs one document, not the file.
[[nodiscard]] std::vector<Chunk> split_documents(std::string_view text);

// The first line with content, if any: nothing but comments makes no document.
struct FirstLine {
  std::string_view text;
  Position at;
};
[[nodiscard]] std::optional<FirstLine> first_line(const Chunk& chunk);

}  // namespace fusebox::config::detail
