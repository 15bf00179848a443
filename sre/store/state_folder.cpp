#include "sre/store/state_folder.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>

namespace fusebox::store {
namespace {

constexpr std::string_view kMarkerOpening = "fusebox state version ";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kSmallFileBytesMax = 4096;

std::string marker_text() { return std::string(kMarkerOpening) + std::to_string(kVersion) + "\n"; }

// The version that a marker of a later program states.
std::optional<std::uint32_t> later_version(std::string_view marker) {
  if (!marker.starts_with(kMarkerOpening)) return std::nullopt;
  marker.remove_prefix(kMarkerOpening.size());
  std::uint32_t version = 0;
  const auto parsed = std::from_chars(marker.data(), marker.data() + marker.size(), version);
  if (parsed.ec != std::errc{} || version <= kVersion) return std::nullopt;
  return version;
}

Result<void> check_marker(const std::string& path, std::string_view marker) {
  if (marker == marker_text()) return {};
  if (const auto version = later_version(marker)) {
    return Unexpected{ErrorCode::StateNewer, path + ": version " + std::to_string(*version) +
                                                 " of the state folder; this program knows up to " +
                                                 std::to_string(kVersion) +
                                                 "; nothing was changed: start the program that "
                                                 "wrote it, or name another folder"};
  }
  const std::string line = marker_text().substr(0, marker_text().size() - 1);
  return Unexpected{ErrorCode::StateCorrupt,
                    path + ": no marker of a state folder; expected '" + line +
                        "'; nothing was changed: if the folder is fusebox's, write that line into "
                        "the file (echo '" +
                        line + "' > " + path + "), else name another folder"};
}

}  // namespace

StatePaths::StatePaths(std::string root_folder) : root(std::move(root_folder)) {
  lock = root + "/lock";
  marker = root + "/marker";
  latch = root + "/latch";
  log = root + "/log";
  database = root + "/fusebox.db";
  audit = root + "/audit";
  keys = root + "/keys";
  listen = root + "/listen.json";
  audit_key = keys + "/audit.key";
  audit_public_key = audit + "/audit.pub";
  scratch = root + "/scratch";
}

Result<StateFolder> StateFolder::open(Files& files, std::string root, std::int64_t process_id) {
  StateFolder folder(files, StatePaths(std::move(root)));
  const StatePaths& paths = folder.paths_;
  Result<void> done = files.make_folder(paths.root);
  if (done) done = folder.take_lock(process_id);
  if (done) done = folder.look_around();
  for (const std::string& path : {paths.log, paths.audit, paths.keys}) {
    if (done) done = files.make_folder(path);
  }
  if (done) done = files.sync_folder(paths.root);
  if (done) done = files.sync_folder(parent_of(paths.root));
  if (done) done = folder.withdraw_listen();
  if (!done) return Unexpected{done.error()};
  return folder;
}

Result<void> StateFolder::take_lock(std::int64_t process_id) {
  auto file = files_->open(paths_.lock, OpenAs::Create);
  if (!file) return Unexpected{file.error()};
  const auto locked = (*file)->try_lock();
  if (!locked) return Unexpected{locked.error()};
  if (!*locked) {
    const auto owner = read_file(*files_, paths_.lock, kSmallFileBytesMax);
    const std::string name = owner ? owner->substr(0, owner->find('\n')) : "";
    return Unexpected{ErrorCode::StateInUse, paths_.root + " is in use by process " +
                                                 (name.empty() ? "(unknown)" : name) +
                                                 "; stop it, or choose another folder"};
  }
  Result<void> done = (*file)->truncate(0);
  if (done) done = (*file)->write_at(0, std::to_string(process_id) + "\n");
  lock_ = std::move(*file);
  return done;
}

Result<void> StateFolder::look_around() {
  const auto marked = files_->exists(paths_.marker);
  if (!marked) return Unexpected{marked.error()};
  is_marked_ = *marked;
  if (is_marked_) {
    const auto marker = read_file(*files_, paths_.marker, kSmallFileBytesMax);
    if (!marker && marker.error().code != ErrorCode::TooLarge) return Unexpected{marker.error()};
    return check_marker(paths_.marker, marker ? *marker : "");
  }
  is_new_ = true;
  for (const std::string& path : {paths_.latch, paths_.database}) {
    const auto exists = files_->exists(path);
    if (!exists) return Unexpected{exists.error()};
    is_new_ = is_new_ && !*exists;
  }
  for (const std::string& path : {paths_.log, paths_.audit}) {
    const auto exists = files_->exists(path);
    if (!exists) return Unexpected{exists.error()};
    if (!*exists) continue;
    const auto names = files_->list(path);
    if (!names) return Unexpected{names.error()};
    is_new_ = is_new_ && names->empty();
  }
  return {};
}

Result<void> StateFolder::mark() {
  if (is_marked_) return {};
  auto done = replace_file(
      *files_, {.to = paths_.marker, .scratch = paths_.scratch, .bytes = marker_text()});
  is_marked_ = done.has_value();
  return done;
}

Result<void> StateFolder::publish_listen(std::string_view json) {
  return replace_file(*files_, {.to = paths_.listen, .scratch = paths_.scratch, .bytes = json});
}

Result<void> StateFolder::withdraw_listen() { return files_->remove(paths_.listen); }

}  // namespace fusebox::store
