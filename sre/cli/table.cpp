#include "sre/cli/table.hpp"

#include <algorithm>

namespace fusebox::cli {
namespace {

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

void Table::append_to(std::string& out, bool colour, std::size_t indent) const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    std::size_t width = width_of(columns_[column].title);
    for (const auto& row : rows_) width = std::max(width, width_of(row[column].text));
    widths.push_back(width);
  }
  const auto append_row = [&](const std::vector<Cell>& row) {
    out.append(indent, ' ');
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      const std::size_t padding = widths[column] - width_of(row[column].text);
      const bool last = column + 1 == columns_.size();
      if (columns_[column].numeric) out.append(padding, ' ');
      append_styled(out, row[column].text, row[column].style, colour);
      if (!columns_[column].numeric && !last) out.append(padding, ' ');
      if (!last) out += "  ";
    }
    out += '\n';
  };
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.push_back({column.title, Style::Dim});
  append_row(titles);
  for (const auto& row : rows_) append_row(row);
}

}  // namespace fusebox::cli
