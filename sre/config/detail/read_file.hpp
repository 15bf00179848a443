// A file's bytes, no more of them than are wanted.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace fusebox::config::detail {

// The first `bytes_max` bytes; nullopt if the file cannot be read.
[[nodiscard]] std::optional<std::string> read_file(const std::string& path, std::size_t bytes_max);

}  // namespace fusebox::config::detail
