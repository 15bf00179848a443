#include "sre/cli/detail/child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <span>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" {  // glibc 2.36 forgot to say so itself
#include <sys/pidfd.h>
}

namespace fusebox::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Duration kStopLimit = std::chrono::seconds{10};

// Waits until one of them is readable; not if `limit` passed before. What was found stands in them.
bool await_any(std::span<pollfd> descriptors, Duration limit) {
  using std::chrono::milliseconds;
  const auto until = SteadyClock::now() + limit;
  for (;;) {
    const auto left = std::max(Duration{}, Duration{until - SteadyClock::now()});
    const auto left_ms = std::chrono::ceil<milliseconds>(left).count();
    const int found = ::poll(descriptors.data(), descriptors.size(), static_cast<int>(left_ms));
    if (found > 0) return true;
    if (found == 0 || errno != EINTR) return false;
  }
}

Unexpected failed(const std::string& subject, int code) {
  return {ErrorCode::FileUnreadable, subject + ": " + std::generic_category().message(code)};
}

}  // namespace

OwnedDescriptor::~OwnedDescriptor() {
  if (number_ >= 0) ::close(number_);
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& argv,
                                         const std::string& log) {
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;  // blocked: the starter may wait for signals that its children should obey
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  const int code =
      ::posix_spawnp(&pid, argv[0].c_str(), &files, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (code != 0) return failed(argv[0], code);
  OwnedDescriptor end(::pidfd_open(pid, 0));
  if (end.get() < 0) {
    const int refusal = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return failed(argv[0], refusal);
  }
  return ChildProcess(pid, std::move(end));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), end_(std::move(other.end_)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(end_, other.end_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ == 0) return;
  signal(SIGTERM);
  if (wait(kStopLimit)) return;
  signal(SIGKILL);
  (void)wait(kStopLimit);
}

void ChildProcess::signal(int number) const {
  if (pid_ != 0) ::kill(pid_, number);
}

std::optional<int> ChildProcess::wait(Duration limit) {
  if (pid_ == 0) return std::nullopt;
  pollfd end{.fd = end_.get(), .events = POLLIN, .revents = 0};
  if (!await_any({&end, 1}, limit)) return std::nullopt;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<StartSignal> StartSignal::create(std::string path) {
  if (::mkfifo(path.c_str(), 0600) != 0) return failed(path, errno);
  // Without O_NONBLOCK, opening would wait for somebody who writes.
  OwnedDescriptor pipe(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (pipe.get() < 0) return failed(path, errno);
  return StartSignal(std::move(path), std::move(pipe));
}

bool StartSignal::await(const ChildProcess& teller, Duration limit) const {
  pollfd either[] = {{.fd = pipe_.get(), .events = POLLIN, .revents = 0},
                     {.fd = teller.end_descriptor(), .events = POLLIN, .revents = 0}};
  return await_any(either, limit) && (either[0].revents & POLLIN) != 0;
}

}  // namespace fusebox::cli
