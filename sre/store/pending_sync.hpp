// What was written to a file and is not safe yet, as a value that the engine thread hands to the
// store thread: the one call that may wait for the disk runs there.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "sre/store/files.hpp"

namespace fusebox::store {

struct PendingSync {
  std::shared_ptr<File> file;  // stays open as long as someone may sync it; null: nothing to do
  std::uint64_t segment = 0;
  std::uint64_t end = 0;  // bytes of the segment that run() makes safe, at least

  // Any thread. Waits for the disk: 0.1 to 1 ms on a good one. Errors: StorageFailed; the file is
  // then lost to doubt, and only a new segment with a checkpoint makes state durable again.
  Result<void> run() const { return file == nullptr ? Result<void>() : file->sync(); }
};

}  // namespace fusebox::store
