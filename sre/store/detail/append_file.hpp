// A file that only grows, with what could not be written yet. A failed write leaves nothing behind:
// what it wrote of its bytes is cut off before the next one, and the bytes stay here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "sre/store/files.hpp"

namespace fusebox::store {

class AppendFile {
 public:
  AppendFile(std::shared_ptr<File> file, std::uint64_t end) : file_(std::move(file)), end_(end) {}

  // What flush will write; add to it at its end.
  [[nodiscard]] std::string& buffer() { return buffer_; }
  [[nodiscard]] const std::string& buffer() const { return buffer_; }
  // One write of the whole buffer; on an error it stays as it is, for the next call.
  Result<void> flush() {
    if (buffer_.empty()) return {};
    if (auto done = write(buffer_); !done) return done;
    buffer_.clear();
    return {};
  }
  // Past the buffer, all or nothing.
  Result<void> write(std::string_view bytes) {
    if (torn_) {
      if (auto cut = cut_back(); !cut) return cut;
    }
    auto done = file_->write_at(end_, bytes);
    if (done) {
      end_ += bytes.size();
    } else {
      torn_ = true;
      static_cast<void>(cut_back());  // at once, for whom the room may be enough; or later
    }
    return done;
  }

  [[nodiscard]] const std::shared_ptr<File>& file() const { return file_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }  // of what is written

 private:
  Result<void> cut_back() {
    auto cut = file_->truncate(end_);
    torn_ = !cut;
    return cut;
  }

  std::shared_ptr<File> file_;
  std::uint64_t end_;
  std::string buffer_;
  bool torn_ = false;  // bytes of a failed write may stand behind end_
};

}  // namespace fusebox::store
