// Loading texts in tests.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sre/config/load.hpp"

namespace fusebox::config {

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// One line for each diagnostic.
inline std::string format_all(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) out += format(diagnostic) + "\n";
  return out;
}

// What `text` loads to, without a mistake.
inline Configuration load_text(const std::string& text) {
  Diagnostics diagnostics;
  auto configuration = load({{"test.yaml", text}}, diagnostics);
  EXPECT_TRUE(configuration.has_value()) << format_all(diagnostics);
  return configuration ? std::move(*configuration) : built_in();
}

// The diagnostics of `text`.
inline std::string complaints(const std::string& text) {
  Diagnostics diagnostics;
  const auto configuration = load({{"test.yaml", text}}, diagnostics);
  EXPECT_EQ(configuration.has_value(), !diagnostics.has_errors());
  return format_all(diagnostics);
}

}  // namespace fusebox::config
