#include "sre/config/detail/split_documents.hpp"

#include <algorithm>

namespace fusebox::config::detail {
namespace {

bool is_marker(std::string_view line, std::string_view marker) {
  if (!line.starts_with(marker)) return false;
  return line.size() == marker.size() || line[marker.size()] == ' ' ||
         line[marker.size()] == '\t' || line[marker.size()] == '\r';
}

}  // namespace

std::vector<Chunk> split_documents(std::string_view text) {
  std::vector<Chunk> chunks;
  Chunk current{.text = {}, .first_line = 1, .offset = 0};
  std::uint32_t line_number = 1;
  std::size_t pos = 0;
  const auto cut = [&](std::size_t end, std::uint32_t next_line) {
    current.text = text.substr(current.offset, end - current.offset);
    chunks.push_back(current);
    current = {.text = {}, .first_line = next_line, .offset = static_cast<std::uint32_t>(end)};
  };
  while (pos < text.size()) {
    const std::size_t newline = text.find('\n', pos);
    const std::size_t next = newline == std::string_view::npos ? text.size() : newline + 1;
    const std::string_view line = text.substr(pos, std::min(newline, text.size()) - pos);
    if (is_marker(line, "---") && pos > current.offset) cut(pos, line_number);
    if (is_marker(line, "...")) cut(next, line_number + 1);
    pos = next;
    ++line_number;
  }
  cut(text.size(), line_number);
  return chunks;
}

std::optional<FirstLine> first_line(const Chunk& chunk) {
  std::size_t pos = 0;
  for (std::uint32_t line = chunk.first_line; pos < chunk.text.size(); ++line) {
    const std::size_t end = std::min(chunk.text.find('\n', pos), chunk.text.size());
    const std::string_view content = chunk.text.substr(pos, end - pos);
    const std::size_t start = content.find_first_not_of(" \t\r");
    if (start != std::string_view::npos && content[start] != '#') {
      return FirstLine{
          content,
          {.line = line, .column = 1, .offset = chunk.offset + static_cast<std::uint32_t>(pos)}};
    }
    pos = end + 1;
  }
  return std::nullopt;
}

}  // namespace fusebox::config::detail
