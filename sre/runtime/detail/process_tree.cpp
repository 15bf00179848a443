#include "sre/runtime/detail/process_tree.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" {  // glibc 2.36 forgot to say so itself
#include <sys/pidfd.h>
}

#include "base/assert.hpp"
#include "sre/runtime/detail/file_descriptor.hpp"

namespace fusebox::runtime::detail {
namespace {

// Walks in one round of killing. Two are usual; each takes milliseconds.
constexpr int kWalksMax = 16;
// The nicest a process can be not to be.
constexpr int kHighestPriority = -20;
// What is remembered of a tree, to count it. A bound for fork bombs that live long.
constexpr std::size_t kSeenMax = 1 << 16;
// Of one call of reap(), so that a bomb's dead cannot keep the supervisor from its other work.
constexpr int kReapMax = 4096;

constexpr int kSignalled = 128;  // as shells add it
constexpr int kNotStarted = 127;

// --- In the child, between fork and exec: only what is safe while other threads hold locks. ---

enum class ChildStep : std::uint8_t { JoinCgroup, Execute };
struct ChildReport {
  ChildStep step;
  int error;
};

struct ChildPlan {
  pid_t supervisor;
  char* const* argv;
  sigset_t mask;
  int priority;
  int terminal;  // -1 for none, as in the calls it goes to
  int cgroup;    // the same
  int report;
};

void report(const ChildPlan& plan, ChildStep step) {
  const ChildReport report{.step = step, .error = errno};
  [[maybe_unused]] const ssize_t ignored = ::write(plan.report, &report, sizeof report);
}

[[noreturn]] void run_child(const ChildPlan& plan) {
  // An agent whose supervisor was killed would be out of reach of any order.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.supervisor) ::_exit(kNotStarted);
  ::setpgid(0, 0);
  if (plan.cgroup >= 0 && ::write(plan.cgroup, "0", 1) != 1) report(plan, ChildStep::JoinCgroup);
  if (plan.terminal >= 0) ::tcsetpgrp(plan.terminal, ::getpid());
  std::signal(SIGPIPE, SIG_DFL);  // ignored by this program, and that would be inherited
  ::setpriority(PRIO_PROCESS, 0, plan.priority);
  ::pthread_sigmask(SIG_SETMASK, &plan.mask, nullptr);
  ::execvp(plan.argv[0], plan.argv);
  report(plan, ChildStep::Execute);
  ::_exit(kNotStarted);
}

// ---------------------------------------------------------------------------------------------

// The pipe ends with exec, or with the child.
ProcessTree::Start read_reports(const FileDescriptor& pipe) {
  ProcessTree::Start start;
  ChildReport report{};
  for (;;) {
    const ssize_t count = ::read(pipe.get(), &report, sizeof report);
    if (count < 0 && errno == EINTR) continue;
    if (count != sizeof report) return start;
    switch (report.step) {
      case ChildStep::JoinCgroup:
        start.cgroup_error = report.error;
        break;
      case ChildStep::Execute:
        start.error = report.error;
        break;
    }
  }
}

enum class Sent : std::uint8_t { Yes, Gone, Forbidden };

// The pid may have come to another process since `target` was listed. The descriptor holds whoever
// has it now, and only if that is still the one that was listed it gets the signal.
Sent send(const ProcessEntry& target, int signal) {
  const FileDescriptor process(::pidfd_open(target.pid, 0));
  if (!process) return Sent::Gone;
  const auto now = find_process(target.pid);
  if (!now || now->started != target.started) return Sent::Gone;
  if (::pidfd_send_signal(process.get(), signal, nullptr, 0) == 0) return Sent::Yes;
  return errno == EPERM ? Sent::Forbidden : Sent::Gone;
}

}  // namespace

Result<ProcessTree> ProcessTree::create() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
    return Unexpected{ErrorCode::SupervisionFailed, "cannot become the subreaper of a command: " +
                                                        std::generic_category().message(errno)};
  }
  ProcessTree tree;
  tree.priority_ = ::getpriority(PRIO_PROCESS, 0);
  ::setpriority(PRIO_PROCESS, 0, kHighestPriority);  // refused to most users, who do without
  return tree;
}

ProcessTree::Start ProcessTree::start(const std::vector<std::string>& argv, const sigset_t& mask,
                                      std::optional<int> terminal) {
  FUSEBOX_ASSERT(command_ == 0);
  FUSEBOX_ASSERT(!argv.empty());
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {.error = errno};
  const FileDescriptor read_end(ends[0]);
  FileDescriptor write_end(ends[1]);
  const ChildPlan plan{.supervisor = ::getpid(),
                       .argv = words.data(),
                       .mask = mask,
                       .priority = priority_,
                       .terminal = terminal.value_or(-1),
                       .cgroup = cgroup_ ? cgroup_->join_fd() : -1,
                       .report = write_end.get()};
  const pid_t child = ::fork();
  if (child == 0) run_child(plan);
  if (child < 0) return {.error = errno};
  command_ = child;
  ::setpgid(child, child);  // here too, so that no signal is sent before the group exists
  write_end = FileDescriptor();
  const Start start = read_reports(read_end);
  if (start.error != 0) ::waitpid(child, nullptr, 0);
  if (start.cgroup_error != 0) cgroup_.reset();
  return start;
}

void ProcessTree::signal_group(int signal) const {
  if (command_ > 0 && !command_gone_) ::kill(-command_, signal);
}

void ProcessTree::walk(const std::function<void(const ProcessEntry&)>& visit) {
  all_.clear();
  for_each_process([&](const ProcessEntry& each) {
    visit(each);
    all_.push_back(each);
  });
  for (const ProcessEntry& each : living()) {
    if (seen_.size() < kSeenMax) seen_.emplace(each.pid, each.started);
  }
}

std::vector<ProcessEntry> ProcessTree::living() const {
  std::vector<ProcessEntry> found = descendants_of(::getpid(), all_);
  std::erase_if(found, [](const ProcessEntry& each) { return each.zombie; });
  return found;
}

void ProcessTree::signal_all(int signal) {
  walk([](const ProcessEntry&) {});
  for (const ProcessEntry& each : living()) send(each, signal);
}

void ProcessTree::terminate() {
  walk([](const ProcessEntry&) {});
  for (const ProcessEntry& each : living()) {
    if (send(each, SIGTERM) == Sent::Yes) send(each, SIGCONT);
  }
}

ProcessTree::Round ProcessTree::kill_round() {
  if (cgroup_) cgroup_->kill();
  signal_group(SIGKILL);
  Round round;
  for (int count = 0; count < kWalksMax; ++count) {
    // A pid is a child's until it is asked for its status, and that is done below.
    walk([self = ::getpid()](const ProcessEntry& each) {
      if (each.parent == self && !each.zombie) ::kill(each.pid, SIGKILL);
    });
    round = kill_found();
    reap_some();
    if (round.left == round.forbidden) return round;
  }
  return round;
}

ProcessTree::Round ProcessTree::kill_found() {
  const std::vector<ProcessEntry> family = descendants_of(::getpid(), all_);
  for (const pid_t group : groups_within(family, all_)) ::kill(-group, SIGKILL);
  const std::vector<ProcessEntry> found = living();
  Round round{.left = found.size()};
  for (const ProcessEntry& each : found) {
    if (send(each, SIGKILL) == Sent::Forbidden) ++round.forbidden;
  }
  return round;
}

ProcessTree::Reaped ProcessTree::reap() {
  reap_some();
  return std::exchange(reaped_, {});
}

void ProcessTree::reap_some() {
  for (int count = 0; count < kReapMax; ++count) {
    siginfo_t info{};
    // __WALL: also those that were made so as not to tell their parent.
    if (::waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | __WALL) != 0) {
      if (errno == EINTR) continue;
      FUSEBOX_ASSERT(errno == ECHILD);
      reaped_.ask_again = cgroup_ && cgroup_->populated();
      reaped_.empty = !reaped_.ask_again;
      return;
    }
    if (info.si_pid == 0) return;
    if (info.si_pid == command_ && !command_gone_) settle(info.si_code, info.si_status);
  }
  reaped_.ask_again = true;
}

void ProcessTree::settle(int code, int status) {
  if (code == CLD_STOPPED) {
    reaped_.command_suspended = status == SIGTSTP;
  } else if (code == CLD_EXITED || code == CLD_KILLED || code == CLD_DUMPED) {
    command_gone_ = true;
    reaped_.command_code = code == CLD_EXITED ? status : kSignalled + status;
  }
}

}  // namespace fusebox::runtime::detail
