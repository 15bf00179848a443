#include "sre/runtime/detail/cgroup.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fusebox::runtime::detail {
namespace {

constexpr mode_t kFolderMode = 0755;

Unexpected failed(const std::string& what) {
  return {ErrorCode::SupervisionFailed, what + ": " + std::generic_category().message(errno)};
}

// Files of /proc and of a cgroup: small, and read in one piece or more.
std::optional<std::string> read_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t count = ::read(file.get(), piece.data(), piece.size());
    if (count < 0) return std::nullopt;
    if (count == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

// Calls `visit` with each line until it returns true.
template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (visit(text.substr(0, end))) return;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

// "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw": the fifth word is the place.
std::optional<std::string> find_cgroup_mount(std::string_view mountinfo) {
  std::optional<std::string> found;
  for_each_line(mountinfo, [&](std::string_view line) {
    if (line.find(" - cgroup2 ") == std::string_view::npos) return false;
    constexpr int kWordsBefore = 4;
    for (int word = 0; word < kWordsBefore; ++word) {
      line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
    }
    found = line.substr(0, line.find(' '));
    return true;
  });
  return found;
}

std::optional<std::string> find_own_cgroup(std::string_view cgroup) {
  std::optional<std::string> found;
  for_each_line(cgroup, [&](std::string_view line) {
    if (!line.starts_with("0::")) return false;
    found = line.substr(3);
    return true;
  });
  return found;
}

Result<Cgroup> Cgroup::create(const std::string& name) {
  const auto mount = find_cgroup_mount(read_file("/proc/self/mountinfo").value_or(""));
  const auto own = find_own_cgroup(read_file("/proc/self/cgroup").value_or(""));
  if (!mount || !own) {
    return Unexpected{ErrorCode::SupervisionFailed, "there is no cgroup v2 hierarchy here"};
  }
  const std::string path = *mount + (*own == "/" ? "" : *own) + "/" + name;
  ::rmdir(path.c_str());  // of a supervisor that was killed, and empty, or this fails
  if (::mkdir(path.c_str(), kFolderMode) != 0) return failed("cannot create " + path);
  Cgroup group(path);
  group.procs_ = FileDescriptor(::open((path + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!group.procs_) return failed("cannot write to " + path + "/cgroup.procs");
  const std::string kill = path + "/cgroup.kill";  // since Linux 5.14
  if (::access(kill.c_str(), W_OK) != 0) return failed("cannot write to " + kill);
  return group;
}

Cgroup::~Cgroup() {
  if (!path_.empty()) ::rmdir(path_.c_str());
}

void Cgroup::kill() const {
  const FileDescriptor file(::open((path_ + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  // If it fails, populated() goes on being true, which is what counts.
  if (file) [[maybe_unused]]
    const ssize_t ignored = ::write(file.get(), "1", 1);
}

bool Cgroup::populated() const {
  const auto events = read_file(path_ + "/cgroup.events");
  return !events || events->find("populated 0") == std::string::npos;
}

}  // namespace fusebox::runtime::detail
