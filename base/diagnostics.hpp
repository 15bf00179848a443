// Diagnostics with a place: every mistake of a file, not the first one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace fusebox {

// 1-based, in bytes; line 0 means "the file as a whole".
struct Place {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
};

enum class Severity : std::uint8_t { Error, Notice };

// file:line:col: error[E0102]: what; expected; hint
struct Diagnostic {
  Severity severity = Severity::Error;
  Place place;
  ErrorCode code;
  std::string what;
  std::string expected;  // "" if there is nothing to say
  std::string hint;      // "" likewise
};

[[nodiscard]] std::string format(const Diagnostic& diagnostic);

class Diagnostics {
 public:
  void add(Diagnostic diagnostic);
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  [[nodiscard]] bool has_errors() const { return errors_ > 0; }
  [[nodiscard]] std::size_t error_count() const { return errors_; }
  // By file, line and column; the order of addition where those are equal.
  void sort();

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

}  // namespace fusebox
