// What the store asks of a disk, as two small interfaces, so that tests can take the power away
// between any two calls or fail any one of them. `posix_files` is the one that users run.
//
// The model is the pessimist's: nothing written is safe before File::sync, no name (created,
// renamed, removed) before Files::sync_folder. A failed write may have written any part.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace fusebox::store {

// An open file. Errors of every call: StorageFailed, with the path and the system's own words.
// One thread at a time, except that sync() may run beside the others.
class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  virtual ~File() = default;

  // Reads from `offset` until `into` is full or the file ends; the number of bytes read.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
  virtual Result<void> write_at(std::uint64_t offset, std::string_view bytes) = 0;
  // Cuts the file, or extends it by zeros.
  virtual Result<void> truncate(std::uint64_t size) = 0;
  // Returns when the content and the size, as left by every call that returned before, survive a
  // power cut. After one failure every later call fails too: the system reports lost bytes once,
  // and a second call would call them safe.
  virtual Result<void> sync() = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
  // An exclusive lock between processes, held until the file is closed or its process ends. False
  // if another open file has it.
  [[nodiscard]] virtual Result<bool> try_lock() = 0;
};

enum class OpenAs : std::uint8_t {
  Read,       // must exist
  Write,      // must exist; reading too
  Create,     // created empty, readable by its owner alone, if it does not exist
  CreateNew,  // must not exist
};

struct Rename {
  std::string from;
  std::string to;  // replaced, as one step, if it exists
};

// Errors as those of File.
class Files {
 public:
  Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  virtual ~Files() = default;

  [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenAs how) = 0;
  [[nodiscard]] virtual Result<bool> exists(const std::string& path) = 0;
  // Names without their folder, sorted.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  // One level, for its owner alone; nothing happens if it is there.
  virtual Result<void> make_folder(const std::string& path) = 0;
  virtual Result<void> rename(const Rename& names) = 0;
  // Nothing happens if it is not there.
  virtual Result<void> remove(const std::string& path) = 0;
  // Makes the names in the folder survive a power cut.
  virtual Result<void> sync_folder(const std::string& path) = 0;
};

[[nodiscard]] std::string parent_of(const std::string& path);

// The whole file. Errors: StorageFailed, and TooLarge above `bytes_max`.
[[nodiscard]] Result<std::string> read_file(Files& files, const std::string& path,
                                            std::uint64_t bytes_max);

// Replaces `to` by these bytes: after a crash it has the old content or the new one. `scratch` is
// on the same file system and left behind by a crash at most.
struct Replacement {
  std::string to;
  std::string scratch;
  std::string_view bytes;
};
Result<void> replace_file(Files& files, const Replacement& replacement);

}  // namespace fusebox::store
