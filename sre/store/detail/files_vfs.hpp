// SQLite on the store's own files, so that the disk that loses power and the disk that fails, in
// tests, are what SQLite sees. It asks for no locks between processes: the state folder is locked.
#pragma once

#include <string>

#include <sqlite3.h>

#include "sre/store/files.hpp"

namespace fusebox::store {

// Registered with SQLite while it lives; databases that use it must be closed before.
class FilesVfs {
 public:
  explicit FilesVfs(Files& files);
  ~FilesVfs();
  FilesVfs(const FilesVfs&) = delete;
  FilesVfs& operator=(const FilesVfs&) = delete;

  [[nodiscard]] const char* name() const { return name_.c_str(); }
  // The words of the last operation that failed, which SQLite's own codes lose; "" if none has
  // since the last forget_failure().
  [[nodiscard]] const std::string& last_failure() const { return last_failure_; }
  void forget_failure() { last_failure_.clear(); }

  // For the functions that SQLite calls.
  [[nodiscard]] Files& files() const { return files_; }
  // The code, unless all went well; keeps the words.
  int code_of(const Result<void>& result, int code);

 private:
  Files& files_;
  std::string name_;
  std::string last_failure_;
  sqlite3_vfs vfs_{};
};

}  // namespace fusebox::store
