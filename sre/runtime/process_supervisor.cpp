// The shell around Supervision: clock, signals, processes, terminal and daemon, in one poll loop.
#include "sre/runtime/process_supervisor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/overload.hpp"
#include "sre/runtime/detail/daemon_link.hpp"
#include "sre/runtime/detail/event_mailbox.hpp"
#include "sre/runtime/detail/process_tree.hpp"
#include "sre/runtime/detail/supervision.hpp"
#include "sre/runtime/detail/terminal.hpp"
#include "sre/runtime/io_threads.hpp"

namespace fusebox::runtime {
namespace {

using detail::Supervision;
namespace effect = detail::effect;
namespace event = detail::event;

// Handed on to the command. What was ignored when this program started stays so: nohup.
constexpr std::array kForwarded{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGUSR1, SIGUSR2};
// Kept for the supervisor. The last three would stop it, and a stopped supervisor hears no order.
constexpr std::array kKept{SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU};
// Between two looks at a tree whose end no signal will tell.
constexpr Duration kLookInterval = std::chrono::milliseconds{20};

// Goes on while the machine sleeps, so that a lease is over when it wakes.
Instant read_clock() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return Instant{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
}

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;  // NOLINT
}

// Blocks the signals while it lives, in all threads that start meanwhile, and reads them.
class SignalQueue {
 public:
  SignalQueue() {
    sigset_t wanted{};
    ::sigemptyset(&wanted);
    for (const int signal : kKept) ::sigaddset(&wanted, signal);
    for (const int signal : kForwarded) {
      if (!is_ignored(signal)) ::sigaddset(&wanted, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &wanted, &before_);
    fd_ = detail::FileDescriptor(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;
  ~SignalQueue() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  [[nodiscard]] const detail::FileDescriptor& fd() const { return fd_; }
  [[nodiscard]] const sigset_t& mask_before() const { return before_; }

  [[nodiscard]] std::optional<int> take() const {
    signalfd_siginfo info{};
    if (::read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
    return static_cast<int>(info.ssi_signo);
  }

 private:
  sigset_t before_{};
  detail::FileDescriptor fd_;
};

class Supervisor {
 public:
  Supervisor(const SupervisedCommand& command, const SupervisorLog& log, const SignalQueue& signals,
             detail::ProcessTree tree)
      : command_(command),
        log_(log),
        signals_(signals),
        tree_(std::move(tree)),
        link_(io_, mailbox_, command),
        machine_({.on_unreachable = command.on_unreachable,
                  .grace = command.grace,
                  .lease = command.lease},
                 read_clock()) {}

  Result<SupervisionEnd> run() {
    if (!mailbox_.ready()) return Unexpected{ErrorCode::SupervisionFailed, "no descriptors left"};
    Supervision::Effects first;
    machine_.begin(first);
    carry_out(first);
    while (!end_) {
      wait();
      take_signals();
      for (const detail::SupervisionEvent& each : mailbox_.take()) put(each);
      if (started_) reap();
      put(event::TimePassed{});
    }
    io_.stop();
    return *end_;
  }

 private:
  void wait() const {
    Duration left = std::max(machine_.next_deadline() - read_clock(), Duration::zero());
    if (look_again_) left = std::min(left, kLookInterval);
    // Rounded up: waking before the deadline would only mean to wait again.
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    constexpr std::int64_t kLongest = std::numeric_limits<int>::max();
    std::array<pollfd, 2> sources{
        pollfd{.fd = signals_.fd().get(), .events = POLLIN, .revents = 0},
        pollfd{.fd = mailbox_.ready().get(), .events = POLLIN, .revents = 0}};
    ::poll(sources.data(), sources.size(), static_cast<int>(std::min(milliseconds, kLongest)));
  }

  void take_signals() {
    while (const std::optional<int> signal = signals_.take()) {
      if (*signal == SIGCONT) {
        come_back();
      } else if (std::find(kForwarded.begin(), kForwarded.end(), *signal) != kForwarded.end()) {
        put(event::SignalArrived{*signal});
      }
    }
  }

  void reap() {
    const detail::ProcessTree::Reaped reaped = tree_.reap();
    look_again_ = reaped.ask_again;
    if (reaped.command_code) put(event::CommandEnded{*reaped.command_code});
    if (reaped.command_suspended) resume();
    if (reaped.empty) put(event::TreeEmpty{tree_.seen()});
  }

  // The shell has put this program into the foreground: the command belongs there.
  void come_back() const {
    if (!started_) return;
    if (terminal_.is_ours()) terminal_.hand_to(tree_.group());
    tree_.signal_group(SIGCONT);
  }

  void resume() const {
    if (!terminal_.belongs_to(tree_.group())) return;  // somebody else stopped it and knows why
    log_.notice("a supervised command is not suspended: its supervisor would hear no stop order");
    tree_.signal_group(SIGCONT);
  }

  void put(const detail::SupervisionEvent& event) {
    Supervision::Effects effects;
    machine_.put(event, read_clock(), effects);
    carry_out(effects);
  }

  void carry_out(const Supervision::Effects& effects) {
    for (const detail::SupervisionEffect& each : effects) {
      std::visit(Overload{
                     [&](const effect::Connect&) { link_.connect(); },
                     [&](const effect::StartCommand&) { start(); },
                     [&](const effect::TerminateTree&) { tree_.terminate(); },
                     [&](const effect::KillTree&) { kill(); },
                     [&](const effect::Forward& forward) { this->forward(forward); },
                     [&](const effect::Acknowledge& order) { link_.acknowledge(order); },
                     [&](const effect::Say& say) { log_.notice(say.text); },
                     [&](const effect::Finish& finish) { this->finish(finish.end); },
                 },
                 each);
    }
  }

  void start() {
    use_cgroup();
    const std::optional<int> terminal =
        terminal_.is_ours() ? std::optional(STDIN_FILENO) : std::nullopt;
    const auto start = tree_.start(command_.argv, signals_.mask_before(), terminal);
    if (start.cgroup_error != 0) {
      log_.detail("no cgroup: " + std::generic_category().message(start.cgroup_error));
    }
    started_ = start.error == 0;
    if (started_) {
      log_.detail("started, process group " + std::to_string(tree_.group()));
      return;
    }
    constexpr int kNotFound = 127;
    constexpr int kNotExecutable = 126;
    put(event::StartFailed{
        .code = start.error == ENOENT ? kNotFound : kNotExecutable,
        .why = command_.argv.front() + ": " + std::generic_category().message(start.error)});
  }

  void use_cgroup() {
    if (!command_.cgroup) return;
    auto group = detail::Cgroup::create("fusebox-exec-" + std::to_string(::getpid()));
    if (!group) return log_.detail("no cgroup: " + group.error().message);
    log_.detail("cgroup " + group->path());
    tree_.use(std::move(*group));
  }

  void kill() {
    const detail::ProcessTree::Round round = tree_.kill_round();
    put(event::TreeCounted{.left = round.left, .forbidden = round.forbidden});
  }

  void forward(const effect::Forward& forward) {
    if (forward.to_all) {
      tree_.signal_all(forward.signal);
    } else {
      tree_.signal_group(forward.signal);
    }
  }

  void finish(SupervisionEnd end) {
    // A caller that is no shell would not take the terminal back itself.
    if (tree_.group() > 0 && terminal_.belongs_to(tree_.group())) terminal_.hand_to(::getpgrp());
    end_ = end;
  }

  const SupervisedCommand& command_;
  const SupervisorLog& log_;
  const SignalQueue& signals_;
  const detail::Terminal terminal_;
  detail::ProcessTree tree_;
  detail::EventMailbox mailbox_;
  IoThreads io_;  // stopped before the mailbox goes
  detail::DaemonLink link_;
  Supervision machine_;
  bool started_ = false;
  bool look_again_ = false;
  std::optional<SupervisionEnd> end_;
};

}  // namespace

Result<SupervisionEnd> supervise(const SupervisedCommand& command, const SupervisorLog& log) {
  const SignalQueue signals;
  if (!signals.fd()) return Unexpected{ErrorCode::SupervisionFailed, "no descriptors left"};
  Result<detail::ProcessTree> tree = detail::ProcessTree::create();
  if (!tree) return Unexpected{tree.error()};
  return Supervisor(command, log, signals, std::move(*tree)).run();
}

}  // namespace fusebox::runtime
