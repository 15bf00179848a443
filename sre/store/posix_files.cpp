#include "sre/store/posix_files.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fusebox::store {
namespace {

Unexpected failed(std::string_view what, const std::string& path, int error = errno) {
  const std::string words = std::error_code(error, std::generic_category()).message();
  return {ErrorCode::StorageFailed, "cannot " + std::string(what) + " " + path + ": " + words};
}

// Repeats a call that a signal interrupted.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  // Linux has let go of the number even if close was interrupted, so it is not repeated. Bytes that
  // must not be lost were synced, so that what close reports is no news.
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

class PosixFile final : public File {
 public:
  PosixFile(std::string path, int number) : path_(std::move(path)), descriptor_(number) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = uninterrupted([&] {
        return ::pread(descriptor_.number(), into.data() + done, into.size() - done,
                       static_cast<off_t>(offset + done));
      });
      if (got < 0) return failed("read", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Result<void> write_at(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = uninterrupted([&] {
        return ::pwrite(descriptor_.number(), bytes.data(), bytes.size(),
                        static_cast<off_t>(offset));
      });
      if (put < 0) return failed("write", path_);
      if (put == 0) return failed("write", path_, ENOSPC);
      offset += static_cast<std::uint64_t>(put);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    const int done =
        uninterrupted([&] { return ::ftruncate(descriptor_.number(), static_cast<off_t>(size)); });
    if (done < 0) return failed("truncate", path_);
    return {};
  }

  Result<void> sync() override {
    if (lost_) return failed("sync", path_, EIO);
    if (uninterrupted([&] { return ::fdatasync(descriptor_.number()); }) < 0) {
      lost_ = true;
      return failed("sync", path_);
    }
    return {};
  }

  Result<std::uint64_t> size() override {
    struct stat status {};
    if (::fstat(descriptor_.number(), &status) < 0) return failed("read the size of", path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

  Result<bool> try_lock() override {
    if (uninterrupted([&] { return ::flock(descriptor_.number(), LOCK_EX | LOCK_NB); }) == 0) {
      return true;
    }
    if (errno == EWOULDBLOCK) return false;
    return failed("lock", path_);
  }

 private:
  std::string path_;
  Descriptor descriptor_;
  std::atomic<bool> lost_ = false;  // set by the thread that syncs
};

int flags_of(OpenAs how) {
  switch (how) {
    case OpenAs::Read:
      return O_RDONLY;
    case OpenAs::Write:
      return O_RDWR;
    case OpenAs::Create:
      return O_RDWR | O_CREAT;
    case OpenAs::CreateNew:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

class PosixFiles final : public Files {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenAs how) override {
    const int number =
        uninterrupted([&] { return ::open(path.c_str(), flags_of(how) | O_CLOEXEC, 0600); });
    if (number < 0) return failed("open", path);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(path, number));
  }

  Result<bool> exists(const std::string& path) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return failed("look for", path);
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::error_code error;
    std::vector<std::string> names;
    std::filesystem::directory_iterator entry(folder, error);
    for (; !error && entry != std::filesystem::directory_iterator{}; entry.increment(error)) {
      names.push_back(entry->path().filename().string());
    }
    if (error) return failed("list", folder, error.value());
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<void> make_folder(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
    return failed("create the folder", path);
  }

  Result<void> rename(const Rename& names) override {
    if (::rename(names.from.c_str(), names.to.c_str()) == 0) return {};
    return failed("rename to " + names.to, names.from);
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    return failed("remove", path);
  }

  Result<void> sync_folder(const std::string& path) override {
    const Descriptor folder(
        uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (folder.number() < 0) return failed("open the folder", path);
    if (uninterrupted([&] { return ::fsync(folder.number()); }) < 0) return failed("sync", path);
    return {};
  }
};

}  // namespace

Files& posix_files() {
  static PosixFiles files;
  return files;
}

Result<std::array<std::uint8_t, 32>> draw_secret() {
  std::array<std::uint8_t, 32> secret{};
  // Up to 256 bytes come whole or not at all.
  if (uninterrupted([&] { return ::getrandom(secret.data(), secret.size(), 0); }) !=
      static_cast<ssize_t>(secret.size())) {
    return failed("draw a secret from", "the system");
  }
  return secret;
}

}  // namespace fusebox::store
