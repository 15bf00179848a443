#include "sre/api/detail/run_command.hpp"

#include <chrono>
#include <csignal>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fusebox::api::detail {
namespace {

using Clock = std::chrono::steady_clock;

// Asking costs a microsecond and happens only while a command runs, which is when a stop order has
// tripped; a thread or a descriptor for it would have to be owned by somebody.
constexpr Duration kPollInterval = std::chrono::milliseconds{10};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> with_own_environment(std::vector<std::string> environment) {
  for (char** each = environ; *each != nullptr; ++each) environment.emplace_back(*each);
  return environment;
}

// A child of the daemon starts as a program of its own: default signals, no blocked ones, a group
// that can be killed as one.
class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&actions_);
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
};

Result<pid_t> spawn(const Command& command) {
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> environment = with_own_environment(command.environment);
  const Attributes attributes;
  pid_t pid = 0;
  const int failed =
      ::posix_spawnp(&pid, argv.front().c_str(), attributes.actions(), attributes.attributes(),
                     pointers_to(argv).data(), pointers_to(environment).data());
  if (failed == 0) return pid;
  return Unexpected{ErrorCode::Unreachable, "cannot start " + argv.front() + ": " +
                                                std::generic_category().message(failed)};
}

int exit_code_of(int status) {
  constexpr int kSignalled = 128;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
}

// A child and the timer that looks after it.
struct Running : std::enable_shared_from_this<Running> {
  Running(runtime::IoThreads& threads, pid_t child, const Command& command,
          std::function<void(Result<int>)> to)
      : io(threads),
        pid(child),
        program(command.argv.front()),
        deadline(Clock::now() + command.timeout),
        done(std::move(to)) {}

  void start() {
    const std::lock_guard lock(mutex);
    look_later();
  }

  // With the lock held, as look() is.
  void look_later() {
    timer = io.after(kPollInterval, [self = shared_from_this()] {
      const std::lock_guard lock(self->mutex);
      self->look();
    });
  }

  void look() {
    int status = 0;
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) {
      // What it started and left behind is no part of what was asked for.
      if (is_overdue)
        return done(Unexpected{ErrorCode::TimedOut, program + " did not end in time"});
      return done(exit_code_of(status));
    }
    if (ended < 0) return done(Unexpected{ErrorCode::Unreachable, program + " was lost"});
    if (!is_overdue && Clock::now() >= deadline) {
      is_overdue = true;
      ::kill(-pid, SIGKILL);
    }
    look_later();
  }

  runtime::IoThreads& io;
  const pid_t pid;
  const std::string program;
  const Clock::time_point deadline;
  const std::function<void(Result<int>)> done;
  std::mutex mutex;  // of a timer that fires while it is still being kept
  runtime::Timer timer;
  bool is_overdue = false;
};

}  // namespace

void run_command(runtime::IoThreads& io, const Command& command,
                 std::function<void(Result<int>)> done) {
  const auto pid = spawn(command);
  if (!pid) {
    done(Unexpected{pid.error()});
    return;
  }
  std::make_shared<Running>(io, *pid, command, std::move(done))->start();
}

}  // namespace fusebox::api::detail
