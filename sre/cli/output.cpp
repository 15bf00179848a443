#include "sre/cli/output.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fusebox::cli {
namespace {

constexpr std::size_t kFlushBytes = 1 << 16;  // stays in cache until it is written

Unexpected output_error(const std::string& path, const char* doing) {
  return {ErrorCode::FileUnreadable,
          std::string(doing) + " " + path + ": " + std::generic_category().message(errno)};
}

const char* escape_of(Style style) {
  switch (style) {
    case Style::Plain:
      return "";
    case Style::Dim:
      return "\x1b[2m";
    case Style::Bold:
      return "\x1b[1m";
    case Style::Red:
      return "\x1b[31m";
    case Style::Green:
      return "\x1b[32m";
    case Style::Yellow:
      return "\x1b[33m";
    case Style::Cyan:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

Output::Output() : final_path_("standard output"), descriptor_(STDOUT_FILENO) {}

Output::~Output() {
  if (descriptor_ != STDOUT_FILENO) ::close(descriptor_);
  if (!temporary_path_.empty()) ::unlink(temporary_path_.c_str());
}

Result<void> Output::open(const std::string& path) {
  struct stat existing {};
  const bool exists = ::stat(path.c_str(), &existing) == 0;
  const bool replace = !exists || S_ISREG(existing.st_mode);
  final_path_ = path;
  if (replace) temporary_path_ = path + ".part";
  const std::string opened = replace ? temporary_path_ : final_path_;
  const int descriptor = ::open(opened.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    temporary_path_.clear();
    return output_error(opened, "cannot open");
  }
  descriptor_ = descriptor;
  return {};
}

Result<void> Output::flush_if_large() {
  return buffer_.size() < kFlushBytes ? Result<void>{} : flush();
}

Result<void> Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return output_error(final_path_, "cannot write");
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
  return {};
}

Result<void> Output::finish() {
  if (auto flushed = flush(); !flushed) return flushed;
  if (descriptor_ == STDOUT_FILENO) return {};
  const int closed = ::close(descriptor_);
  descriptor_ = STDOUT_FILENO;
  if (closed != 0) return output_error(final_path_, "cannot close");
  if (temporary_path_.empty()) return {};
  if (::rename(temporary_path_.c_str(), final_path_.c_str()) != 0) {
    return output_error(final_path_, "cannot put in place");
  }
  temporary_path_.clear();
  return {};
}

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// Text from outside must not command the terminal or forge lines: control characters (C0, DEL, C1)
// and those that turn the direction of writing become visible escapes.
void append_visible(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t hidden = byte(i) < 0x20 || byte(i) == 0x7F ? 1 : 0;
    if (byte(i) == 0xC2 && i + 1 < text.size() && byte(i + 1) < 0xA0) hidden = 2;
    if (byte(i) == 0xE2 && i + 2 < text.size()) {
      const unsigned tail = byte(i + 1) * 256U + byte(i + 2);
      const bool marks = tail == 0x808E || tail == 0x808F;     // U+200E, U+200F
      const bool breaks = tail >= 0x80A8 && tail <= 0x80AE;    // U+2028 to U+202E
      const bool isolates = tail >= 0x81A6 && tail <= 0x81A9;  // U+2066 to U+2069
      if (marks || breaks || isolates) hidden = 3;
    }
    if (hidden == 0) out += text[i];
    for (std::size_t part = 0; part < hidden; ++part) {
      out += "\\x";
      out += kHex[byte(i + part) >> 4];
      out += kHex[byte(i + part) & 15];
    }
    if (hidden > 1) i += hidden - 1;
  }
}

bool is_terminal(std::FILE* stream) { return ::isatty(::fileno(stream)) == 1; }

bool wants_colour(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT: no thread has been started yet
  return is_terminal(stream) && (no_colour == nullptr || *no_colour == '\0');
}

void append_styled(std::string& out, std::string_view text, Style style, bool colour) {
  const bool styled = colour && style != Style::Plain;
  if (styled) out += escape_of(style);
  append_visible(out, text);
  if (styled) out += "\x1b[0m";
}

}  // namespace fusebox::cli
