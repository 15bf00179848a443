#include "sre/cli/line_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace fusebox::cli {
namespace {

// Small enough that what was read is still in the second-level cache when it is decoded, and does
// not push the engine's keys out of it.
constexpr std::size_t kReadBytes = 1 << 16;

}  // namespace

LineReader::LineReader(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {
  // Room for the longest line, its newline, and one read behind it.
  buffer_.resize(line_bytes_max + 1 + kReadBytes);
}

LineReader::~LineReader() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

Result<void> LineReader::open(const std::string& path) {
  path_ = path == "-" ? "standard input" : path;
  descriptor_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ >= 0) return {};
  return Unexpected{ErrorCode::FileUnreadable,
                    "cannot open " + path + ": " + std::generic_category().message(errno)};
}

std::optional<std::string_view> LineReader::next() {
  std::size_t searched = begin_;
  for (;;) {
    const void* newline = std::memchr(buffer_.data() + searched, '\n', end_ - searched);
    const std::size_t available = end_ - begin_;
    if (newline == nullptr && available <= line_bytes_max_ && !at_end_) {
      const std::size_t kept = available;
      if (!fill() && error_) return std::nullopt;
      searched = begin_ + kept;
      continue;
    }
    if (newline == nullptr && available == 0) return std::nullopt;
    const std::size_t stop =
        newline == nullptr
            ? end_
            : static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_.data());
    const std::string_view line(buffer_.data() + begin_, stop - begin_);
    begin_ = newline == nullptr ? stop : stop + 1;
    ++line_;
    return line;
  }
}

// Moves what is left to the front and reads behind it; false at the end of the file.
bool LineReader::fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  for (;;) {
    const ssize_t count =
        ::read(descriptor_, buffer_.data() + end_, std::min(kReadBytes, buffer_.size() - end_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      error_ = Error{ErrorCode::FileUnreadable,
                     "cannot read " + path_ + ": " + std::generic_category().message(errno)};
      return false;
    }
    at_end_ = count == 0;
    end_ += static_cast<std::size_t>(count);
    bytes_ += count;
    return !at_end_;
  }
}

}  // namespace fusebox::cli
