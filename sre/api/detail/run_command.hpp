// A program run to its end, without a shell and without waiting for it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "sre/runtime/io_threads.hpp"

namespace fusebox::api::detail {

struct Command {
  std::vector<std::string> argv;         // the program, looked for in PATH, and its arguments
  std::vector<std::string> environment;  // NAME=value, before what this process has
  Duration timeout{};
};

// Runs it in a process group of its own, with nothing to read; what it writes goes where this
// process writes. `done` is called once, on an I/O thread, with the exit code (128 and the number
// of the signal that ended it), or with an error: Unreachable if it could not be started, TimedOut
// after the whole group was killed. If `io` stops first, `done` is not called.
void run_command(runtime::IoThreads& io, const Command& command,
                 std::function<void(Result<int>)> done);

}  // namespace fusebox::api::detail
