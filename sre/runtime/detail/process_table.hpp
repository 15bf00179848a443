// The processes of the system as /proc shows them, and who descends from whom.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace fusebox::runtime::detail {

struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;  // its process group
  // Clock ticks from boot to its start. With the pid it names one process for good: a pid comes
  // back, but not within a tick.
  std::uint64_t started = 0;
  bool zombie = false;  // it has ended, and its parent has not asked for its status yet
  friend bool operator==(const ProcessEntry&, const ProcessEntry&) = default;
};

// What /proc/PID/stat says; nullopt if it is no such text. A process chooses its own name, so the
// fields are counted from the last parenthesis.
[[nodiscard]] std::optional<ProcessEntry> parse_process_stat(std::string_view text);

// The process of this pid now; nullopt if there is none.
[[nodiscard]] std::optional<ProcessEntry> find_process(pid_t pid);

// Visits all processes in the order of their pids, each as it is read, so that who acts on one is
// ahead of most of what it might do. Not a snapshot: what forks and ends meanwhile may be missing.
// About 10 us a process.
void for_each_process(const std::function<void(const ProcessEntry&)>& visit);

// Those of `all` below `root`, without it, in ascending order of pid.
[[nodiscard]] std::vector<ProcessEntry> descendants_of(pid_t root,
                                                       const std::vector<ProcessEntry>& all);

// The process groups of `some` that have no other living members in `all`, which contains `some`:
// who signals one of them reaches nobody else. The dead count for nothing, and name a group all the
// same: who forks and ends is dead when it is seen, and its successor is in its group.
[[nodiscard]] std::vector<pid_t> groups_within(const std::vector<ProcessEntry>& some,
                                               const std::vector<ProcessEntry>& all);

}  // namespace fusebox::runtime::detail
