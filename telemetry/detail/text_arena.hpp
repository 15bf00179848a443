// Bytes that stay where they are until the arena is cleared, and are then used again.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/assert.hpp"

namespace fusebox::telemetry::detail {

class TextArena {
 public:
  static constexpr std::size_t kBlockBytes = 1 << 15;

  void clear() {
    block_ = 0;
    used_ = 0;
  }

  // Room for `size` bytes, at most kBlockBytes, uninitialized.
  [[nodiscard]] char* take(std::size_t size) {
    FUSEBOX_ASSERT(size <= kBlockBytes);
    if (used_ + size > kBlockBytes) {
      ++block_;
      used_ = 0;
    }
    if (block_ == blocks_.size()) blocks_.emplace_back(new char[kBlockBytes]);
    char* const taken = blocks_[block_].get() + used_;
    used_ += size;
    return taken;
  }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_ = 0;  // the one being filled
  std::size_t used_ = 0;   // of it
};

}  // namespace fusebox::telemetry::detail
