// Bytes that arrived and are not used yet, always in one piece.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "base/assert.hpp"

namespace fusebox::runtime::detail {

class ByteBuffer {
 public:
  [[nodiscard]] std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }

  // Room for `wanted` bytes behind the view, or more. Moves what is held; allocates when that
  // does not make room, and gives a large block back once it is empty and little is wanted.
  [[nodiscard]] std::span<char> prepare(std::size_t wanted) {
    const bool oversized = empty() && capacity_ > kKeptMax && wanted <= kKeptMax;
    if (size() + wanted > capacity_ || oversized) {
      reallocate(size() + wanted);
    } else if (end_ + wanted > capacity_) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, size());
      end_ -= begin_;
      begin_ = 0;
    }
    return {bytes_.get() + end_, capacity_ - end_};
  }

  void commit(std::size_t count) {
    FUSEBOX_ASSERT(count <= capacity_ - end_);
    end_ += count;
  }

  void consume(std::size_t count) {
    FUSEBOX_ASSERT(count <= size());
    begin_ += count;
    if (empty()) clear();
  }

  void clear() { begin_ = end_ = 0; }

 private:
  // An idle connection holds no more than this.
  static constexpr std::size_t kKeptMax = std::size_t{16} * 1024;

  void reallocate(std::size_t capacity) {
    std::unique_ptr<char[]> larger(new char[capacity]);  // NOLINT: make_unique would clear it
    if (!empty()) std::memcpy(larger.get(), bytes_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;  // NOLINT: a block of bytes
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace fusebox::runtime::detail
