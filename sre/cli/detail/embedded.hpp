// The scenarios that come with fusebox, and the configurations they run under, inside the program:
// so that `chaos run provider-brownout` works where there is no source tree.
#pragma once

#include <span>
#include <string_view>

namespace fusebox::cli {

struct EmbeddedFile {
  std::string_view name;  // "provider-brownout.yaml", "configs/provider-brownout.protected.yaml"
  std::string_view text;
};

// By ascending name. Written by cmake/EmbedFiles.cmake.
[[nodiscard]] std::span<const EmbeddedFile> embedded_files();

}  // namespace fusebox::cli
