#include "sre/store/files.hpp"

namespace fusebox::store {
namespace {

Result<void> write_whole(Files& files, const std::string& path, std::string_view bytes) {
  auto file = files.open(path, OpenAs::Create);
  if (!file) return Unexpected{file.error()};
  // A crash may have left more there than is written now.
  if (auto done = (*file)->truncate(0); !done) return done;
  if (auto done = (*file)->write_at(0, bytes); !done) return done;
  return (*file)->sync();
}

}  // namespace

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::string> read_file(Files& files, const std::string& path, std::uint64_t bytes_max) {
  auto file = files.open(path, OpenAs::Read);
  if (!file) return Unexpected{file.error()};
  const auto size = (*file)->size();
  if (!size) return Unexpected{size.error()};
  if (*size > bytes_max) {
    return Unexpected{ErrorCode::TooLarge, path + " has " + std::to_string(*size) +
                                               " bytes; expected at most " +
                                               std::to_string(bytes_max)};
  }
  std::string bytes(static_cast<std::size_t>(*size), '\0');
  const auto got = (*file)->read_at(0, bytes);
  if (!got) return Unexpected{got.error()};
  bytes.resize(*got);
  return bytes;
}

Result<void> replace_file(Files& files, const Replacement& replacement) {
  auto done = write_whole(files, replacement.scratch, replacement.bytes);
  if (done) done = files.rename({.from = replacement.scratch, .to = replacement.to});
  if (!done) {
    // What could not be completed is of no use; that it cannot be removed changes nothing.
    static_cast<void>(files.remove(replacement.scratch));
    return done;
  }
  return files.sync_folder(parent_of(replacement.to));
}

}  // namespace fusebox::store
