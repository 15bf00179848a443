// A little of SQLite with Results: one connection, statements with values bound in order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "base/result.hpp"
#include "sre/store/detail/files_vfs.hpp"

namespace fusebox::store {

// Errors of all of it: StateCorrupt, for a file that is damaged or no database; StorageFailed, with
// the words of the disk.
class Database {
 public:
  // `vfs` outlives it.
  [[nodiscard]] static Result<Database> open(FilesVfs& vfs, const std::string& path);

  class Statement;
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  // Statements without values and without rows that matter.
  Result<void> run(const char* sql);
  // The one integer, or text, that a query gives; 0 or "" if it gives none.
  [[nodiscard]] Result<std::int64_t> number(std::string_view sql);
  [[nodiscard]] Result<std::string> text(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };
  Database(FilesVfs& vfs, std::string path) : vfs_(&vfs), path_(std::move(path)) {}
  [[nodiscard]] Unexpected failure(int code) const;

  FilesVfs* vfs_;
  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
};

// Values are bound from the left; bytes and text are not copied and must live until step().
class Database::Statement {
 public:
  Statement& bind(std::int64_t value);
  Statement& bind_text(std::string_view text);
  Statement& bind_bytes(std::string_view bytes);
  // True if there is a row. Forgets what was bound once there is none.
  [[nodiscard]] Result<bool> step();

  [[nodiscard]] std::int64_t number(int column) const;
  // Text or bytes, until the next step.
  [[nodiscard]] std::string_view bytes(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Statement(const Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bound_ = 0;
  int bind_code_ = SQLITE_OK;
};

}  // namespace fusebox::store
