// Lines of a file or of standard input, in one buffer of bounded size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace fusebox::cli {

class LineReader {
 public:
  // Lines longer than this are cut there by next(), so that the decoder refuses them as too long.
  explicit LineReader(std::size_t line_bytes_max);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // "-" is standard input.
  [[nodiscard]] Result<void> open(const std::string& path);

  // The next line without its newline, valid until the next call; nullopt at the end or after an
  // error. A last line without newline counts.
  [[nodiscard]] std::optional<std::string_view> next();
  // Set once reading failed.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  [[nodiscard]] std::int64_t line_number() const { return line_; }  // 1-based, of the last line
  [[nodiscard]] std::int64_t bytes_read() const { return bytes_; }

 private:
  [[nodiscard]] bool fill();

  std::string path_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what is not yet handed out
  std::size_t end_ = 0;
  std::size_t line_bytes_max_;
  std::int64_t line_ = 0;
  std::int64_t bytes_ = 0;
  int descriptor_ = -1;
  bool at_end_ = false;
  std::optional<Error> error_;
};

}  // namespace fusebox::cli
