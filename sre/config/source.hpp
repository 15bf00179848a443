// Configuration as text: where the bytes come from, and how many there may be.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"

namespace fusebox::config {

// Limits of one file; more is an error before anything is built from it.
inline constexpr std::size_t kFileBytesMax = 1 << 20;
inline constexpr std::size_t kYamlDepthMax = 32;
inline constexpr std::size_t kYamlNodesMax = 100'000;
inline constexpr std::size_t kYamlDocumentsMax = 1'000;

// `include` that leads to `include` that … ends here.
inline constexpr std::size_t kIncludeDepthMax = 8;

// One file's text and the name that diagnostics give it.
struct Source {
  std::string name;
  std::string text;
};

// Reads files, and folders of *.yaml and *.yml in sorted order (hidden files and sub-folders are
// left out), and follows `include` relative to the file it stands in (depth kIncludeDepthMax, no
// file twice). Unreadable files are diagnostics; what stands inside is load()'s to judge, the size
// too: no more than kFileBytesMax + 1 bytes of a file are read.
[[nodiscard]] std::vector<Source> read_sources(const std::vector<std::string>& paths,
                                               Diagnostics& diagnostics);

}  // namespace fusebox::config
