#include "sre/store/detail/sqlite.hpp"

namespace fusebox::store {

Result<Database> Database::open(FilesVfs& vfs, const std::string& path) {
  Database opened(vfs, path);
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs.name());
  opened.database_.reset(database);
  if (code != SQLITE_OK) return opened.failure(code);
  // What lies in the file may be anybody's: its schema gets to run nothing.
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return opened;
}

Unexpected Database::failure(int code) const {
  const int primary = code & 0xFF;
  const bool is_disk = primary == SQLITE_IOERR || primary == SQLITE_FULL ||
                       primary == SQLITE_CANTOPEN || primary == SQLITE_NOMEM;
  const std::string words =
      is_disk && !vfs_->last_failure().empty() ? vfs_->last_failure() : sqlite3_errstr(code);
  return {is_disk ? ErrorCode::StorageFailed : ErrorCode::StateCorrupt, path_ + ": " + words};
}

Result<Database::Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return Statement(*this, statement);
}

Result<void> Database::run(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return {};
}

Result<std::int64_t> Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return Unexpected{statement.error()};
  const auto row = statement->step();
  if (!row) return Unexpected{row.error()};
  return *row ? statement->number(0) : 0;
}

Result<std::string> Database::text(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return Unexpected{statement.error()};
  const auto row = statement->step();
  if (!row) return Unexpected{row.error()};
  return *row ? std::string(statement->bytes(0)) : std::string();
}

Database::Statement& Database::Statement::bind(std::int64_t value) {
  bind_code_ |= sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Database::Statement& Database::Statement::bind_text(std::string_view text) {
  bind_code_ |= sqlite3_bind_text64(statement_.get(), ++bound_, text.data(), text.size(),
                                    SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Database::Statement& Database::Statement::bind_bytes(std::string_view bytes) {
  bind_code_ |=
      sqlite3_bind_blob64(statement_.get(), ++bound_, bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Database::Statement::step() {
  if (bind_code_ != SQLITE_OK) return database_->failure(bind_code_);
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(statement_.get());
  bound_ = 0;
  if (code == SQLITE_DONE) return false;
  return database_->failure(code);
}

std::int64_t Database::Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Database::Statement::bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return {static_cast<const char*>(bytes), bytes == nullptr ? 0 : size};
}

}  // namespace fusebox::store
