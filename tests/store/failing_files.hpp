// Another disk on which the n-th operation fails, or every one from the n-th on. A write that fails
// has written half of its bytes.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "sre/store/files.hpp"

namespace fusebox::store {

class FailingFiles final : public Files {
 public:
  explicit FailingFiles(Files& files) : files_(files) {}

  // From the next operation on, which is number 0.
  void fail_once(std::int64_t n) { plan_ = {.next = 0, .first = n, .last = n}; }
  void fail_from(std::int64_t n) { plan_ = {.next = 0, .first = n, .last = kAlways}; }
  void heal() { plan_ = {}; }
  // Has an operation failed since the last order?
  [[nodiscard]] bool has_failed() const { return plan_.failed; }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenAs how) override {
    if (fails()) return failure("open " + path);
    auto opened = files_.open(path, how);
    if (!opened) return opened;
    return std::unique_ptr<File>(std::make_unique<Handle>(*this, path, std::move(*opened)));
  }
  Result<bool> exists(const std::string& path) override {
    if (fails()) return failure("look for " + path);
    return files_.exists(path);
  }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    if (fails()) return failure("list " + folder);
    return files_.list(folder);
  }
  Result<void> make_folder(const std::string& path) override {
    if (fails()) return failure("create " + path);
    return files_.make_folder(path);
  }
  Result<void> rename(const Rename& names) override {
    if (fails()) return failure("rename " + names.from);
    return files_.rename(names);
  }
  Result<void> remove(const std::string& path) override {
    if (fails()) return failure("remove " + path);
    return files_.remove(path);
  }
  Result<void> sync_folder(const std::string& path) override {
    if (fails()) return failure("sync " + path);
    return files_.sync_folder(path);
  }

 private:
  static constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::max();
  struct Plan {
    std::int64_t next = 0;
    std::int64_t first = kAlways;
    std::int64_t last = -1;
    bool failed = false;
  };

  class Handle final : public File {
   public:
    Handle(FailingFiles& files, std::string path, std::unique_ptr<File> file)
        : files_(files), path_(std::move(path)), file_(std::move(file)) {}
    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
      if (files_.fails()) return failure("read " + path_);
      return file_->read_at(offset, into);
    }
    Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
      if (files_.fails()) {
        static_cast<void>(file_->write_at(offset, bytes.substr(0, bytes.size() / 2)));
        return failure("write " + path_);
      }
      return file_->write_at(offset, bytes);
    }
    Result<void> truncate(std::uint64_t size) override {
      if (files_.fails()) return failure("truncate " + path_);
      return file_->truncate(size);
    }
    Result<void> sync() override {
      lost_ = files_.fails() || lost_;
      if (lost_) return failure("sync " + path_);
      return file_->sync();
    }
    Result<std::uint64_t> size() override {
      if (files_.fails()) return failure("read the size of " + path_);
      return file_->size();
    }
    Result<bool> try_lock() override {
      if (files_.fails()) return failure("lock " + path_);
      return file_->try_lock();
    }

   private:
    FailingFiles& files_;
    std::string path_;
    std::unique_ptr<File> file_;
    bool lost_ = false;
  };

  static Unexpected failure(const std::string& what) {
    return {ErrorCode::StorageFailed, "cannot " + what + ": no space left on device"};
  }
  bool fails() {
    const std::int64_t n = plan_.next++;
    const bool now = n >= plan_.first && n <= plan_.last;
    plan_.failed = plan_.failed || now;
    return now;
  }

  Files& files_;
  Plan plan_;
};

}  // namespace fusebox::store
