// Configuration as text: where the bytes come from, and how many there may be.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"
#include "base/result.hpp"

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
  friend bool operator==(const Source&, const Source&) = default;

  template <class Archive>
  void visit(Archive& archive) {
    archive(name, text);
  }
};

// Reads files, and folders of *.yaml and *.yml in sorted order (hidden files and sub-folders are
// left out), and follows `include` relative to the file it stands in (depth kIncludeDepthMax, no
// file twice). Unreadable files are diagnostics; what stands inside is load()'s to judge, the size
// too: no more than kFileBytesMax + 1 bytes of a file are read.
[[nodiscard]] std::vector<Source> read_sources(const std::vector<std::string>& paths,
                                               Diagnostics& diagnostics);

// A configuration as bytes, to be kept beside the state that was reached under it: load() of what
// comes back gives the same configuration, whatever the files say by then. Secrets in token files
// are no part of it.
[[nodiscard]] std::string pack_sources(const std::vector<Source>& sources);
// The inverse. Errors: StateCorrupt for bytes that pack_sources did not write.
[[nodiscard]] Result<std::vector<Source>> unpack_sources(std::string_view bytes);

}  // namespace fusebox::config
