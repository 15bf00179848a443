// What the tests of the windows share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/archive.hpp"
#include "slo/window.hpp"

namespace fusebox::slo {

// 2026-01-01, on an edge of every bucket.
inline constexpr Instant kStart{std::chrono::days{20'454}};

inline std::string saved(WindowedCounts& windows) {
  std::string bytes;
  ArchiveWriter archive{bytes};
  archive(windows);
  return bytes;
}

inline bool restore(WindowedCounts& windows, std::string_view bytes) {
  ArchiveReader archive{bytes};
  archive(windows);
  return !archive.failed() && archive.at_end();
}

struct Asked {
  Duration window;
  Counts counts;
};

inline std::vector<Asked> all_windows(const WindowedCounts& windows, Duration slo_window) {
  std::vector<Asked> asked;
  for (std::size_t i = 0; i < kBurnWindowCount; ++i) {
    const auto window = static_cast<BurnWindow>(i);
    asked.push_back({length_of(window), windows.counts(window)});
  }
  asked.push_back({slo_window, windows.slo_counts()});
  return asked;
}

}  // namespace fusebox::slo
