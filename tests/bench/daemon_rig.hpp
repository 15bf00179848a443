// The product under measurement: `fusebox serve` as a process of its own, pinned, in a folder of
// its own, asked over real sockets. Whatever goes wrong ends the benchmark.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.hpp"
#include "sre/runtime/detail/file_descriptor.hpp"
#include "sre/runtime/detail/socket_address.hpp"
#include "sre/runtime/endpoint.hpp"

namespace fusebox::bench {

using SteadyClock = std::chrono::steady_clock;
using Times = std::vector<std::chrono::nanoseconds>;

// Threads and processes started afterwards inherit it.
inline void pin_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(core), &set);
  FUSEBOX_ASSERT(::sched_setaffinity(0, sizeof(set), &set) == 0);
}

// In microseconds; of `times`, which it reorders.
inline double percentile_us(Times& times, double rank) {
  FUSEBOX_ASSERT(!times.empty());
  const auto at =
      times.begin() + static_cast<std::ptrdiff_t>(rank * static_cast<double>(times.size() - 1));
  std::nth_element(times.begin(), at, times.end());
  return std::chrono::duration<double, std::micro>(*at).count();
}

// One kept connection: a request, and its whole answer.
class Connection {
 public:
  explicit Connection(const std::string& address) {
    const auto endpoint = runtime::parse_endpoint(address);
    const auto target = runtime::detail::numeric_address(*endpoint);
    fd_ =
        runtime::detail::FileDescriptor(::socket(target->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    FUSEBOX_ASSERT(::connect(fd_.get(), target->get(), target->size) == 0);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      FUSEBOX_ASSERT(sent > 0);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // What has come, at least a byte; a view until the next call.
  std::string_view receive() {
    const ssize_t got = ::recv(fd_.get(), buffer_.data(), buffer_.size(), 0);
    FUSEBOX_ASSERT(got > 0);
    return {buffer_.data(), static_cast<std::size_t>(got)};
  }
  // The answer, head and body; a view until the next call. Answers here say how long they are.
  std::string_view ask(std::string_view request) {
    send(request);
    answer_.clear();
    while (!is_whole()) answer_ += receive();
    return answer_;
  }

 private:
  [[nodiscard]] bool is_whole() const {
    constexpr std::string_view kLength = "Content-Length: ";
    const auto head_end = answer_.find("\r\n\r\n");
    if (head_end == std::string::npos) return false;
    const auto length = answer_.find(kLength);
    FUSEBOX_ASSERT(length < head_end);
    const auto bytes = std::strtoull(answer_.c_str() + length + kLength.size(), nullptr, 10);
    return answer_.size() == head_end + 4 + bytes;
  }

  runtime::detail::FileDescriptor fd_;
  std::array<char, 65536> buffer_{};
  std::string answer_;
};

inline std::string post(std::string_view path, std::string_view body,
                        std::string_view type = "application/json", std::string_view more = "") {
  std::string request = "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n";
  request += "Content-Type: " + std::string(type) + "\r\n" + std::string(more);
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return request += body;
}

inline bool is_status(std::string_view answer, std::string_view status) {
  return answer.substr(9, 3) == status;
}

// The text behind "NAME":" in JSON; "" if it is not there.
inline std::string_view member(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":\"";
  const auto found = json.find(key);
  if (found == std::string_view::npos) return {};
  json.remove_prefix(found + key.size());
  return json.substr(0, json.find('"'));
}

class Daemon {
 public:
  // Where the state is: what a sync costs is the medium's.
  static constexpr const char* kDisk = "/var/tmp";
  static constexpr const char* kMemory = "/dev/shm";

  Daemon(std::string_view documents, int core, const char* medium = kDisk)
      : core_(core), folder_(std::string(medium) + "/fusebox-bench-XXXXXX") {
    FUSEBOX_ASSERT(::mkdtemp(folder_.data()) != nullptr);
    std::ofstream(folder_ + "/fusebox.yaml")
        << "apiVersion: fusebox/v1\nkind: Config\nmetadata: {name: bench}\nspec:\n"
           "  listen: {api: 'off', otlp_http: 127.0.0.1:0}\n  state: ./state\n"
        << documents;
    start();
  }
  ~Daemon() {
    end(SIGKILL);
    std::filesystem::remove_all(folder_);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Until it is ready. The caller goes on on the core that it had.
  void start() {
    cpu_set_t own;
    FUSEBOX_ASSERT(::sched_getaffinity(0, sizeof(own), &own) == 0);
    pin_to(core_);
    spawn();
    FUSEBOX_ASSERT(::sched_setaffinity(0, sizeof(own), &own) == 0);
    const std::string listen = folder_ + "/state/listen.json";
    while (!std::filesystem::exists(listen)) {
      FUSEBOX_ASSERT(::waitpid(pid_, nullptr, WNOHANG) == 0);
      std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
    std::ostringstream text;
    text << std::ifstream(listen).rdbuf();
    otlp_ = member(text.str(), "otlp_http");
  }
  // By SIGTERM, which leaves a checkpoint, or by SIGKILL.
  void end(int signal) {
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove(folder_ + "/state/listen.json");
  }

  [[nodiscard]] std::string socket() const { return "unix:" + folder_ + "/state/fusebox.sock"; }
  [[nodiscard]] const std::string& otlp() const { return otlp_; }
  // Of all its threads, since it was started.
  [[nodiscard]] std::chrono::duration<double> cpu() const {
    clockid_t clock{};
    timespec now{};
    FUSEBOX_ASSERT(::clock_getcpuclockid(pid_, &clock) == 0 && ::clock_gettime(clock, &now) == 0);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
  }

 private:
  void spawn() {
    const std::string file = folder_ + "/fusebox.yaml";
    const std::string log = folder_ + "/log";
    char* const words[] = {const_cast<char*>(FUSEBOX_PROGRAM), const_cast<char*>("serve"),
                           const_cast<char*>("-c"), const_cast<char*>(file.c_str()), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    FUSEBOX_ASSERT(::posix_spawn(&pid_, words[0], &files, nullptr, words, environ) == 0);
    posix_spawn_file_actions_destroy(&files);
  }

  int core_;
  std::string folder_;
  std::string otlp_;
  pid_t pid_ = 0;
};

}  // namespace fusebox::bench
