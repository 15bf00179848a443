// Where results go: a buffered file descriptor that reports its errors, and what the terminal can
// show.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace fusebox::cli {

// Appends to a buffer and writes it out in large pieces.
class Output {
 public:
  // Standard output; never closed.
  Output();
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Redirects to a file. A regular file is written beside its final name and put in place by
  // finish(), so that a run that fails leaves the earlier file as it was.
  [[nodiscard]] Result<void> open(const std::string& path);

  // The buffer to append to; call flush_if_large() now and then.
  [[nodiscard]] std::string& buffer() { return buffer_; }
  [[nodiscard]] Result<void> flush_if_large();
  // Writes what is left and puts the file in place. Errors: the disk is full, the reader is gone.
  [[nodiscard]] Result<void> finish();

 private:
  [[nodiscard]] Result<void> flush();

  std::string buffer_;
  std::string final_path_;
  std::string temporary_path_;  // "" if written in place
  int descriptor_;
};

// The same file under two names, links included.
[[nodiscard]] bool is_same_file(const std::string& a, const std::string& b);

[[nodiscard]] bool is_terminal(std::FILE* stream);

// Appends text from outside so that it cannot command a terminal: control characters are written as
// \\x1b.
void append_visible(std::string& out, std::string_view text);

// Escape sequences around text, or nothing when colour is off (no terminal, NO_COLOR set). The text
// is made visible.
enum class Style { Plain, Dim, Bold, Red, Green, Yellow, Cyan };
[[nodiscard]] bool wants_colour(std::FILE* stream);
void append_styled(std::string& out, std::string_view text, Style style, bool colour);

}  // namespace fusebox::cli
