// The label texts of many keys, written once and used in every family of a table: a key of an SLO
// stands in 17 lines, and escaping its values 17 times would be half of the page's cost.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/key.hpp"

namespace fusebox::prometheus::detail {

class KeyLabels {
 public:
  void add_row() { starts_.push_back(text_.size()); }
  // These add to the last row.
  void add(std::string_view name, std::string_view value);
  void add_key(const KeySpec& spec, std::string_view key);  // dimensions in the order of the spec

  // Valid until something is added.
  [[nodiscard]] std::string_view operator[](std::size_t row) const;

 private:
  std::string text_;
  std::vector<std::size_t> starts_;
};

// The encoded key that has "_overflow" in each dimension.
[[nodiscard]] std::string overflow_key(const KeySpec& spec);

}  // namespace fusebox::prometheus::detail
