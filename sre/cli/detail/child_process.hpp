// Programs that a command starts for as long as it runs itself, and how it learns from the kernel,
// without asking again and again, that one of them got somewhere or ended.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace fusebox::cli {

// A descriptor that is closed with its owner; -1 without one.
class OwnedDescriptor {
 public:
  explicit OwnedDescriptor(int number = -1) : number_(number) {}
  OwnedDescriptor(OwnedDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  OwnedDescriptor& operator=(OwnedDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~OwnedDescriptor();

  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

// A program that was started and is ended, at the latest, with the object.
class ChildProcess {
 public:
  // `log` gets what it writes. Errors: FileUnreadable for a program that cannot be started.
  [[nodiscard]] static Result<ChildProcess> start(const std::vector<std::string>& argv,
                                                  const std::string& log);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  [[nodiscard]] int pid() const { return pid_; }
  void signal(int number) const;
  // Its exit code, 128 + N for a signal; nullopt if it still runs after `limit`.
  std::optional<int> wait(Duration limit);
  // A descriptor that is readable from the moment the process has ended.
  [[nodiscard]] int end_descriptor() const { return end_.get(); }

 private:
  ChildProcess(int pid, OwnedDescriptor end) : pid_(pid), end_(std::move(end)) {}

  int pid_ = 0;
  OwnedDescriptor end_;
};

// A named pipe by which a program says that it has got somewhere: `echo > PATH`.
class StartSignal {
 public:
  // Makes the pipe; whoever made the folder removes it. Errors: FileUnreadable.
  [[nodiscard]] static Result<StartSignal> create(std::string path);

  [[nodiscard]] const std::string& path() const { return path_; }
  // Whether it was said; not if `teller` ended or `limit` passed before.
  [[nodiscard]] bool await(const ChildProcess& teller, Duration limit) const;

 private:
  StartSignal(std::string path, OwnedDescriptor pipe)
      : path_(std::move(path)), pipe_(std::move(pipe)) {}

  std::string path_;
  OwnedDescriptor pipe_;
};

}  // namespace fusebox::cli
