// The files of the operating system. Files are created with mode 0600, folders with 0700; no file
// stays open in a program that is started from here.
#pragma once

#include <array>
#include <cstdint>

#include "base/result.hpp"
#include "sre/store/files.hpp"

namespace fusebox::store {

// One for the process; no state, any thread.
[[nodiscard]] Files& posix_files();

// 32 bytes that nobody can guess, from the system. Errors: StorageFailed.
[[nodiscard]] Result<std::array<std::uint8_t, 32>> draw_secret();

}  // namespace fusebox::store
