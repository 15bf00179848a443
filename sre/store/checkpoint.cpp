#include "sre/store/checkpoint.hpp"

#include <algorithm>

#include "base/archive.hpp"
#include "killswitch/sha256.hpp"
#include "sre/store/detail/files_vfs.hpp"
#include "sre/store/detail/sqlite.hpp"

namespace fusebox::store {
namespace {

using killswitch::Digest;
using killswitch::sha256;

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kApplicationId = 0x66627873;  // "fbxs"
// Far below the size of a value that SQLite would refuse, and nothing to allocate at once.
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

constexpr const char* kCreate =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE checkpoint(id INTEGER PRIMARY KEY, engine_time INTEGER NOT NULL,"
    " first_segment INTEGER NOT NULL, audit_entries INTEGER NOT NULL, audit_head BLOB NOT NULL,"
    " created INTEGER NOT NULL, configuration TEXT NOT NULL, digest BLOB NOT NULL) STRICT;"
    "CREATE TABLE chunk(n INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
    "PRAGMA application_id=1717729395;"
    "PRAGMA user_version=1;"
    "COMMIT";
static_assert(kApplicationId == 1717729395);

// With the lock kept, a commit cuts the journal to nothing and syncs that, so that it is safe when
// COMMIT returns: log segments are removed on the strength of it. Deleting the journal instead,
// as without the lock, would need EXTRA to be as safe.
constexpr const char* kSettings =
    "PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA journal_size_limit=0;"
    "PRAGMA synchronous=EXTRA;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA cell_size_check=ON;";

std::string_view as_text(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest digest_of(const Checkpoint& checkpoint) {
  std::string bytes;
  ArchiveWriter archive(bytes);
  archive(checkpoint.engine_time, checkpoint.configuration, checkpoint.first_segment,
          checkpoint.audit.entries, checkpoint.audit.head, checkpoint.created.time_since_epoch(),
          sha256(checkpoint.engine));
  return sha256(bytes);
}

// What lies in the file: the text of its tables in one line, "" for a new one.
Result<std::string> schema_of(Database& database) {
  return database.text(
      "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY rowid)");
}

// As schema_of gives it for what kCreate makes.
std::string own_schema() {
  const std::string_view create = kCreate;
  const auto first = create.find("CREATE TABLE checkpoint");
  const auto end = create.find(";PRAGMA");
  return std::string(create.substr(first, end - first));
}

Unexpected not_ours(const std::string& path) {
  return {ErrorCode::StateCorrupt, path + ": it is no database of fusebox"};
}

class Session {
 public:
  Session(FilesVfs& vfs, Database database) : vfs_(vfs), database_(std::move(database)) {}

  Result<void> prepare(const std::string& path) {
    if (auto done = database_.run(kSettings); !done) return done;
    const auto mode = database_.text("PRAGMA journal_mode");
    if (!mode) return Unexpected{mode.error()};
    // The mode that lies in every database we make; another would begin by writing files.
    if (*mode != "delete") return not_ours(path);
    const auto schema = schema_of(database_);
    if (!schema) return Unexpected{schema.error()};
    const auto version = database_.number("PRAGMA user_version");
    if (!version) return Unexpected{version.error()};
    if (schema->empty() && *version == 0) return database_.run(kCreate);
    if (*version > kVersion) {
      return Unexpected{ErrorCode::StateNewer, path + ": version " + std::to_string(*version) +
                                                   " of the checkpoint; this program knows up to " +
                                                   std::to_string(kVersion)};
    }
    return check(path, *schema, *version);
  }

  Result<std::optional<Checkpoint>> read(const std::string& path) {
    auto row = database_.prepare(
        "SELECT engine_time, first_segment, audit_entries, audit_head, created, configuration,"
        " digest FROM checkpoint");
    if (!row) return Unexpected{row.error()};
    const auto found = row->step();
    if (!found) return Unexpected{found.error()};
    if (!*found) return std::optional<Checkpoint>();
    Checkpoint checkpoint;
    checkpoint.engine_time = from_ns(row->number(0));
    checkpoint.first_segment = static_cast<std::uint64_t>(row->number(1));
    checkpoint.audit.entries = row->number(2);
    const std::string_view head = row->bytes(3);
    std::copy_n(head.begin(), std::min(head.size(), checkpoint.audit.head.size()),
                checkpoint.audit.head.begin());
    checkpoint.created += std::chrono::nanoseconds(row->number(4));
    checkpoint.configuration = row->bytes(5);
    const std::string digest(row->bytes(6));
    if (auto done = read_chunks(checkpoint.engine); !done) return Unexpected{done.error()};
    if (digest != as_text(digest_of(checkpoint))) {
      return Unexpected{ErrorCode::StateCorrupt, path + ": its bytes do not match its digest"};
    }
    return std::optional(std::move(checkpoint));
  }

  Result<void> write(const Checkpoint& checkpoint) {
    Result<void> done = database_.run("BEGIN IMMEDIATE; DELETE FROM checkpoint; DELETE FROM chunk");
    if (done) done = write_row(checkpoint);
    if (done) done = write_chunks(checkpoint.engine);
    if (done) done = database_.run("COMMIT");
    return done;
  }

 private:
  Result<void> check(const std::string& path, const std::string& schema, std::int64_t version) {
    const auto id = database_.number("PRAGMA application_id");
    if (!id) return Unexpected{id.error()};
    if (*id != kApplicationId || version != kVersion || schema != own_schema()) {
      return not_ours(path);
    }
    vfs_.forget_failure();
    const auto found = database_.text("PRAGMA quick_check(1)");
    if (!found) return Unexpected{found.error()};
    // It reports a page that the disk did not give as it reports a damaged one.
    if (!vfs_.last_failure().empty()) {
      return Unexpected{ErrorCode::StorageFailed, path + ": " + vfs_.last_failure()};
    }
    if (*found != "ok") return Unexpected{ErrorCode::StateCorrupt, path + ": " + *found};
    return {};
  }

  Result<void> read_chunks(std::string& engine) {
    auto rows = database_.prepare("SELECT bytes FROM chunk ORDER BY n");
    if (!rows) return Unexpected{rows.error()};
    while (true) {
      const auto found = rows->step();
      if (!found) return Unexpected{found.error()};
      if (!*found) return {};
      engine += rows->bytes(0);
    }
  }

  Result<void> write_row(const Checkpoint& checkpoint) {
    auto row = database_.prepare("INSERT INTO checkpoint VALUES(1, ?, ?, ?, ?, ?, ?, ?)");
    if (!row) return Unexpected{row.error()};
    const Digest digest = digest_of(checkpoint);
    const auto done = row->bind(to_ns(checkpoint.engine_time))
                          .bind(static_cast<std::int64_t>(checkpoint.first_segment))
                          .bind(checkpoint.audit.entries)
                          .bind_bytes(as_text(checkpoint.audit.head))
                          .bind(checkpoint.created.time_since_epoch().count())
                          .bind_text(checkpoint.configuration)
                          .bind_bytes(as_text(digest))
                          .step();
    if (!done) return Unexpected{done.error()};
    return {};
  }

  Result<void> write_chunks(std::string_view engine) {
    auto row = database_.prepare("INSERT INTO chunk VALUES(?, ?)");
    if (!row) return Unexpected{row.error()};
    for (std::int64_t n = 0; !engine.empty(); ++n) {
      const std::string_view chunk = engine.substr(0, kChunkBytes);
      const auto done = row->bind(n).bind_bytes(chunk).step();
      if (!done) return Unexpected{done.error()};
      engine.remove_prefix(chunk.size());
    }
    return {};
  }

  FilesVfs& vfs_;
  Database database_;
};

// What a person can do about it.
Unexpected with_advice(const Error& error, const std::string& path) {
  if (error.code != ErrorCode::StateCorrupt) return Unexpected{error};
  return {ErrorCode::StateCorrupt, error.message + "; nothing was changed: bring back a copy of " +
                                       path + ", or move it and the log beside it away to start " +
                                       "without what they hold"};
}

}  // namespace

struct CheckpointStore::Impl {
  Impl(Files& files, std::string at) : vfs(files), path(std::move(at)) {}

  // Opens a new connection unless one is in good health.
  Result<void> connect() {
    if (session) return {};
    auto database = Database::open(vfs, path);
    if (!database) return Unexpected{database.error()};
    session.emplace(vfs, std::move(*database));
    auto done = session->prepare(path);
    if (!done) session.reset();
    return done;
  }

  FilesVfs vfs;
  std::string path;
  std::optional<Session> session;
};

CheckpointStore::CheckpointStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CheckpointStore::~CheckpointStore() = default;
CheckpointStore::CheckpointStore(CheckpointStore&&) noexcept = default;
CheckpointStore& CheckpointStore::operator=(CheckpointStore&&) noexcept = default;

Result<CheckpointStore> CheckpointStore::open(Files& files, std::string path) {
  auto impl = std::make_unique<Impl>(files, std::move(path));
  if (auto done = impl->connect(); !done) return with_advice(done.error(), impl->path);
  return CheckpointStore(std::move(impl));
}

Result<std::optional<Checkpoint>> CheckpointStore::read() {
  if (auto done = impl_->connect(); !done) return with_advice(done.error(), impl_->path);
  auto checkpoint = impl_->session->read(impl_->path);
  if (!checkpoint) return with_advice(checkpoint.error(), impl_->path);
  return checkpoint;
}

Result<void> CheckpointStore::write(const Checkpoint& checkpoint) {
  if (auto done = impl_->connect(); !done) return done;
  auto done = impl_->session->write(checkpoint);
  // A connection that met a failing disk is in a state of its own; the next one begins as a start
  // does, by rolling back what is half written.
  if (!done) impl_->session.reset();
  return done;
}

}  // namespace fusebox::store
