// The terminal a program was started from, and whose turn it is there.
#pragma once

#include <optional>

#include <sys/types.h>
#include <unistd.h>

namespace fusebox::runtime::detail {

// Only one process group of a terminal may read from it and gets its ^C: the foreground one.
// SIGTTOU must be blocked, or a call from the background stops the caller.
class Terminal {
 public:
  // The one at standard input, if there is one.
  Terminal() : is_terminal_(::isatty(STDIN_FILENO) == 1) {}

  // Whether the shell has given it to this program.
  [[nodiscard]] bool is_ours() const { return is_terminal_ && foreground() == ::getpgrp(); }
  [[nodiscard]] bool belongs_to(pid_t group) const { return is_terminal_ && foreground() == group; }
  void hand_to(pid_t group) const { ::tcsetpgrp(STDIN_FILENO, group); }

 private:
  [[nodiscard]] static pid_t foreground() { return ::tcgetpgrp(STDIN_FILENO); }

  bool is_terminal_;
};

}  // namespace fusebox::runtime::detail
