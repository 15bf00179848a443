#include "sre/store/detail/files_vfs.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>

#include "base/assert.hpp"

namespace fusebox::store {
namespace {

// No file system that the daemon runs on writes less than that at once.
constexpr int kSectorBytes = 4096;
constexpr int kPathBytesMax = 4096;

FilesVfs& vfs_of(sqlite3_vfs* vfs) { return *static_cast<FilesVfs*>(vfs->pAppData); }

// What stands behind SQLite's handle of an open file.
struct OpenFile {
  FilesVfs& vfs;
  std::unique_ptr<File> file;
  std::string folder;
  bool is_name_unsynced;  // created here, and its folder not synced since
};

// SQLite allocates this by its size and knows nothing of constructors.
struct Handle {
  sqlite3_file base;
  OpenFile* open;
};

OpenFile& open_of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file)->open; }

int close(sqlite3_file* file) {
  delete reinterpret_cast<Handle*>(file)->open;
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  OpenFile& open = open_of(file);
  const std::span<char> room(static_cast<char*>(into), static_cast<std::size_t>(size));
  const auto got = open.file->read_at(static_cast<std::uint64_t>(offset), room);
  if (!got) return open.vfs.code_of(Unexpected{got.error()}, SQLITE_IOERR_READ);
  if (*got == room.size()) return SQLITE_OK;
  std::fill(room.begin() + static_cast<std::ptrdiff_t>(*got), room.end(), '\0');
  return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  OpenFile& open = open_of(file);
  const std::string_view text(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  return open.vfs.code_of(open.file->write_at(static_cast<std::uint64_t>(offset), text),
                          SQLITE_IOERR_WRITE);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  OpenFile& open = open_of(file);
  return open.vfs.code_of(open.file->truncate(static_cast<std::uint64_t>(size)),
                          SQLITE_IOERR_TRUNCATE);
}

int sync(sqlite3_file* file, int) {
  OpenFile& open = open_of(file);
  Result<void> done = open.file->sync();
  if (done && open.is_name_unsynced) {
    done = open.vfs.files().sync_folder(open.folder);
    open.is_name_unsynced = !done;
  }
  return open.vfs.code_of(done, SQLITE_IOERR_FSYNC);
}

int size_of(sqlite3_file* file, sqlite3_int64* size) {
  OpenFile& open = open_of(file);
  const auto found = open.file->size();
  if (!found) return open.vfs.code_of(Unexpected{found.error()}, SQLITE_IOERR_FSTAT);
  *size = static_cast<sqlite3_int64>(*found);
  return SQLITE_OK;
}

int lock(sqlite3_file*, int) { return SQLITE_OK; }
int check_reserved_lock(sqlite3_file*, int* is_reserved) {
  *is_reserved = 0;
  return SQLITE_OK;
}
int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return kSectorBytes; }
int characteristics(sqlite3_file*) { return 0; }

const sqlite3_io_methods kMethods = {
    .iVersion = 1,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = size_of,
    .xLock = lock,
    .xUnlock = lock,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

OpenAs how_of(int flags) {
  if ((flags & SQLITE_OPEN_CREATE) != 0) return OpenAs::Create;
  return (flags & SQLITE_OPEN_READWRITE) != 0 ? OpenAs::Write : OpenAs::Read;
}

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  FilesVfs& self = vfs_of(vfs);
  file->pMethods = nullptr;                     // nothing to close if this fails
  if (path == nullptr) return SQLITE_CANTOPEN;  // a temporary file: those are in memory
  const auto exists = self.files().exists(path);
  if (!exists) return self.code_of(Unexpected{exists.error()}, SQLITE_CANTOPEN);
  auto opened = self.files().open(path, how_of(flags));
  if (!opened) return self.code_of(Unexpected{opened.error()}, SQLITE_CANTOPEN);
  auto open = std::make_unique<OpenFile>(OpenFile{.vfs = self,
                                                  .file = std::move(*opened),
                                                  .folder = parent_of(path),
                                                  .is_name_unsynced = !*exists});
  reinterpret_cast<Handle*>(file)->open = open.release();
  file->pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  FilesVfs& self = vfs_of(vfs);
  Result<void> done = self.files().remove(path);
  if (done && sync_folder != 0) done = self.files().sync_folder(parent_of(path));
  return self.code_of(done, SQLITE_IOERR_DELETE);
}

int access(sqlite3_vfs* vfs, const char* path, int, int* answer) {
  FilesVfs& self = vfs_of(vfs);
  const auto exists = self.files().exists(path);
  if (!exists) return self.code_of(Unexpected{exists.error()}, SQLITE_IOERR_ACCESS);
  *answer = *exists ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int size, char* out) {
  const std::size_t length = std::strlen(path);
  if (length >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::copy_n(path, length + 1, out);
  return SQLITE_OK;
}

// Chance, sleep and time as SQLite has them itself; nothing that is kept depends on them.
sqlite3_vfs& standard() {
  sqlite3_vfs* found = sqlite3_vfs_find(nullptr);
  FUSEBOX_ASSERT(found != nullptr);
  return *found;
}
int randomness(sqlite3_vfs*, int size, char* out) {
  return standard().xRandomness(&standard(), size, out);
}
int sleep(sqlite3_vfs*, int us) { return standard().xSleep(&standard(), us); }
int current_time(sqlite3_vfs*, double* days) { return standard().xCurrentTime(&standard(), days); }
int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

FilesVfs::FilesVfs(Files& files) : files_(files) {
  static std::atomic<int> count = 0;
  name_ = "fusebox-" + std::to_string(++count);
  vfs_.iVersion = 1;
  vfs_.szOsFile = sizeof(Handle);
  vfs_.mxPathname = kPathBytesMax;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = open;
  vfs_.xDelete = remove;
  vfs_.xAccess = access;
  vfs_.xFullPathname = full_path;
  vfs_.xRandomness = randomness;
  vfs_.xSleep = sleep;
  vfs_.xCurrentTime = current_time;
  vfs_.xGetLastError = last_error;
  const int registered = sqlite3_vfs_register(&vfs_, 0);
  FUSEBOX_ASSERT(registered == SQLITE_OK);
}

FilesVfs::~FilesVfs() { sqlite3_vfs_unregister(&vfs_); }

int FilesVfs::code_of(const Result<void>& result, int code) {
  if (result) return SQLITE_OK;
  last_failure_ = result.error().message;
  return code;
}

}  // namespace fusebox::store
