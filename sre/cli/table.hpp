// Tables for people: columns aligned with spaces, numbers to the right.
#pragma once

#include <string>
#include <vector>

#include "sre/cli/output.hpp"

namespace fusebox::cli {

struct Cell {
  std::string text;
  Style style = Style::Plain;
};

class Table {
 public:
  struct Column {
    std::string title;
    bool numeric = false;  // aligned to the right
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Two spaces between columns, `indent` before the first; widths count code points.
  void append_to(std::string& out, bool colour, std::size_t indent = 2) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace fusebox::cli
