// CrashFiles for several threads: one call at a time, over all files.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "tests/store/crash_files.hpp"

namespace fusebox::api::testing {

class LockedFiles final : public store::Files {
 public:
  // The disk is full from here on, or not any more.
  void limit_bytes(std::optional<std::uint64_t> limit) {
    const std::lock_guard lock(mutex_);
    files_.limit_bytes(limit);
  }
  [[nodiscard]] std::uint64_t bytes_used() {
    const std::lock_guard lock(mutex_);
    return files_.bytes_used();
  }

  Result<std::unique_ptr<store::File>> open(const std::string& path, store::OpenAs how) override {
    const std::lock_guard lock(mutex_);
    auto file = files_.open(path, how);
    if (!file) return file;
    return std::unique_ptr<store::File>(std::make_unique<Locked>(mutex_, std::move(*file)));
  }
  Result<bool> exists(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    return files_.exists(path);
  }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    const std::lock_guard lock(mutex_);
    return files_.list(folder);
  }
  Result<void> make_folder(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    return files_.make_folder(path);
  }
  Result<void> rename(const store::Rename& names) override {
    const std::lock_guard lock(mutex_);
    return files_.rename(names);
  }
  Result<void> remove(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    return files_.remove(path);
  }
  Result<void> sync_folder(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    return files_.sync_folder(path);
  }

 private:
  class Locked final : public store::File {
   public:
    Locked(std::mutex& mutex, std::unique_ptr<store::File> file)
        : mutex_(mutex), file_(std::move(file)) {}
    ~Locked() override {
      const std::lock_guard lock(mutex_);
      file_.reset();
    }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
      const std::lock_guard lock(mutex_);
      return file_->read_at(offset, into);
    }
    Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
      const std::lock_guard lock(mutex_);
      return file_->write_at(offset, bytes);
    }
    Result<void> truncate(std::uint64_t size) override {
      const std::lock_guard lock(mutex_);
      return file_->truncate(size);
    }
    Result<void> sync() override {
      const std::lock_guard lock(mutex_);
      return file_->sync();
    }
    Result<std::uint64_t> size() override {
      const std::lock_guard lock(mutex_);
      return file_->size();
    }
    Result<bool> try_lock() override {
      const std::lock_guard lock(mutex_);
      return file_->try_lock();
    }

   private:
    std::mutex& mutex_;
    std::unique_ptr<store::File> file_;
  };

  std::mutex mutex_;
  store::CrashFiles files_;
};

}  // namespace fusebox::api::testing
