// Lines out of bytes that come in pieces.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace fusebox::runtime::detail {

// A line of a stream above this is not one of ours.
inline constexpr std::size_t kLineBytesMax = 1 << 20;

// Hands over the whole lines of `text`, without their ends, and removes them; what is left is the
// beginning of the next. False when the reader has enough.
[[nodiscard]] inline bool hand_over_lines(std::string& text,
                                          const std::function<bool(std::string_view)>& on_line) {
  std::size_t begin = 0;
  bool wanted = true;
  for (std::size_t end = text.find('\n'); wanted && end != std::string::npos;
       end = text.find('\n', begin)) {
    std::string_view line = std::string_view(text).substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    begin = end + 1;
    wanted = on_line(line);
  }
  text.erase(0, begin);
  return wanted;
}

}  // namespace fusebox::runtime::detail
