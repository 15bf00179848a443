// A file descriptor that closes itself.
#pragma once

#include <utility>

#include <unistd.h>

namespace fusebox::runtime::detail {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, kNone)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, kNone));
    return *this;
  }
  ~FileDescriptor() { reset(kNone); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, kNone); }
  explicit operator bool() const { return fd_ != kNone; }

 private:
  static constexpr int kNone = -1;  // what the system's own calls return

  void reset(int fd) {
    if (fd_ != kNone) ::close(fd_);
    fd_ = fd;
  }

  int fd_ = kNone;
};

}  // namespace fusebox::runtime::detail
