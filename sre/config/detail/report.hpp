// Where mistakes of one file go: each at its place, and not more of them than a person reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/diagnostics.hpp"

namespace fusebox::config::detail {

// A place in a file: line and column 1-based in bytes, offset 0-based. Line 0: the whole file.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t offset = 0;
};

// Mistakes of one file that are listed; hostile files have any number of them.
inline constexpr std::size_t kMistakesMax = 100;

class Report {
 public:
  // `file` and `text` must outlive the report. A byte order mark is not part of the text.
  Report(std::string_view file, std::string_view text, Diagnostics& out);

  void error(Position at, ErrorCode code, std::string what, std::string expected = {},
             std::string hint = {});
  void notice(Position at, ErrorCode code, std::string what, std::string expected = {});

  // No further error will be listed: callers may skip the work of finding one.
  [[nodiscard]] bool full() const { return errors_ > kMistakesMax; }
  [[nodiscard]] bool failed() const { return errors_ > 0; }
  [[nodiscard]] Place place(Position at) const;
  [[nodiscard]] std::string_view file() const { return file_; }
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string_view file_;
  std::string_view text_;
  Diagnostics& out_;
  std::size_t errors_ = 0;
};

// The words of NotYetSupported: "`jitter` is part of the contract and comes later".
[[nodiscard]] std::string comes_later(std::string_view what);

// "expected " and what was.
[[nodiscard]] std::string expecting(std::string_view what);

// `text` as it may stand in a message: in backquotes, cut at 64 bytes between characters, control
// characters escaped.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace fusebox::config::detail
