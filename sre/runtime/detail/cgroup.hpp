// A cgroup (version 2) of one's own: whoever is born in it stays in it, and one write kills them
// all, even those who fork faster than anybody can list them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "sre/runtime/detail/file_descriptor.hpp"

namespace fusebox::runtime::detail {

// Where the kernel's unified hierarchy is mounted, from the text of /proc/self/mountinfo.
[[nodiscard]] std::optional<std::string> find_cgroup_mount(std::string_view mountinfo);
// The cgroup of the process, from the text of /proc/self/cgroup: "/user.slice/…"
[[nodiscard]] std::optional<std::string> find_own_cgroup(std::string_view cgroup);

// Removes the group when it is destroyed, if it is empty by then.
class Cgroup {
 public:
  // A group named `name` below the one of this process. Errors, which say why there is none:
  // SupervisionFailed.
  [[nodiscard]] static Result<Cgroup> create(const std::string& name);
  Cgroup(Cgroup&& other) noexcept
      : path_(std::exchange(other.path_, {})), procs_(std::move(other.procs_)) {}
  Cgroup& operator=(Cgroup&&) = delete;
  ~Cgroup();

  // To write "0" to, by the process that is to join. Closed on exec.
  [[nodiscard]] int join_fd() const { return procs_.get(); }
  // Sends SIGKILL to all in it, at once and whoever they are.
  void kill() const;
  // Whether any process lives in it, as the kernel says; true if it does not say.
  [[nodiscard]] bool populated() const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit Cgroup(std::string path) : path_(std::move(path)) {}

  std::string path_;  // "" once moved from
  FileDescriptor procs_;
};

}  // namespace fusebox::runtime::detail
