// The processes of the system as /proc shows them, and who descends from whom.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace fusebox::runtime::detail {

struct ProcessEntry {
  pid_t pid = 0;
  pid_t parent = 0;
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

// All processes. Not a snapshot: what forks and ends meanwhile may be missing. About 10 us a
// process.
[[nodiscard]] std::vector<ProcessEntry> list_processes();

// Those of `all` below `root`, without it, in ascending order of pid.
[[nodiscard]] std::vector<ProcessEntry> descendants_of(pid_t root, std::vector<ProcessEntry> all);

}  // namespace fusebox::runtime::detail
