// The mistakes of one condition, as its lexer, parser and checker find them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/condition.hpp"

namespace fusebox::policy::detail {

class Mistakes {
 public:
  // Beyond kConditionErrorsMax a mistake only counts, so that hostile text cannot fill the memory.
  void add(ConditionError mistake) {
    if (all_.size() < kConditionErrorsMax) all_.push_back(std::move(mistake));
  }
  [[nodiscard]] bool empty() const { return all_.empty(); }

  // By ascending offset, as a reader meets them.
  void append_to(std::vector<ConditionError>& errors) && {
    std::stable_sort(
        all_.begin(), all_.end(),
        [](const ConditionError& a, const ConditionError& b) { return a.offset < b.offset; });
    std::move(all_.begin(), all_.end(), std::back_inserter(errors));
  }

 private:
  std::vector<ConditionError> all_;
};

// `tool`: how a piece of the condition stands in a message.
[[nodiscard]] inline std::string quoted(std::string_view text) {
  return "`" + std::string(text) + "`";
}

// "did you mean `tool`?", or "" for "".
[[nodiscard]] inline std::string did_you_mean(std::string_view word) {
  return word.empty() ? std::string() : "did you mean " + quoted(word) + "?";
}

}  // namespace fusebox::policy::detail
