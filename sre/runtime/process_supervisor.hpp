// Runs a command, and everything it starts, so that a stop order really ends it.
//
// The supervisor registers with the daemon before the command starts, is the child subreaper of all
// it starts, however it forks or changes session, and puts it into a process group and, where it
// may, a cgroup of its own. An order brings SIGTERM to all of it, SIGKILL when the time is over,
// again until the kernel says that no child is left, and only then the word "confirmed".
//
// What it cannot hold: processes that others start on the command's behalf (cron, systemd-run,
// a container daemon), and, without a cgroup, those that got the rights to join another PID
// namespace. A command of the same user can kill its supervisor; what was started directly dies
// with it, its children may not. Where that matters, run the supervisor as another user.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "sre/runtime/endpoint.hpp"

namespace fusebox::runtime {

// Whether the command starts when no daemon answers. Once it runs it goes on without one, unless
// there is a lease.
enum class OnUnreachable : std::uint8_t { Run, Stop };

// How it ended.
struct SupervisionEnd {
  enum class Kind : std::uint8_t {
    CommandEnded,    // by itself, or by a signal that was no order's
    StoppedByOrder,  // or not started because of one
    LeaseExpired,    // the daemon was away for longer than the lease
    StartFailed,     // there is no such command, or it cannot be executed
    Unreachable,     // no daemon, therefore not started
    Refused,         // the daemon will not supervise it, therefore not started
    Interrupted,     // by a signal before the command started
  };
  Kind kind = Kind::CommandEnded;
  // What a shell would say: the command's status; 128+N if signal N ended it, or the supervisor
  // before the command; 126 or 127 if it cannot start. 0 where the kind says it all.
  int code = 0;
  friend bool operator==(const SupervisionEnd&, const SupervisionEnd&) = default;
};

struct SupervisedCommand {
  std::vector<std::string> argv{};  // not empty; argv[0] is looked up in PATH
  Endpoint server{};
  std::string token{};  // sent as a bearer token; "" for none

  // Who the process is, for the scopes of orders; UTF-8. `agent` is not empty, "" is absent.
  std::string agent{};
  std::string tenant{};
  std::string session{};

  OnUnreachable on_unreachable = OnUnreachable::Stop;
  Duration grace = std::chrono::seconds{5};  // between SIGTERM and SIGKILL, at most
  std::optional<Duration> lease{};           // above zero
  bool cgroup = true;                        // use one where possible
};

// For the user, one line each. Texts of the daemon are in them as they came: escape them before
// they reach a terminal. `detail` lines are for those who asked for them.
struct SupervisorLog {
  std::function<void(std::string_view)> notice;
  std::function<void(std::string_view)> detail;
};

// Returns when nothing of the tree is left. Call it from the only thread of the process, at most
// once: it takes over signals, children and the terminal's foreground group, and returns only the
// last. Errors: SupervisionFailed when the system refuses what supervising needs; nothing runs
// then.
[[nodiscard]] Result<SupervisionEnd> supervise(const SupervisedCommand& command,
                                               const SupervisorLog& log);

}  // namespace fusebox::runtime
