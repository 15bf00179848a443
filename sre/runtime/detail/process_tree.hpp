// One command and all that descends from it: started, signalled, killed and waited for.
//
// The process that owns the tree is a child subreaper: an orphan of the tree becomes its child,
// whatever it did to get away (double fork, setsid, exec). So every process of the tree has a chain
// of living parents that ends here, and when waitid() says that there is no child, none is left: an
// answer of the kernel, where a walk through /proc would only not have seen one.
#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/result.hpp"
#include "sre/runtime/detail/cgroup.hpp"
#include "sre/runtime/detail/process_table.hpp"

namespace fusebox::runtime::detail {

// Whoever calls this has no other children, and one tree at a time; all from one thread, which
// lives as long as the tree: the kernel kills the command when that thread ends.
class ProcessTree {
 public:
  // Makes this process the subreaper, and takes for it, and the threads it starts from now on, the
  // highest priority it may have: hundreds of busy processes must not keep an order from being read
  // and carried out. Errors: SupervisionFailed.
  [[nodiscard]] static Result<ProcessTree> create();

  // Before start: lets the command be born in a cgroup of its own.
  void use(Cgroup cgroup) { cgroup_.emplace(std::move(cgroup)); }

  // Starts the command in a process group of its own, with the signal mask `mask`, in the
  // foreground of `terminal` if there is one.
  struct Start {
    int error = 0;         // why it did not start; 0 if it did
    int cgroup_error = 0;  // why it is not in the cgroup; the tree goes on without one
  };
  [[nodiscard]] Start start(const std::vector<std::string>& argv, const sigset_t& mask,
                            std::optional<int> terminal);

  // To the command's process group, until the command has ended.
  void signal_group(int signal) const;
  // To all of it, as far as one walk finds them.
  void signal_all(int signal);
  // SIGTERM to all of it, also to those that are stopped.
  void terminate();

  // One round of SIGKILL: to the cgroup, to process groups, to single processes, until a walk finds
  // nobody; bounded, so that those who fork fast take another round. From the moment its signal is
  // pending a process forks no more, and a group is signalled as one: who hops from process to
  // process within a group is caught at once, and who also leaves its group by the walk itself,
  // which kills while it reads.
  struct Round {
    std::size_t left = 0;       // that the last walk found
    std::size_t forbidden = 0;  // of them, not to be signalled by this user
  };
  Round kill_round();

  // What has ended since the last call.
  struct Reaped {
    std::optional<int> command_code{};  // the command ended: its status, or 128+N for a signal
    bool command_suspended = false;     // by the terminal's ^Z
    bool empty = false;                 // the kernel says that nothing is left
    // More than one call takes, or the cgroup is not empty although no child is left: ask again
    // before long, because no signal will say when.
    bool ask_again = false;
  };
  [[nodiscard]] Reaped reap();

  [[nodiscard]] pid_t group() const { return command_; }
  // Processes that were signalled so far, at least: those that came and went between two walks are
  // not among them.
  [[nodiscard]] std::size_t seen() const { return seen_.size(); }

 private:
  ProcessTree() = default;

  // All processes; `visit` sees each as it is read.
  void walk(const std::function<void(const ProcessEntry&)>& visit);
  [[nodiscard]] std::vector<ProcessEntry> living() const;
  [[nodiscard]] Round kill_found();
  void reap_some();
  void settle(int code, int status);

  int priority_ = 0;           // the command's
  pid_t command_ = 0;          // 0 before the start
  bool command_gone_ = false;  // its pid may belong to somebody else
  Reaped reaped_;
  std::vector<ProcessEntry> all_;  // of the last walk
  std::optional<Cgroup> cgroup_;
  std::set<std::pair<pid_t, std::uint64_t>> seen_;
};

}  // namespace fusebox::runtime::detail
